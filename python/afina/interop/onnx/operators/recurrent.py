"""RNN, LSTM and GRU: the fused kernels where they compute the same, else step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .... import ops
from ...._C import Tensor
from ....tensor import tensor, zeros
from ..registry import Context, operator
from ..values import Value, as_tensor, host

Function = Callable[[Tensor], Tensor]


def _functions(context: Context, default: Sequence[str], directions: int) -> list[list[Function]]:
    """The activations of each direction."""
    names = context.get("activations") or list(default) * directions
    alphas, betas = list(context.get("activation_alpha") or []), list(context.get("activation_beta") or [])
    found: list[Function] = []
    for name in names:
        word = str(name).lower()
        alpha = alphas.pop(0) if alphas and word in _ALPHAS else None
        beta = betas.pop(0) if betas and word in _BETAS else None
        found.append(_activation(context, word, alpha, beta))
    size = len(default)
    return [found[i * size : (i + 1) * size] for i in range(directions)]


_ALPHAS = {
    "affine": 1.0,
    "leakyrelu": 0.01,
    "thresholdedrelu": 1.0,
    "scaledtanh": 1.0,
    "hardsigmoid": 0.2,
    "elu": 1.0,
}
_BETAS = {"affine": 0.0, "scaledtanh": 1.0, "hardsigmoid": 0.5}


def _activation(context: Context, name: str, alpha: float | None, beta: float | None) -> Function:
    a = _ALPHAS.get(name, 0.0) if alpha is None else alpha
    b = _BETAS.get(name, 0.0) if beta is None else beta
    table: dict[str, Function] = {
        "relu": ops.relu,
        "tanh": ops.tanh,
        "sigmoid": ops.sigmoid,
        "softsign": ops.softsign,
        "softplus": ops.softplus,
        "affine": lambda x: x * a + b,
        "leakyrelu": lambda x: ops.maximum(x, 0.0) + ops.minimum(x, 0.0) * a,
        "thresholdedrelu": lambda x: ops.where(ops.greater(x, a), x, x * 0.0),
        "scaledtanh": lambda x: ops.tanh(x * b) * a,
        "hardsigmoid": lambda x: ops.clip(x * a + b, 0.0, 1.0),
        "elu": lambda x: ops.relu(x) + ops.expm1(ops.minimum(x, 0.0)) * a,
    }
    if name not in table:
        context.unsupported(f"the activation {name!r}")
    return table[name]


def _blocks(x: Tensor, order: Sequence[int], axis: int = 0) -> Tensor:
    """Equal blocks along an axis in another order."""
    size = x.shape[axis] // len(order)
    index = np.concatenate([np.arange(k * size, (k + 1) * size) for k in order])
    return ops.gather(x, tensor(index), axis)


class _Inputs:
    """What the three operators have in common, batch first: x (batch, steps, inputs), parts by direction."""

    def __init__(self, context: Context, inputs: tuple[Value, ...], gates: int) -> None:
        x, w, r, b, lengths, h = (*inputs, *[None] * 6)[:6]
        self.context = context
        self.batch_first = bool(context.get("layout", 0))
        x = as_tensor(x)
        self.x = x if self.batch_first else ops.transpose(x, [1, 0, 2])
        self.w, self.r = as_tensor(w), as_tensor(r)
        self.directions, self.units = self.r.shape[0], self.r.shape[2]
        self.bias = None if b is None else as_tensor(b)
        self.h = self.state(h)
        batch, steps = self.x.shape[:2]
        self.lengths = None if lengths is None else host(lengths)
        self.mask = (
            None
            if self.lengths is None or (self.lengths == steps).all()
            else np.arange(steps)[None, :] < self.lengths[:, None]
        )
        self.gates = gates
        self.reverse = {"forward": [False], "reverse": [True]}.get(
            str(context.get("direction", "forward")), [False, True]
        )
        self.plain = not context.get("activations") and not context.get("clip") and self.mask is None
        del batch

    def state(self, given: Value) -> Tensor | None:
        """An initial state as (directions, batch, units)."""
        if given is None:
            return None
        return ops.transpose(as_tensor(given), [1, 0, 2]) if self.batch_first else as_tensor(given)

    def part(self, t: Tensor | None, d: int) -> Tensor | None:
        """The share of direction d."""
        return None if t is None else t[d]

    def biases(self, d: int) -> tuple[Tensor, Tensor]:
        """The bias of the inputs and that of the state."""
        size = self.gates * self.units
        if self.bias is None:
            nothing = zeros((size,), self.x.dtype)
            return nothing, nothing
        both = self.bias[d]
        return both[:size], both[size:]

    def steps(
        self, d: int, step: Callable[..., list[Tensor]], states: list[Tensor]
    ) -> tuple[Tensor, list[Tensor]]:
        """Every h (batch, steps, units), and the last states, by one call of `step` for each time."""
        count = self.x.shape[1]
        outputs: list[Any] = [None] * count
        for t in range(count)[:: -1 if self.reverse[d] else 1]:
            new = step(self.x[:, t], *states)
            if self.mask is not None:
                keep = tensor(self.mask[:, t : t + 1])
                outputs[t] = ops.where(keep, new[0], new[0] * 0.0)
                new = [ops.where(keep, a, b) for a, b in zip(new, states, strict=True)]
            else:
                outputs[t] = new[0]
            states = new
        return ops.stack(outputs, 1), states

    def initial(self, state: Tensor | None, d: int) -> Tensor:
        """The first state of direction d, zeros if none is given."""
        given = self.part(state, d)
        return given if given is not None else zeros((self.x.shape[0], self.units), self.x.dtype)

    def limited(self, t: Tensor) -> Tensor:
        """Kept within the attribute clip."""
        limit = self.context.get("clip", 0.0)
        return ops.clip(t, -limit, limit) if limit else t

    def result(self, outputs: list[Tensor], *states: list[Tensor]) -> tuple[Any, ...]:
        """Y and the last states in ONNX's order of axes."""
        every = ops.stack(outputs, 2)  # batch, steps, directions, units
        last = [ops.stack(s, 1 if self.batch_first else 0) for s in states]
        return (every if self.batch_first else ops.transpose(every, [1, 2, 0, 3]), *last)


