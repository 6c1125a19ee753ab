"""Recurrent kernels, whole sequences in one node."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....errors import UnsupportedOperatorError
from .counted_steps import CountedSteps
from .shape import flipped
from .table import writes
from .writer import Ref, Writer

_GATES = {
    "tanh": "Tanh", "sigmoid": "Sigmoid", "relu": "Relu", "softsign": "Softsign", "softplus": "Softplus",
    "elu": "Elu",
}  # fmt: skip
_WITH_NUMBERS = {
    "linear": ("Affine", 1.0, 0.0),
    "leaky_relu": ("LeakyRelu", 0.3, None),
    "hard_sigmoid": ("HardSigmoid", 1 / 6, 0.5),
}


def _activations(words: list[str]) -> dict[str, Any]:
    names, alphas, betas = [], [], []
    for word in words:
        if word in _GATES:
            names.append(_GATES[word])
        elif word in _WITH_NUMBERS:
            name, alpha, beta = _WITH_NUMBERS[word]
            names.append(name)
            alphas.append(alpha)
            betas += [] if beta is None else [beta]
        else:
            raise UnsupportedOperatorError(f"export: a recurrent layer with the activation {word!r}")
    return {"activations": names, "activation_alpha": alphas or None, "activation_beta": betas or None}


def _values(x: Ref | None, what: str) -> Any:
    if x is None:
        return None
    if x.value is None:
        raise UnsupportedOperatorError(f"export: a recurrent layer whose {what} is computed from the inputs")
    return x.value


def _recurrent(
    w: Writer,
    operator: str,
    x: Ref,
    weights: tuple[Ref, Ref],
    bias: Any,
    order: list[int],
    states: list[Ref | None],
    mask: Ref | None,
    scale: Ref | None,
    go_backwards: bool,
    words: list[str],
    **attributes: Any,
) -> list[str]:
    """The node, with weights turned and gates in ONNX's order; outputs batch first."""
    if scale is not None:
        raise UnsupportedOperatorError(f"export: {operator} with factors of its state is not written to ONNX")
    units = weights[1].shape[0]
    source, seen, counted = x.name, "" if mask is None else mask.name, None
    if mask is not None:
        if go_backwards:
            source, seen = flipped(w, source, [1]), flipped(w, seen, [1])
        counted = CountedSteps.of(w, source, seen, x.shape[1])
        source = counted.x
    reverse = go_backwards and counted is None

    def blocks(array: Any) -> Any:
        parts = np.split(array, len(order), axis=-1)
        return np.concatenate([parts[k] for k in order], axis=-1)

    stored = [w.store(blocks(_values(t, "kernel")).T[None], f"{t.name}_turned") for t in weights]
    given = [w.transpose(source, [1, 0, 2]), *stored]
    given.append("" if bias is None else w.store(np.concatenate([blocks(part) for part in bias])[None]))
    given.append("" if counted is None else counted.lengths)
    for state in states:
        given.append("" if state is None else w.node("Unsqueeze", [state.name, w.integers([0])]))
    while given[-1] == "":
        given.pop()
    every, *last = w.node(
        operator,
        given,
        1 + len(states),
        hidden_size=units,
        direction="reverse" if reverse else "forward",
        **_activations(words),
        **attributes,
    )
    every = w.node("Squeeze", [every, w.integers([1])])
    every = flipped(w, every, [0]) if reverse else every
    found = [w.transpose(every, [1, 0, 2]), *[w.node("Squeeze", [s, w.integers([0])]) for s in last]]
    if counted is None:
        return found
    ends = [counted.at_the_end(w, s, start, x.dtype) for s, start in zip(found[1:], states, strict=True)]
    return [counted.at_all_steps(w, found[0], states[0], x.dtype), *ends]


@writes("simple_rnn")
def simple_rnn(
    w: Writer,
    x: Ref,
    kernel: Ref,
    recurrent_kernel: Ref,
    bias: Ref | None = None,
    initial_h: Ref | None = None,
    mask: Ref | None = None,
    recurrent_scale: Ref | None = None,
    go_backwards: bool = False,
    activation: str = "tanh",
) -> Any:
    """RNN."""
    both = None if bias is None else [_values(bias, "bias"), np.zeros_like(bias.value)]
    weights = (kernel, recurrent_kernel)
    return _recurrent(
        w, "RNN", x, weights, both, [0], [initial_h], mask, recurrent_scale, go_backwards, [activation]
    )


@writes("lstm")
def lstm(
    w: Writer,
    x: Ref,
    kernel: Ref,
    recurrent_kernel: Ref,
    bias: Ref | None = None,
    initial_h: Ref | None = None,
    initial_c: Ref | None = None,
    mask: Ref | None = None,
    recurrent_scale: Ref | None = None,
    go_backwards: bool = False,
    activation: str = "tanh",
    recurrent_activation: str = "sigmoid",
) -> Any:
    """LSTM, gates i f g o as i o f c."""
    both = None if bias is None else [_values(bias, "bias"), np.zeros_like(bias.value)]
    return _recurrent(
        w, "LSTM", x, (kernel, recurrent_kernel), both, [0, 3, 1, 2], [initial_h, initial_c], mask,
        recurrent_scale, go_backwards, [recurrent_activation, activation, activation],
    )  # fmt: skip


@writes("gru")
def gru(
    w: Writer,
    x: Ref,
    kernel: Ref,
    recurrent_kernel: Ref,
    bias: Ref | None = None,
    initial_h: Ref | None = None,
    mask: Ref | None = None,
    recurrent_scale: Ref | None = None,
    go_backwards: bool = False,
    activation: str = "tanh",
    recurrent_activation: str = "sigmoid",
    reset_after: bool = True,
) -> Any:
    """GRU; the order of the gates is the same."""
    both = None
    if bias is not None:
        value = _values(bias, "bias")
        both = list(value) if reset_after else [value, np.zeros_like(value)]
    return _recurrent(
        w, "GRU", x, (kernel, recurrent_kernel), both, [0, 1, 2], [initial_h], mask, recurrent_scale,
        go_backwards, [recurrent_activation, activation], linear_before_reset=int(reset_after),
    )  # fmt: skip
