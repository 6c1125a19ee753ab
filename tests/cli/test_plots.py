"""The picture of the curves."""

import pytest

from afina.errors import ArgumentError
from afina.plots import plot_history

pytest.importorskip("matplotlib")
HISTORY = {
    "loss": [2.0, 1.0, 0.5],
    "val_loss": [2.1, 1.0, 1.2],
    "accuracy": [0.2, 0.6, 0.8],
    "val_accuracy": [0.1, 0.7, 0.6],
}


def labels_of(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_each_quantity_has_a_panel_with_training_validation_and_the_best_epoch(tmp_path):
    figure = plot_history(HISTORY, tmp_path / "deep" / "curves.png", title="digits")
    assert [axes.get_ylabel() for axes in figure.axes] == ["loss", "accuracy"]
    assert labels_of(figure.axes[0]) == ["training", "validation", "best 1 in epoch 2"]
    assert labels_of(figure.axes[1]) == ["training", "validation", "best 0.7 in epoch 2"]
    assert list(figure.axes[0].lines[0].get_ydata()) == HISTORY["loss"]
    assert (tmp_path / "deep" / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_validation_every_second_epoch_stands_at_its_epochs():
    figure = plot_history({"loss": [4.0, 3.0, 2.0, 1.0], "val_loss": [3.0, 1.0]})
    assert list(figure.axes[0].lines[1].get_xdata()) == [2, 4]


def test_epochs_are_numbered_as_the_history_says():
    from afina.callbacks import History

    history = History()
    for epoch in (5, 6, 7):
        history.on_epoch_end(epoch, {"loss": 1.0 / epoch})
    assert list(history.plot().axes[0].lines[0].get_xdata()) == [6, 7, 8]


def test_one_epoch_without_validation_is_a_dot_and_nan_is_never_the_best():
    assert plot_history({"loss": [1.0]}).axes[0].lines[0].get_marker() == "o"
    figure = plot_history({"loss": [1.0, 1.0], "val_loss": [float("nan"), 3.0]})
    assert labels_of(figure.axes[0])[-1] == "best 3 in epoch 2"


@pytest.mark.parametrize("history", [{}, {"loss": []}, {"val_loss": [1.0]}])
def test_an_empty_history_is_named(history):
    with pytest.raises(ArgumentError, match="empty"):
        plot_history(history)


def test_drawing_needs_no_display_and_leaves_pyplot_alone(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    plot_history(HISTORY)