@operator("RNN")
def rnn(context: Context, *inputs: Value) -> tuple[Any, ...]:
    """h = f(x W + h R + b)."""
    g = _Inputs(context, inputs, 1)
    functions = _functions(context, ["Tanh"], g.directions)
    outputs, lasts = [], []
    for d in range(g.directions):
        w, r = ops.transpose(g.w[d]), ops.transpose(g.r[d])
        bias = ops.add(*g.biases(d))
        if g.plain:
            every, last = ops.simple_rnn(g.x, w, r, bias, g.part(g.h, d), go_backwards=g.reverse[d])
            every = ops.flip(every, 1) if g.reverse[d] else every
        else:

            def step(
                x: Tensor, h: Tensor, w: Tensor = w, r: Tensor = r, b: Tensor = bias, d: int = d
            ) -> list[Tensor]:
                return [functions[d][0](g.limited(x @ w + h @ r + b))]

            every, (last,) = g.steps(d, step, [g.initial(g.h, d)])
        outputs.append(every)
        lasts.append(last)
    return g.result(outputs, lasts)


@operator("LSTM")
def lstm(context: Context, *inputs: Value) -> tuple[Any, ...]:
    """c = f c + i g, h = o tanh(c); gates i, o, f, c, with peepholes where given."""
    g = _Inputs(context, inputs, 4)
    c, p = (*inputs, *[None] * 8)[6:8]
    cells, peepholes = g.state(c), None if p is None else as_tensor(p)
    functions = _functions(context, ["Sigmoid", "Tanh", "Tanh"], g.directions)
    coupled = bool(context.get("input_forget", 0))
    outputs: list[Tensor] = []
    lasts: list[list[Tensor]] = [[], []]
    for d in range(g.directions):
        order = [0, 2, 3, 1]  # ONNX's i, o, f, c as the kernel's i, f, c, o
        w, r = [ops.transpose(_blocks(t[d], order)) for t in (g.w, g.r)]
        bias = _blocks(ops.add(*g.biases(d)), order)
        if g.plain and peepholes is None and not coupled:
            every, last, cell = ops.lstm(
                g.x, w, r, bias, g.part(g.h, d), g.part(cells, d), go_backwards=g.reverse[d]
            )
            every = ops.flip(every, 1) if g.reverse[d] else every
        else:
            n = g.units
            peep = (
                [zeros((n,), g.x.dtype)] * 3
                if peepholes is None
                else [peepholes[d][k * n : (k + 1) * n] for k in range(3)]
            )

            def step(
                x: Tensor,
                h: Tensor,
                c: Tensor,
                w: Tensor = w,
                r: Tensor = r,
                b: Tensor = bias,
                d: int = d,
                peep: list[Tensor] = peep,
                n: int = n,
            ) -> list[Tensor]:
                f, inner, outer = functions[d]
                z = x @ w + h @ r + b
                i, forget, new, o = [z[:, k * n : (k + 1) * n] for k in range(4)]
                i = f(g.limited(i + c * peep[0]))
                forget = 1.0 - i if coupled else f(g.limited(forget + c * peep[2]))
                c = forget * c + i * inner(g.limited(new))
                return [f(g.limited(o + c * peep[1])) * outer(c), c]

            every, (last, cell) = g.steps(d, step, [g.initial(g.h, d), g.initial(cells, d)])
        outputs.append(every)
        lasts[0].append(last)
        lasts[1].append(cell)
    return g.result(outputs, *lasts)


@operator("GRU")
def gru(context: Context, *inputs: Value) -> tuple[Any, ...]:
    """h = z h + (1 - z) g; gates z, r, h; linear_before_reset multiplies r after the product."""
    g = _Inputs(context, inputs, 3)
    functions = _functions(context, ["Sigmoid", "Tanh"], g.directions)
    after = bool(context.get("linear_before_reset", 0))
    outputs, lasts = [], []
    for d in range(g.directions):
        w, r = ops.transpose(g.w[d]), ops.transpose(g.r[d])
        bw, br = g.biases(d)
        if g.plain:
            bias = ops.stack([bw, br], 0) if after else bw + br
            every, last = ops.gru(
                g.x, w, r, bias, g.part(g.h, d), go_backwards=g.reverse[d], reset_after=after
            )
            every = ops.flip(every, 1) if g.reverse[d] else every
        else:
            n = g.units

            def step(
                x: Tensor,
                h: Tensor,
                w: Tensor = w,
                r: Tensor = r,
                bw: Tensor = bw,
                br: Tensor = br,
                d: int = d,
                n: int = n,
            ) -> list[Tensor]:
                f, inner = functions[d]
                a, b = x @ w + bw, h @ r + br
                update = f(g.limited(a[:, :n] + b[:, :n]))
                reset = f(g.limited(a[:, n : 2 * n] + b[:, n : 2 * n]))
                if after:
                    new = a[:, 2 * n :] + reset * b[:, 2 * n :]
                else:
                    new = a[:, 2 * n :] + (reset * h) @ r[:, 2 * n :] + br[2 * n :]
                return [update * h + (1.0 - update) * inner(g.limited(new))]

            every, (last,) = g.steps(d, step, [g.initial(g.h, d)])
        outputs.append(every)
        lasts.append(last)
    return g.result(outputs, lasts)
