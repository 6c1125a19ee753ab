"""Every op of the case table, on every device: values, gradients, layouts, refusals."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import afina
from afina import _C, ops
from cases import CASES
from cases.case import Call, Case, Refusal
from devices import DEVICES

DIFFERENTIABLE = {row["name"] for row in _C.OPS if row["differentiable"]}
CALLS = [
    pytest.param(case, call, id=f"{case.name}-{i}") for case in CASES for i, call in enumerate(case.calls)
]
REFUSALS = [pytest.param(c, r, id=f"{c.name}-{i}") for c in CASES for i, r in enumerate(c.refusals)]


@pytest.fixture(params=DEVICES, autouse=True)
def device(request: pytest.FixtureRequest) -> Iterator[str]:
    """The device on which a test makes its tensors."""
    with afina.device(request.param):
        yield request.param


def drawn(case: Case, call: Call) -> list[Any]:
    """The call's arguments, the same ones every time."""
    rng = np.random.default_rng(zlib.crc32(case.name.encode()))
    return [make(rng) for make in call.inputs]


def converted(value: Any, dtype: str) -> Any:
    """Floats become tensors of `dtype`, other arrays tensors of their own type."""
    if isinstance(value, list):
        return [converted(entry, dtype) for entry in value]
    if not isinstance(value, (np.ndarray, np.generic)):
        return value
    return afina.tensor(value.astype(dtype) if value.dtype == np.float64 else value)


def has_floats(arguments: list[Any]) -> bool:
    return any(
        has_floats(a) if isinstance(a, list) else getattr(a, "dtype", None) == np.float64 for a in arguments
    )


SMOOTH = [
    parameter
    for parameter in CALLS
    if parameter.values[0].name in DIFFERENTIABLE
    and parameter.values[1].gradient is not False
    and has_floats(drawn(*parameter.values))
]


def outputs(result: Any) -> list[Any]:
    return list(result) if isinstance(result, (tuple, list)) else [result]


@pytest.mark.parametrize(("case", "call"), CALLS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_value_is_the_reference(case: Case, call: Call, dtype: str) -> None:
    arguments = drawn(case, call)
    got = outputs(getattr(ops, case.name)(*(converted(a, dtype) for a in arguments), **call.kwargs))
    if not case.check_values:
        return
    wanted = outputs(case.reference(*arguments, **call.kwargs))
    assert len(got) == len(wanted)
    rtol, atol = (case.rtol, case.atol) if dtype == "float32" else (1e-11, 1e-12)
    for ours, theirs in zip(got, wanted, strict=True):
        assert ours.shape == np.shape(theirs)
        np.testing.assert_allclose(np.asarray(ours, dtype="float64"), theirs, rtol=rtol, atol=atol)


def leaves(arguments: list[Any]) -> list[afina.Tensor]:
    """The float tensors among the arguments, made to ask for gradients."""
    found = []
    for argument in arguments:
        if isinstance(argument, list):
            found += leaves(argument)
        elif isinstance(argument, afina.Tensor) and argument.dtype.startswith("float"):
            argument.requires_grad = True
            found.append(argument)
    return found


MOST_PICKS = {"cpu": 64, "cuda": 4}  # of an input's elements; both devices are compared below


@pytest.mark.parametrize(("case", "call"), SMOOTH)
def test_gradient_is_the_central_difference(case: Case, call: Call, device: str) -> None:
    arguments = [converted(a, "float64") for a in drawn(case, call)]
    inputs = leaves(arguments)
    run = getattr(ops, case.name)

    def first(*args: Any) -> afina.Tensor:
        return outputs(run(*args, **call.kwargs))[0]

    state = afina.random.get_state()
    y = first(*arguments)
    assert y.requires_grad
    afina.random.set_state(state)
    with afina.no_grad():
        np.testing.assert_array_equal(y.numpy(), first(*arguments).numpy())  # recording changes no value
    weights = np.random.default_rng(1).uniform(0.5, 1.5, y.shape)  # a different weight for every output
    found = afina.gradients(y, inputs, afina.tensor(weights))
    step = 1e-6
    for leaf, gradient in zip(inputs, found, strict=True):
        if gradient is None:
            continue
        assert gradient.shape == leaf.shape
        values, slopes = np.array(leaf.numpy()), np.zeros(leaf.shape)
        picks = np.random.default_rng(2).permutation(leaf.size)[
            : MOST_PICKS[device]
        ]  # enough of a large input
        for at in picks:
            before = values.flat[at]
            with afina.no_grad():
                values.flat[at] = before + step
                leaf.copy_(afina.tensor(values))
                above = (first(*arguments).numpy() * weights).sum()
                values.flat[at] = before - step
                leaf.copy_(afina.tensor(values))
                below = (first(*arguments).numpy() * weights).sum()
            values.flat[at] = before
            leaf.copy_(afina.tensor(values))
            slopes.flat[at] = (above - below) / (2 * step)
        ours = gradient.numpy().reshape(-1)[picks]
        np.testing.assert_allclose(
            ours, slopes.reshape(-1)[picks], rtol=2e-5, atol=2e-7 * abs(slopes).max(initial=1)
        )


@pytest.mark.parametrize(("case", "call"), SMOOTH)
def test_float32_gradient_is_the_float64_gradient(case: Case, call: Call) -> None:
    found = {}
    for dtype in ("float32", "float64"):
        arguments = [converted(a, dtype) for a in drawn(case, call)]
        inputs = leaves(arguments)
        y = outputs(getattr(ops, case.name)(*arguments, **call.kwargs))[0]
        seed = afina.tensor(np.random.default_rng(1).uniform(0.5, 1.5, y.shape).astype(dtype))
        found[dtype] = afina.gradients(y, inputs, seed)
    for ours, theirs in zip(found["float32"], found["float64"], strict=True):
        assert (ours is None) == (theirs is None)
        if ours is not None and theirs is not None:
            wide = theirs.numpy()
            scale = abs(wide).max(initial=1.0)
            np.testing.assert_allclose(ours.numpy(), wide, rtol=20 * case.rtol, atol=20 * case.atol * scale)


@pytest.mark.parametrize(("case", "call"), CALLS)
def test_a_non_contiguous_array_gives_the_same_values(case: Case, call: Call) -> None:
    arguments = [converted(a, "float32") for a in drawn(case, call)]

    def strided(value: Any) -> Any:
        if isinstance(value, list):
            return [strided(entry) for entry in value]
        if not isinstance(value, afina.Tensor) or value.ndim == 0:
            return value
        wide = np.repeat(value.numpy(), 2, axis=-1)[..., ::2]
        return afina.from_numpy(wide).to(value.device)

    state = afina.random.get_state()
    plain = outputs(getattr(ops, case.name)(*arguments, **call.kwargs))
    afina.random.set_state(state)
    again = outputs(getattr(ops, case.name)(*(strided(a) for a in arguments), **call.kwargs))
    for a, b in zip(plain, again, strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))


