"""What recurrent layers are told: states kept, dropout, starts, regularizers, own cells, configurations."""

import json

import numpy as np
import pytest
from recurrent_cases import CELLS, HOLES, LAYERS, X

import afina
from afina import registry
from afina.errors import ArgumentError, ShapeError
from afina.layers import (
    LSTM,
    RNN,
    Dense,
    Input,
    Layer,
    LSTMCell,
)


def test_a_stateful_layer_goes_on_where_the_last_batch_ended_until_it_is_reset():
    layer = LSTM(5, stateful=True, dtype="float64")
    plain = LSTM(5, dtype="float64")
    model = afina.Sequential([Input(batch_shape=(4, None, 3), dtype="float64"), layer], dtype="float64")
    plain.build((None, None, 3))
    plain.set_weights(layer.get_weights())
    assert len(layer.get_weights()) == 3
    model(X[:, :2])
    np.testing.assert_allclose(model(X[:, 2:]).numpy(), plain(X).numpy(), rtol=1e-12)
    assert len(model.variables) == 5
    model.reset_state()
    np.testing.assert_allclose(model(X).numpy(), plain(X).numpy(), rtol=1e-12)
    with pytest.raises(ShapeError, match="stateful=True was built for batches of 4, got 2"):
        layer(X[:2])
    with pytest.raises(ArgumentError, match="stateful=True needs a known batch"):
        LSTM(5, stateful=True)(Input((None, 3)))
    with pytest.raises(ArgumentError, match="reset_state needs stateful=True"):
        plain.reset_state()


@pytest.mark.parametrize("name", LAYERS)
def test_dropout_keeps_its_factors_for_a_whole_sequence_and_stops_after_training(name):
    ones = np.ones((50, 7, 40), "float32")
    layer = LAYERS[name](
        30, dropout=0.4, recurrent_dropout=0.3, seed=3, return_sequences=True, activation="linear"
    )
    layer.build(ones.shape)
    cell = layer.cell
    cell.hold_dropout()
    factors = cell.input_factors(afina.tensor(ones), True)
    assert cell.input_factors(afina.tensor(ones), True) is factors
    state = cell.state_factors(50, True).numpy()
    cell.release_dropout()
    assert 0.37 < (factors.numpy() == 0).mean() < 0.43
    assert set(np.unique(factors.numpy()).tolist()) == {0.0, np.float32(1 / 0.6)}
    assert 0.27 < (state == 0).mean() < 0.33
    assert cell.input_factors(afina.tensor(ones), False) is None
    # twice the same draw: the layer is a function of its inputs again
    draws = cell.own_variables()[0]
    draws.fill_(7)
    first = layer(ones, training=True).numpy()
    draws.fill_(7)
    np.testing.assert_array_equal(layer(ones, training=True).numpy(), first)
    assert (layer(ones, training=True).numpy() != first).any()
    np.testing.assert_array_equal(layer(ones).numpy(), layer(ones).numpy())


@pytest.mark.parametrize("name", LAYERS)
def test_dropout_of_the_kernel_is_that_of_the_cell(name):
    def made(cell_of):
        afina.random.set_seed(11)
        layer = cell_of(CELLS[name](5, dropout=0.5, recurrent_dropout=0.5, dtype="float64"))
        layer.build((None, None, 3))
        afina.random.set_seed(12)
        return layer

    kernel = made(lambda cell: RNN(cell, dtype="float64", return_sequences=True))
    y = kernel(X, training=True).numpy()
    slow = made(lambda cell: RNN(cell, dtype="float64", return_sequences=True))
    slow._has_kernel = lambda: False
    np.testing.assert_allclose(slow(X, training=True).numpy(), y, rtol=1e-12)


def test_weights_start_as_keras_starts_them():
    layer = LSTM(8)
    layer.build((None, None, 3))
    kernel, recurrent, bias = layer.get_weights()
    assert abs(kernel).max() <= (6 / (3 + 32)) ** 0.5
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(8), atol=1e-5)
    np.testing.assert_array_equal(bias, np.repeat([0, 1, 0, 0], 8))
    plain = LSTM(8, unit_forget_bias=False, bias_initializer="ones")
    plain.build((None, None, 3))
    assert (plain.get_weights()[2] == 1).all()


