"""Recurrent kernels against the cells' own formulas, step by step, and against torch."""

import numpy as np
import pytest
from recurrent_cases import CELLS, HOLES, LAYERS, Plain, X, gradients, varied

import afina
from afina.layers import (
    GRU,
    LSTM,
    RNN,
    LSTMCell,
    SimpleRNN,
    StackedRNNCells,
)


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


def test_activations_that_no_kernel_knows_are_walked_step_by_step():
    layer = LSTM(3, activation=lambda t: t * t * 0.5, dtype="float64")
    assert not layer._has_kernel()
    np.testing.assert_array_equal(np.isfinite(layer(X).numpy()), np.ones((4, 3), bool))
    silu = varied(LSTM(3, activation="silu", dtype="float64"))
    assert not silu._has_kernel()
    assert all(np.isfinite(g).all() for g in gradients(silu, X, mask=HOLES))


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("threads", [2, 3, 8])
def test_the_bits_do_not_depend_on_the_number_of_threads(name, threads, with_threads):
    x = np.random.default_rng(0).standard_normal((70, 9, 5)).astype("float32")
    layer = LAYERS[name](33, return_sequences=True)
    layer.build(x.shape)
    found = with_threads(lambda: gradients(layer, x), (1, threads))
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
