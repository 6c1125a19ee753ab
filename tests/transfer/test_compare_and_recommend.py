"""The table of modes on a small task, the four scenarios, and the similarity they rest on (K2, K5, K9)."""

import numpy as np
import pytest

from afina import Model, Sequential, layers, utils
from afina.errors import ArgumentError
from afina.transfer import EVERY, Stage, compare_modes, recommend, similarity


def task(classes, count, seed, noise=0.7):
    """Images in which a class is a pattern of its own, made of the same few parts in every task."""
    rng = np.random.default_rng(7)
    parts = rng.normal(size=(6, 6, 6, 1))
    mixing = np.random.default_rng(seed).normal(size=(classes, 6))
    rng = np.random.default_rng(seed + 100)
    y = rng.integers(0, classes, count)
    x = np.einsum("ck,khwo->chwo", mixing, parts)[y] + noise * rng.normal(size=(count, 6, 6, 1))
    return x.astype("float32"), y


@pytest.fixture(scope="module")
def pretrained():
    utils.set_random_seed(0)
    image = layers.Input(shape=(6, 6, 1))
    x = layers.Conv2D(12, 6, use_bias=False, name="conv1")(image)
    x = layers.ReLU(name="relu1")(layers.BatchNormalization(momentum=0.9, name="norm1")(x))
    x = layers.Flatten(name="flat")(x)
    model = Model(image, layers.Dense(8, "softmax", name="head")(x))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(*task(8, 800, 0), epochs=15, verbose=0)
    return model


@pytest.fixture(scope="module")
def comparison(pretrained):
    x, y = task(4, 400, 3)
    too_high = [Stage(10, 3.0)]
    stages = {
        "total": too_high,
        "partial": [Stage(25, 1e-2)],
        "minimum": [Stage(25, 1e-2)],
        "scratch": [Stage(5)],
    }
    return compare_modes(
        pretrained, x[:40], y[:40], validation_data=(x[40:], y[40:]), modes=EVERY, stages=stages, batch_size=8
    )


def test_partial_is_at_least_as_good_as_minimum_and_total_with_too_high_a_rate_is_worst(comparison):
    accuracy = {row.mode: row.evaluation for row in comparison.rows}
    assert accuracy["partial"] >= accuracy["minimum"] - 0.01
    assert accuracy["minimum"] > accuracy["total"] + 0.1


def test_the_table_has_the_decks_columns_and_is_drawn(comparison, tmp_path):
    lines = str(comparison).splitlines()
    assert lines[0].split() == ["mode", "epochs", "training", "evaluation", "trained", "time"]
    assert [line.split()[0] for line in lines[1:]] == list(EVERY)
    assert comparison["minimum"].epochs == 25
    assert comparison["minimum"].trained == 12 * 4 + 4
    assert comparison.best.evaluation == max(row.evaluation for row in comparison.rows)
    comparison.plot(tmp_path / "modes.png")
    assert (tmp_path / "modes.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ArgumentError, match="no row 'half'"):
        comparison["half"]


def test_the_table_repeats_bit_for_bit(pretrained):
    x, y = task(4, 60, 3)
    stages = {"minimum": [Stage(2)]}
    rows = [
        compare_modes(pretrained, x, y, validation_data=(x, y), modes=("minimum",), stages=stages).rows[0]
        for _ in range(2)
    ]
    assert rows[0].history == rows[1].history


def test_the_default_recipes_train_every_mode(pretrained):
    x, y = task(3, 12, 5)
    found = compare_modes(pretrained, x, y, validation_data=(x, y))
    assert [(row.mode, row.epochs) for row in found.rows] == [("total", 20), ("partial", 20), ("minimum", 20)]


def test_wrong_modes_and_data_are_refused(pretrained):
    x, y = task(3, 12, 5)
    with pytest.raises(ArgumentError, match="modes must be some of"):
        compare_modes(pretrained, x, y, validation_data=(x, y), modes=("half",))
    with pytest.raises(ArgumentError, match="validation_data"):
        compare_modes(pretrained, x, y, validation_data=x)


# --- the four scenarios ---


@pytest.mark.parametrize(
    ("count", "likeness", "strategy"),
    [
        (200, "similar", "features"),
        (5000, "similar", "fine-tune"),
        (200, "different", "early features"),
        (5000, "different", "initialize"),
        (5000, 0.9, "fine-tune"),
        (5000, 0.1, "initialize"),
    ],
)
def test_the_four_scenarios_of_the_deck(count, likeness, strategy):
    found = recommend(count, likeness)
    assert found.strategy == strategy
    assert str(found) == found.text


def test_fewer_than_a_hundred_per_class_bring_a_warning():
    with pytest.warns(UserWarning, match="99 per class are fewer than 100: fine-tuning may not converge$"):
        recommend(99, "similar")
    with pytest.warns(UserWarning, match="MobileNet or SqueezeNet"):
        recommend(20, "different")


def test_transfer_is_advised_unless_data_and_compute_are_huge():  # K9
    assert recommend(50_000, "similar").strategy == "fine-tune"
    assert recommend(50_000, "similar", huge_compute=True).strategy == "scratch"
    assert recommend(500, "similar", huge_compute=True).strategy == "features"


def test_similarity_is_measured_from_the_models_own_statistics(pretrained):
    source, _ = task(8, 300, 0)
    noise = np.random.default_rng(0).normal(3, 5, size=source.shape).astype("float32")
    near, far = similarity(pretrained, source), similarity(pretrained, noise)
    assert near > 0.97
    assert far < near - 0.1
    assert recommend(5000, model=pretrained, x=source).strategy == "fine-tune"
    assert recommend(200, model=pretrained, x=source).similarity == pytest.approx(near)


def test_similarity_is_the_overlap_of_two_normal_curves():
    model = Sequential([layers.BatchNormalization(input_shape=(2,))])
    model.layers[0].moving_mean.assign([1.0, 0.0])
    model.layers[0].moving_variance.assign([4.0, 1.0])
    x = np.random.default_rng(0).normal([2.0, 0.0], [3.0, 1.0], (4000, 2)).astype("float32")
    grid = np.linspace(-30, 30, 60001)
    curves = [
        np.exp(-((grid - m) ** 2) / (2 * s**2)) / s for m, s in ((1.0, 2.0), (x[:, 0].mean(), x[:, 0].std()))
    ]
    overlap = np.sqrt(curves[0] * curves[1]).sum() * (grid[1] - grid[0]) / np.sqrt(2 * np.pi)
    assert similarity(model, x) == pytest.approx((overlap + 1) / 2, abs=1e-3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, "similar"), "n_per_class"),
        ((100, 2.0), "similarity must be"),
        ((100, "alike"), "similarity must be"),
        ((100,), "give similarity, or model and x"),
    ],
)
def test_wrong_questions_are_refused(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        recommend(*arguments)


def test_similarity_needs_a_normalization():
    with pytest.raises(ArgumentError, match="no BatchNormalization"):
        similarity(Sequential([layers.Dense(1, input_shape=(2,))]), np.ones((2, 2)))
