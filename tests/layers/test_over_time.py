"""Wrappers of layers over time: Bidirectional and TimeDistributed."""

import json

import numpy as np
import pytest

import afina
from afina import registry
from afina.errors import ArgumentError, ShapeError
from afina.layers import GRU, LSTM, Bidirectional, Dense, Input, TimeDistributed

X = np.random.default_rng(5).standard_normal((4, 6, 3))
HOLES = np.random.default_rng(6).random((4, 6)) < 0.6


@pytest.mark.parametrize("mode", ["concat", "sum", "mul", "ave", None])
@pytest.mark.parametrize("sequences", [False, True])
def test_both_directions_are_merged_step_by_step(mode, sequences):
    layer = Bidirectional(GRU(5, return_sequences=sequences, return_state=True), merge_mode=mode)
    x = X.astype("float32")
    *outputs, forward_end, backward_end = layer(x, mask=HOLES)
    y, end = layer.forward_layer(x, mask=HOLES)
    back, back_end = layer.backward_layer(x, mask=HOLES)
    y, back = y.numpy(), back.numpy()
    if sequences:
        assert (y[~HOLES] == 0).all()
        back = back[:, ::-1]
    both = {"sum": y + back, "mul": y * back, "ave": (y + back) / 2, "concat": np.concatenate([y, back], -1)}
    wanted = [y, back] if mode is None else [both[mode]]
    for ours, theirs in zip(outputs, wanted, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-6)
    np.testing.assert_array_equal(forward_end.numpy(), end.numpy())
    np.testing.assert_array_equal(backward_end.numpy(), back_end.numpy())
    shapes = [s.shape[1:] for s in layer(Input((6, 3)))]
    assert shapes == [tuple(v.shape[1:]) for v in (*outputs, forward_end, backward_end)]


def test_a_bidirectional_layer_has_two_sets_of_weights_and_comes_back_from_json():
    layer = Bidirectional(LSTM(4, name="words", return_sequences=True, dropout=0.1), merge_mode="sum")
    x = X.astype("float32")
    y = layer(x).numpy()
    assert len(layer.weights) == 6
    assert (layer.forward_layer.name, layer.backward_layer.name) == ("forward_words", "backward_words")
    assert Bidirectional(LSTM(4)).backward_layer.name == "backward_lstm"
    text = json.dumps(registry.serialize(layer))
    again = registry.deserialize(json.loads(text))
    assert json.dumps(registry.serialize(again)) == text
    again(x)
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(again(x).numpy(), y)
    given = Bidirectional(LSTM(4, return_sequences=True), merge_mode="sum", weights=layer.get_weights())
    np.testing.assert_array_equal(given(x).numpy(), y)


def test_the_backward_layer_may_be_another_one_that_fits():
    layer = Bidirectional(LSTM(4), backward_layer=GRU(4, go_backwards=True))
    assert layer(X.astype("float32")).shape == (4, 8)
    with pytest.raises(ArgumentError, match="backward_layer must have go_backwards=True, got False"):
        Bidirectional(LSTM(4), backward_layer=GRU(4))
    with pytest.raises(ArgumentError, match="backward_layer must have return_sequences=False"):
        Bidirectional(LSTM(4), backward_layer=GRU(4, go_backwards=True, return_sequences=True))
    with pytest.raises(ArgumentError, match="layer must be a recurrent layer"):
        Bidirectional(Dense(3))
    with pytest.raises(ArgumentError, match="merge_mode must be one of"):
        Bidirectional(LSTM(4), merge_mode="max")


def test_a_bidirectional_stack_learns_from_both_ends():
    rng = np.random.default_rng(0)
    x = rng.integers(1, 5, (96, 7)).astype("int32")
    y = (x[:, 0] + x[:, -1] > 5).astype("int32")
    afina.utils.set_random_seed(1)
    model = afina.Sequential(
        [
            Input((None,), dtype="int32"),
            afina.layers.Embedding(5, 8, mask_zero=True),
            Bidirectional(LSTM(8, return_sequences=True)),
            Bidirectional(GRU(8)),
            Dense(2, activation="softmax"),
        ]
    )
    model.compile(afina.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["acc"])
    padded = np.pad(x, ((0, 0), (0, 3)))
    model.fit(padded, y, epochs=25, batch_size=32, verbose=0)
    assert model.evaluate(padded, y, verbose=0)[1] > 0.95
    alone, longer = model.predict(x, verbose=0), model.predict(padded, verbose=0)
    np.testing.assert_allclose(alone, longer, rtol=1e-4, atol=1e-6)


def test_time_distributed_is_the_layer_at_every_step():
    images = np.random.default_rng(0).standard_normal((2, 3, 6, 6, 2)).astype("float32")
    conv = afina.layers.Conv2D(4, 3)
    layer = TimeDistributed(conv)
    y = layer(images)
    assert layer(Input((None, 6, 6, 2))).shape == (None, None, 4, 4, 4)
    for t in range(3):
        np.testing.assert_allclose(y.numpy()[:, t], conv(images[:, t]).numpy(), rtol=1e-5, atol=1e-6)
    assert layer.weights == conv.weights
    again = registry.deserialize(json.loads(json.dumps(registry.serialize(layer))))
    again(images)
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(again(images).numpy(), y.numpy())
    with pytest.raises(ShapeError, match="inputs must have at least rank 3"):
        TimeDistributed(Dense(2))(np.ones((2, 3), "float32"))
    model = afina.Sequential([Input((None, 3)), TimeDistributed(Dense(5, activation="relu")), LSTM(2)])
    assert model.count_params() == 20 + 4 * 2 * (5 + 2 + 1)
