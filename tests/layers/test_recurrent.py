"""Recurrent layers: the kernel against the cells' own formulas, states, masks, dropout, torch."""

import json
from functools import partial

import numpy as np
import pytest

import afina
from afina import registry
from afina.errors import ArgumentError, ShapeError
from afina.layers import (
    GRU,
    LSTM,
    RNN,
    Dense,
    GRUCell,
    Input,
    Layer,
    LSTMCell,
    SimpleRNN,
    SimpleRNNCell,
    StackedRNNCells,
)

X = np.random.default_rng(5).standard_normal((4, 6, 3))
HOLES = np.random.default_rng(6).random((4, 6)) < 0.6
LAYERS = {
    "lstm": LSTM,
    "gru": GRU,
    "gru_reset_before": partial(GRU, reset_after=False),
    "simple_rnn": SimpleRNN,
}
CELLS = {
    "lstm": LSTMCell,
    "gru": GRUCell,
    "gru_reset_before": partial(GRUCell, reset_after=False),
    "simple_rnn": SimpleRNNCell,
}


class Plain(Layer):
    """A cell of which nobody knows that a kernel could do it: RNN calls it step by step."""

    def __init__(self, cell, **kwargs):
        super().__init__(dtype="float64", **kwargs)
        self.inner, self.state_size, self.output_size = cell, cell.state_size, cell.output_size

    def build(self, input_shape):
        self.inner.build(input_shape)

    def call(self, inputs, states, training=False):
        return self.inner(inputs, states, training=training)

    def compute_output_shape(self, input_shape, *_, **__):
        return self.inner.compute_output_shape(input_shape)


def varied(layer):
    """The layer with random weights, biases included."""
    layer.build((None, None, 3))
    rng = np.random.default_rng(1)
    layer.set_weights([rng.uniform(-0.8, 0.8, w.shape) for w in layer.weights])
    return layer


def gradients(layer, x, **call):
    """Outputs, then gradients of a weighted sum of all of them in x and the weights."""
    x = afina.tensor(x, requires_grad=True)
    found = layer(x, **call)
    found = list(found) if isinstance(found, tuple) else [found]
    total = sum((y * float(i + 1)).sum() + (y * y).sum() for i, y in enumerate(found))
    grads = afina.gradients(total, [x, *layer.trainable_weights])
    return [v.numpy() for v in [*found, *grads]]


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize(
    ("options", "call"),
    [
        ({}, {}),
        ({"return_sequences": True, "return_state": True}, {"mask": HOLES}),
        ({"go_backwards": True, "return_sequences": True}, {"mask": HOLES}),
        ({"return_state": True, "activation": "softsign", "recurrent_activation": "hard_sigmoid"}, {}),
        ({"use_bias": False, "return_sequences": True, "zero_output_for_mask": True}, {"mask": HOLES}),
    ],
)
def test_the_kernel_is_the_cell_walked_step_by_step(name, options, call):
    options = {k: v for k, v in options.items() if name != "simple_rnn" or k != "recurrent_activation"}
    kernel = varied(LAYERS[name](5, dtype="float64", **options))
    of_rnn = ("return_sequences", "return_state", "go_backwards", "zero_output_for_mask")
    cell = CELLS[name](5, dtype="float64", **{k: v for k, v in options.items() if k not in of_rnn})
    walked = RNN(Plain(cell), dtype="float64", **{k: v for k, v in options.items() if k in of_rnn})
    walked.build((None, None, 3))
    walked.set_weights(kernel.get_weights())
    assert kernel._has_kernel()
    assert not walked._has_kernel()
    for ours, theirs in zip(gradients(kernel, X, **call), gradients(walked, X, **call), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", LAYERS)
def test_a_padded_sequence_gives_what_the_sequence_alone_gives(name):
    layer = varied(LAYERS[name](5, dtype="float64", return_sequences=True, return_state=True))
    mask = np.arange(6) < np.array([6, 3, 1, 4])[:, None]
    garbage = np.where(mask[..., None], X, 1e30)
    every, *states = layer(garbage, mask=mask)
    for row, length in enumerate(mask.sum(1)):
        alone, *ends = layer(X[row : row + 1, :length])
        np.testing.assert_allclose(every.numpy()[row, :length], alone.numpy()[0], rtol=1e-12)
        np.testing.assert_array_equal(
            every.numpy()[row, length:], np.broadcast_to(alone.numpy()[0, -1], (6 - length, 5))
        )
        for state, end in zip(states, ends, strict=True):
            np.testing.assert_allclose(state.numpy()[row], end.numpy()[0], rtol=1e-12)
    found = gradients(layer, garbage, mask=mask)
    assert all(np.isfinite(g).all() for g in found)
    dx = found[1 + len(states)]
    assert (dx[~mask] == 0).all()
    assert (dx[mask] != 0).all()


@pytest.mark.parametrize("name", LAYERS)
def test_the_first_state_and_the_last_one_make_one_walk_of_two(name):
    layer = varied(LAYERS[name](5, dtype="float64", return_sequences=True, return_state=True))
    whole, *end = layer(X)
    first, *middle = layer(X[:, :2])
    second, *again = layer(X[:, 2:], initial_state=middle)
    np.testing.assert_allclose(np.concatenate([first, second], 1), whole.numpy(), rtol=1e-12)
    for a, b in zip(again, end, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-12)
    # the gradient goes through the states
    x = afina.tensor(X[:, :2], requires_grad=True)
    output, *_ = layer(X[:, 2:], initial_state=list(layer(x)[1:]))
    wide = afina.tensor(X, requires_grad=True)
    both = layer(wide)[0][:, 2:]
    ours = afina.gradients(output.sum(), [x])[0].numpy()
    np.testing.assert_allclose(ours, afina.gradients(both.sum(), [wide])[0].numpy()[:, :2], rtol=1e-10)


@pytest.mark.parametrize("name", LAYERS)
def test_going_backwards_is_going_through_the_reversed_sequence(name):
    forward = varied(LAYERS[name](5, return_sequences=True, dtype="float64"))
    backward = varied(LAYERS[name](5, return_sequences=True, go_backwards=True, dtype="float64"))
    np.testing.assert_allclose(
        backward(X, mask=HOLES).numpy(), forward(X[:, ::-1], mask=HOLES[:, ::-1]).numpy(), rtol=1e-12
    )


@pytest.mark.parametrize("go_backwards", [False, True])
def test_stacked_cells_are_layers_one_after_the_other(go_backwards):
    cells = [CELLS[name](4, dtype="float64") for name in CELLS] + [LSTMCell(3, dtype="float64")]
    stack = RNN(cells, return_sequences=True, return_state=True, go_backwards=go_backwards, dtype="float64")
    stack.build((None, None, 3))
    assert stack._has_kernel()
    assert isinstance(stack.cell, StackedRNNCells)
    every, *states = stack(X, mask=HOLES)
    y, mask = X, HOLES
    for index, cell in enumerate(stack.cell.cells):
        layer = RNN(
            cell,
            return_sequences=True,
            return_state=True,
            go_backwards=go_backwards and not index,
            dtype="float64",
        )
        y, *own = layer(y, mask=mask)
        mask = HOLES[:, ::-1] if go_backwards else HOLES
        for a, b in zip(states[index], own, strict=True):
            np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-12)
    np.testing.assert_allclose(every.numpy(), y.numpy(), rtol=1e-12)
    slow = stack._loop(afina.tensor(X), stack.get_initial_state(4), afina.tensor(HOLES), go_backwards, False)
    np.testing.assert_allclose(slow[0].numpy(), every.numpy(), rtol=1e-10)


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


