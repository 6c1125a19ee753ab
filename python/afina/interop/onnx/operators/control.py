"""If, Loop, Scan and SequenceMap: nodes that run graphs."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from ..registry import Context, operator
from ..values import Value, as_value, reshape, scalar, sliced, stack

STEPS = 1_000_000  # a loop without a bound ends here, by an error


def _run(context: Context, graph: Any, inputs: list[Value]) -> list[Value]:
    assert context.run_graph is not None
    return context.run_graph(graph, inputs)


def _several(values: list[Value]) -> Any:
    return values[0] if len(values) == 1 else tuple(values)


@operator("If")
def branch(context: Context, condition: Value) -> Any:
    """One of two graphs."""
    graph = context.need("then_branch" if scalar(condition) else "else_branch")
    return _several(_run(context, graph, []))


@operator("Loop")
def loop(context: Context, trips: Value = None, condition: Value = None, *states: Value) -> Any:
    """The body, while the condition holds and at most `trips` times; values of each turn are stacked."""
    body = context.need("body")
    carried = list(states)
    count = len(body.outputs) - 1 - len(carried)
    rows: list[list[Value]] = [[] for _ in range(count)]
    going = bool(scalar(condition, True))
    limit = scalar(trips)
    for turn in itertools.count():
        if not going or (limit is not None and turn >= limit):
            break
        if turn >= STEPS:
            context.refuse(f"does not end within {STEPS} turns")
        result = _run(context, body, [np.array(turn, np.int64), np.array(going), *carried])
        going = bool(scalar(result[0]))
        carried = result[1 : 1 + len(carried)]
        for row, value in zip(rows, result[1 + len(carried) :], strict=True):
            row.append(value)
    return _several([*carried, *[stack(r, 0) if r else as_value(np.zeros(0, np.float32)) for r in rows]])


@operator("Scan")
def scan(context: Context, *inputs: Value) -> Any:
    """The body over slices of the last num_scan_inputs inputs, with states carried along."""
    if context.version < 9:
        context.unsupported("the form of opset 8")
    body, scans = context.need("body"), context.need("num_scan_inputs")
    carried, sources = list(inputs[: len(inputs) - scans]), list(inputs[len(inputs) - scans :])
    outputs = len(body.outputs) - len(carried)
    axes = context.get("scan_input_axes", [0] * scans)
    back = context.get("scan_input_directions", [0] * scans)
    out_axes = context.get("scan_output_axes", [0] * outputs)
    out_back = context.get("scan_output_directions", [0] * outputs)
    axes = [a % x.ndim for a, x in zip(axes, sources, strict=True)]
    steps = sources[0].shape[axes[0]]
    rows: list[list[Value]] = [[] for _ in range(outputs)]
    for step in range(steps):
        given = []
        for x, axis, reverse in zip(sources, axes, back, strict=True):
            k = steps - 1 - step if reverse else step
            given.append(reshape(sliced(x, axis, k, k + 1), [*x.shape[:axis], *x.shape[axis + 1 :]]))
        result = _run(context, body, [*carried, *given])
        carried = result[: len(carried)]
        for row, value in zip(rows, result[len(carried) :], strict=True):
            row.append(value)
    stacked = [
        stack(row[::-1] if reverse else row, axis)
        for row, axis, reverse in zip(rows, out_axes, out_back, strict=True)
    ]
    return _several([*carried, *stacked])


@operator("SequenceMap")
def sequence_map(context: Context, values: Value, *others: Value) -> Any:
    """The body for each value of a sequence."""
    rows = [
        _run(context, context.need("body"), [v, *[o[i] if isinstance(o, list) else o for o in others]])
        for i, v in enumerate(values)
    ]
    return _several([list(column) for column in zip(*rows, strict=True)])