def has_tensors(values: list[Any]) -> bool:
    return any(has_tensors(v) if isinstance(v, list) else isinstance(v, afina.Tensor) for v in values)


@pytest.mark.parametrize(("case", "refusal"), REFUSALS)
def test_bad_input_is_refused(case: Case, refusal: Refusal, device: str) -> None:
    if device == "cuda" and has_tensors([*refusal.inputs, *refusal.kwargs.values()]):
        pytest.skip("about memory shared with NumPy")
    arguments = [
        [afina.tensor(e) for e in a] if isinstance(a, list) and a and isinstance(a[0], np.ndarray) else a
        for a in refusal.inputs
    ]
    arguments = [afina.tensor(a) if isinstance(a, np.ndarray) else a for a in arguments]

    kwargs = {k: afina.tensor(v) if isinstance(v, np.ndarray) else v for k, v in refusal.kwargs.items()}

    def call() -> None:
        getattr(ops, case.name)(*arguments, **kwargs)
        afina.synchronize()  # what a kernel finds is told at the next wait

    with pytest.raises(refusal.error, match=refusal.match):
        call()


@pytest.mark.parametrize(("case", "call"), SMOOTH)
def test_nothing_is_kept_once_the_result_is_gone(case: Case, call: Call) -> None:
    # A closure that saves its own output is a cycle that never ends.
    arguments = [converted(a, "float32") for a in drawn(case, call)]
    leaves(arguments)
    before = afina.memory_stats()["in_use"]
    y = getattr(ops, case.name)(*arguments, **call.kwargs)
    del y
    assert afina.memory_stats()["in_use"] == before


AGREEMENTS = [
    pytest.param(*parameter.values, device, dtype, id=f"{parameter.id}-{device}-{dtype}")
    for parameter in SMOOTH
    for device in DEVICES[1:]
    for dtype in ("float32", "float64")
]


@pytest.mark.parametrize(("case", "call", "device", "dtype"), AGREEMENTS, indirect=["device"])
def test_devices_agree(case: Case, call: Call, device: str, dtype: str) -> None:
    found = []
    for where in ("cpu", device):
        with afina.device(where):
            arguments = [converted(a, dtype) for a in drawn(case, call)]
            inputs = leaves(arguments)
            y = outputs(getattr(ops, case.name)(*arguments, **call.kwargs))[0]
            seed = afina.tensor(np.random.default_rng(1).uniform(0.5, 1.5, y.shape).astype(dtype))
            found.append([y, *afina.gradients(y, inputs, seed)])
    rtol, atol = (20 * case.rtol, 20 * case.atol) if dtype == "float32" else (1e-10, 1e-11)
    for here, there in zip(*found, strict=True):
        assert (here is None) == (there is None)
        if here is not None:
            wide = np.asarray(here)
            scale = abs(wide).max(initial=1.0)
            np.testing.assert_allclose(np.asarray(there), wide, rtol=rtol, atol=atol * scale)
