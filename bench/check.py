"""Is a result right?  Asked before anything is timed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import reference, setting
from .case import Array, Case, Timing

TOLERANCE = 1e-4  # of the largest value: sums of thousands of float32 terms in any order
SAMPLE = 200_000  # elements of an element-wise result that are looked at
STEP = 1e-6


class WrongResultError(AssertionError):
    """A library computed something else than the reference."""


def _near(what: str, got: Array, expected: Array) -> None:
    if got.shape != expected.shape:
        raise WrongResultError(f"{what}: shape {got.shape}, expected {expected.shape}")
    if not np.isfinite(got).all():
        raise WrongResultError(f"{what}: not finite")
    scale = max(float(np.abs(expected).max(initial=0)), 1e-6)
    error = float(np.abs(got - expected).max(initial=0)) / scale
    if error > TOLERANCE * setting.slack():
        raise WrongResultError(f"{what}: off by {error:.1e} of the largest value")


def _doubles(arrays: list[Array]) -> list[Array]:
    return [a.astype("float64") if a.dtype.kind == "f" else a for a in arrays]


def check(case: Case, timing: Timing, results: list[Array]) -> None:
    """Compare a run's results, the outputs or the gradients of `timing.wanted`, with NumPy in float64.

    Gradients are compared along one random direction with the reference's central difference, or element by
    element where the op is element-wise. WrongResultError says what is off.
    """
    if case.op == "dropout":
        _check_dropout(case, timing, results[0])
        return
    if case.op in reference.ELEMENTWISE:
        _check_elementwise(case, timing, case.arrays()[0], results[0])
        return
    if not timing.wanted or timing.direction == "forward recorded":
        for got, right in zip(results, _remembered(_outputs, case, ()), strict=True):
            _near(case.name, got, np.asarray(right))
        return
    lines, slope = _remembered(_slope, case, timing.wanted)
    found = sum(float((g * lines[i]).sum()) for g, i in zip(results, timing.wanted, strict=True))
    scale = max(float(np.sqrt(sum((g.astype("float64") ** 2).sum() for g in results))), 1e-6)
    if not abs(slope - found) <= 1e-3 * setting.slack() * scale:
        raise WrongResultError(f"{case.name}: gradient {found:.6g} along a direction, expected {slope:.6g}")


_memory: dict[tuple[Any, ...], Any] = {}


def _remembered(compute: Callable[[Case, tuple[int, ...]], Any], case: Case, wanted: tuple[int, ...]) -> Any:
    """compute(case, wanted), kept until another one is asked for: each library of a row asks in turn."""
    key = (compute, id(case), wanted)
    if key not in _memory:
        _memory.clear()
        _memory[key] = (case, compute(case, wanted))  # the case too: its id stays its own
    return _memory[key][1]


def _outputs(case: Case, wanted: tuple[int, ...]) -> list[Array]:
    assert not wanted
    outputs = reference.OPS[case.op](*_doubles(case.arrays()), **case.settings)
    return outputs if isinstance(outputs, list) else [outputs]


def _slope(case: Case, wanted: tuple[int, ...]) -> tuple[dict[int, Array], float]:
    """A random direction of the wanted inputs, and how fast the output changes along it."""
    doubles = _doubles(case.arrays())
    function = reference.OPS[case.op]
    rng = np.random.default_rng(2)
    lines = {i: rng.standard_normal(doubles[i].shape) for i in wanted}
    moved = [
        function(
            *[a + sign * STEP * lines[i] if i in lines else a for i, a in enumerate(doubles)], **case.settings
        )
        for sign in (1, -1)
    ]
    seed = case.seed(np.shape(moved[0])) if case.op != "dense_layer" else np.ones(np.shape(moved[0]))
    return lines, float(((moved[0] - moved[1]) * seed).sum() / (2 * STEP))


def _apart(losses: list[float], first: list[float]) -> bool:
    errors = [abs(a - b) / abs(b) for a, b in zip(losses, first, strict=True)]
    return max(errors[:2]) > 1e-3 or max(errors) > 5e-2


def _check_elementwise(case: Case, timing: Timing, x: Array, got: Array) -> None:
    every = max(1, x.size // SAMPLE)
    points = x.ravel()[::every].astype("float64")
    function = reference.ELEMENTWISE[case.op]
    expected = function(points)
    if timing.wanted and timing.direction != "forward recorded":
        seed = case.seed(x.shape).ravel()[::every]
        expected = (function(points + STEP) - function(points - STEP)) / (2 * STEP) * seed
        calm = np.abs(points) > 2 * STEP  # keep away from the kink
        _near(case.name, got.ravel()[::every][calm], expected[calm])
    else:
        _near(case.name, got.ravel()[::every], expected)


def _check_dropout(case: Case, timing: Timing, got: Array) -> None:
    """What is kept is scaled, and as many are kept as should be, within five standard deviations."""
    rate = case.settings["rate"]
    source = case.seed(got.shape) if timing.wanted else case.arrays()[0]
    kept = got != 0
    if np.abs(got[kept] * (1 - rate) - source[kept]).max() > 1e-5:
        raise WrongResultError(f"{case.name}: what is kept is not x / (1 - rate)")
    share, deviation = kept.mean(), (rate * (1 - rate) / got.size) ** 0.5
    if abs(share - (1 - rate)) > 5 * deviation:
        raise WrongResultError(f"{case.name}: kept {share:.4f} of the elements, expected {1 - rate}")


def check_training(classes: int, curves: dict[str, list[float]]) -> dict[str, str]:
    """What is wrong with each library's first losses, from equal weights and data; "" where nothing is.

    Each curve is finite, starts below three times ln(classes) and falls. With a peer they agree, closely
    after the first update, then as far as float32 lets deep networks with batch norm.
    """
    wrong = dict.fromkeys(curves, "")
    first = next(iter(curves.values()))
    for name, losses in curves.items():
        if not np.isfinite(losses).all():
            wrong[name] = f"loss is not finite: {losses}"
        elif losses[0] > 3 * np.log(classes) or losses[-1] >= losses[0]:
            wrong[name] = f"loss does not fall: {losses}"
        elif _apart(losses, first):
            wrong[name] = f"losses {losses} differ from {first}"
    return wrong


def check_agreement(results: dict[str, Array]) -> dict[str, str]:
    """What is wrong with each library's result beside the first one's; "" where nothing is."""
    wrong = dict.fromkeys(results, "")
    first = next(iter(results.values()), None)
    for name, found in results.items():
        assert first is not None
        try:
            _near(name, found, first.astype("float64"))
        except WrongResultError as error:
            wrong[name] = str(error)
    return wrong
