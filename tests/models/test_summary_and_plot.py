"""What a model looks like: the table and the picture."""

import numpy as np
import pytest

import afina
from afina import Input, Model, Sequential
from afina.errors import ArgumentError
from afina.layers import Add, BatchNormalization, Dense


def small():
    afina.utils.clear_session()
    model = Sequential([Dense(4, input_shape=(3,)), BatchNormalization(), Dense(2)], name="small")
    model.layers[0].trainable = False
    return model


def test_the_summary_is_an_aligned_table_with_totals(capsys):
    small().summary()
    assert capsys.readouterr().out.replace("─", "-").splitlines() == [
        "Model: small",
        "-" * 73,
        "Layer (type)                              Output shape  Params  Trainable",
        "-" * 73,
        "dense (Dense)                             (None, 4)         16  no",
        "batch_normalization (BatchNormalization)  (None, 4)         16  yes",
        "dense_1 (Dense)                           (None, 2)         10  yes",
        "-" * 73,
        "Total params:         42 (168.00 B)",
        "Trainable params:     18",
        "Non-trainable params: 24",
    ]


def test_the_summary_of_a_branching_model_shows_the_connections():
    x = Input(shape=(3,), name="x")
    model = Model(x, Add(name="sum")([x, Dense(3, name="d")(x)]))
    lines = []
    model.summary(print_fn=lines.append)
    assert "Connected to" in lines[0]
    assert any(line.startswith("sum (Add)") and line.endswith("x, d") for line in lines[0].splitlines())


def test_a_model_without_weights_yet_shows_question_marks():
    lines = []
    Sequential([Dense(4)]).summary(print_fn=lines.append)
    assert " ? " in lines[0]


def test_nested_models_can_be_opened():
    model = Sequential([small()], name="outer")
    lines = []
    model.summary(print_fn=lines.append, expand_nested=True)
    assert "  dense (Dense)" in lines[0]


def test_the_dot_text_has_a_box_per_layer_and_an_arrow_per_tensor():
    x = Input(shape=(3,), name="x")
    text = afina.models.model_to_dot(Model(x, Add(name="sum")([x, Dense(3, name="d")(x)])))
    assert text.count("label=") == 3
    assert text.count("->") == 3


def test_the_picture_is_written(tmp_path):
    pytest.importorskip("matplotlib")
    path = afina.utils.plot_model(small(), tmp_path / "model.png")
    assert path.read_bytes()[:4] == b"\x89PNG"
    assert afina.models.plot_model(small(), tmp_path / "model.dot").read_text().startswith("digraph")
    with pytest.raises(ArgumentError, match="to_file must end in"):
        afina.models.plot_model(small(), tmp_path / "model.doc")


def test_a_layer_shows_its_shapes_and_its_size():
    model = small()
    assert repr(model.layers[0]) == "<Dense 'dense', (None, 3) -> (None, 4), 16 parameters, frozen>"
    assert repr(Dense(3, name="new")) == "<Dense 'new', not built>"


def test_counts_are_ints_of_the_weights_elements():
    assert small().count_params() == sum(np.prod(w.shape) for w in small().weights)