def test_each_weight_has_its_own_regularizer_and_constraint():
    layer = LSTM(
        2,
        kernel_regularizer=afina.regularizers.L2(0.1),
        recurrent_regularizer=afina.regularizers.L1(0.2),
        bias_constraint="non_neg",
    )
    layer.build((None, None, 3))
    kernel, recurrent, bias = layer.weights
    wanted = [0.1 * (kernel.numpy() ** 2).sum(), 0.2 * abs(recurrent.numpy()).sum()]
    np.testing.assert_allclose([loss.item() for loss in layer.losses], wanted, rtol=1e-5)
    assert bias.constraint is not None
    assert kernel.constraint is None
    assert [w.name for w in layer.weights] == ["kernel", "recurrent_kernel", "bias"]


def test_any_layer_with_states_is_a_cell():
    class Minimal(Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = self.state_size = units

        def build(self, input_shape):
            self.kernel = self.add_weight((input_shape[-1], self.units), name="kernel")

        def call(self, inputs, states):
            h = inputs @ self.kernel + states[0]
            return h, [h]

    x = X.astype("float32")
    layer = RNN([Minimal(4), Minimal(2)], return_sequences=True)
    model = afina.Sequential([Input((None, 3)), layer])
    assert model.output_shape == (None, None, 2)
    a, b = layer.get_weights()
    np.testing.assert_allclose(model(x).numpy(), ((x @ a).cumsum(1) @ b).cumsum(1), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", LAYERS)
def test_a_recurrent_layer_comes_back_from_json(name):
    layer = LAYERS[name](
        4,
        activation="relu",
        recurrent_regularizer="l2",
        dropout=0.2,
        seed=3,
        return_sequences=True,
        zero_output_for_mask=True,
        kernel_constraint="max_norm",
    )
    text = json.dumps(registry.serialize(layer))
    again = registry.deserialize(json.loads(text))
    assert json.dumps(registry.serialize(again)) == text
    x = X.astype("float32")
    layer(x), again(x)
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(again(x, mask=HOLES).numpy(), layer(x, mask=HOLES).numpy())


def test_stacked_cells_come_back_from_json():
    layer = RNN([LSTMCell(4, dropout=0.1), LSTMCell(2)], return_state=True)
    again = registry.deserialize(json.loads(json.dumps(registry.serialize(layer))))
    assert [cell.units for cell in again.cell.cells] == [4, 2]
    assert again.return_state
    assert again.cell.cells[0].dropout == 0.1


def test_the_encoder_hands_its_states_to_the_decoder(tmp_path):
    encoder_in, decoder_in = Input((None, 3)), Input((None, 2))
    _, *states = LSTM(5, return_state=True)(encoder_in)
    y = LSTM(5, return_sequences=True)(decoder_in, initial_state=states)
    model = afina.Model([encoder_in, decoder_in], Dense(2)(y))
    a, b = X.astype("float32"), X[:, :4, :2].astype("float32")
    wanted = model([a, b]).numpy()
    assert wanted.shape == (4, 4, 2)
    assert abs(wanted - model([a * 2, b]).numpy()).max() > 1e-3
    model.save(tmp_path / "model.afina")
    again = afina.models.load_model(tmp_path / "model.afina")
    np.testing.assert_array_equal(again([a, b]).numpy(), wanted)
    model.compile("adam", "mse")
    first = model.train_on_batch([a, b], np.zeros((4, 4, 2), "float32"))
    for _ in range(20):
        last = model.train_on_batch([a, b], np.zeros((4, 4, 2), "float32"))
    assert np.ravel(last)[0] < np.ravel(first)[0]


@pytest.mark.parametrize("name", LAYERS)
def test_what_does_not_fit_is_refused_by_name(name):
    make = LAYERS[name]
    with pytest.raises(ArgumentError, match="units must be a positive int, got 0"):
        make(0)
    with pytest.raises(ArgumentError, match=r"dropout must lie in \[0, 1\], got 1.5"):
        make(4, dropout=1.5)
    with pytest.raises(ShapeError, match=r"inputs must have rank 3"):
        make(4)(X[:, 0])
    with pytest.raises(ShapeError, match="one step or more"):
        make(4)(X[:, :0])
    with pytest.raises(ShapeError, match=r"mask must have shape \(4, 6\)"):
        make(4)(X, mask=HOLES[:, :3])
    with pytest.raises(ShapeError, match=r"initial_state needs tensors of shape \(4, 4\)"):
        make(4)(X, initial_state=[np.zeros((4, 3))] * len(make(4).get_initial_state(1)))
    with pytest.raises(ArgumentError, match="initial_state needs"):
        make(4)(X, initial_state=[np.zeros((4, 4))] * 5)
    with pytest.raises(ArgumentError, match="unknown argument"):
        make(4, retrun_sequences=True)
    with pytest.raises(ArgumentError, match="cell must have call"):
        RNN("lstm")