def test_activations_that_no_kernel_knows_are_walked_step_by_step():
    layer = LSTM(3, activation=lambda t: t * t * 0.5, dtype="float64")
    assert not layer._has_kernel()
    np.testing.assert_array_equal(np.isfinite(layer(X).numpy()), np.ones((4, 3), bool))
    silu = varied(LSTM(3, activation="silu", dtype="float64"))
    assert not silu._has_kernel()
    assert all(np.isfinite(g).all() for g in gradients(silu, X, mask=HOLES))


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


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("threads", [2, 3, 8])
def test_the_bits_do_not_depend_on_the_number_of_threads(name, threads):
    x = np.random.default_rng(0).standard_normal((70, 9, 5)).astype("float32")
    layer = LAYERS[name](33, return_sequences=True)
    layer.build(x.shape)
    before = afina.thread_count()
    found = []
    try:
        for count in (1, threads):
            afina.set_thread_count(count)
            found.append(gradients(layer, x))
    finally:
        afina.set_thread_count(before)
    for one, many in zip(*found, strict=True):
        np.testing.assert_array_equal(one, many)


PEERS = {"lstm": (LSTM, "LSTM"), "gru": (GRU, "GRU"), "simple_rnn": (SimpleRNN, "RNN")}


@pytest.mark.parametrize("name", PEERS)
def test_a_layer_agrees_with_torch(name):
    torch = pytest.importorskip("torch")
    kind, theirs = PEERS[name]
    layer = varied(kind(5, dtype="float64", return_sequences=True, return_state=True))
    weights = layer.get_weights()
    if name == "gru":  # torch puts the reset gate first
        weights = [np.concatenate([w[..., 5:10], w[..., :5], w[..., 10:]], -1) for w in weights]
    kernel, recurrent, bias = weights
    biases = bias if bias.ndim == 2 else [bias, 0 * bias]
    peer = getattr(torch.nn, theirs)(3, 5, batch_first=True, dtype=torch.float64)
    for parameter, value in zip(peer.parameters(), [kernel.T, recurrent.T, *biases], strict=True):
        parameter.data.copy_(torch.from_numpy(np.array(value)))
    x = torch.from_numpy(X).requires_grad_()
    y, ends = peer(x)
    outputs = [y, *([e[0] for e in ends] if name == "lstm" else [ends[0]])]
    sum((o * (i + 1)).sum() + (o * o).sum() for i, o in enumerate(outputs)).backward()
    first, *rest = [p.grad.numpy().T for p in peer.parameters()]
    wanted = [first, rest[0], np.stack(rest[1:]) if bias.ndim == 2 else rest[1]]
    if name == "gru":
        wanted = [np.concatenate([w[..., 5:10], w[..., :5], w[..., 10:]], -1) for w in wanted]
    wanted = [*[o.detach().numpy() for o in outputs], x.grad.numpy(), *wanted]
    for ours, other in zip(gradients(layer, X), wanted, strict=True):
        np.testing.assert_allclose(ours, other, rtol=1e-9, atol=1e-12)
