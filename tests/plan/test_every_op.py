"""Every op of the case table, captured with its gradient and repeated on other inputs: the same bits."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import afina
from afina import _C, ops
from cases import CASES
from cases.case import Call, Case
from devices import DEVICES

DIFFERENTIABLE = {row["name"] for row in _C.OPS if row["differentiable"]}
IN_PLACE = (
    "_update",
    "clip_by_value",
    "clip_by_norm",
    "global_norm",
)  # whole lists, with numbers of the host
ON_THE_HOST = "random_permutation is drawn on the host|counts on the host which labels"
CALLS = [
    pytest.param(case, call, id=f"{case.name}-{i}")
    for case in CASES
    if not case.name.endswith(IN_PLACE)
    for i, call in enumerate(case.calls)
]


@pytest.fixture(params=DEVICES, autouse=True)
def device(request: pytest.FixtureRequest) -> Iterator[str]:
    with afina.device(request.param):
        yield request.param


def drawn(case: Case, call: Call, draw: int) -> list[Any]:
    rng = np.random.default_rng([zlib.crc32(case.name.encode()), draw])
    return [make(rng) for make in call.inputs]


def converted(value: Any) -> Any:
    if isinstance(value, list):
        return [converted(entry) for entry in value]
    if not isinstance(value, (np.ndarray, np.generic)):
        return value
    return afina.tensor(value.astype("float32") if value.dtype == np.float64 else value)


def tensors_of(arguments: Any) -> list[afina.Tensor]:
    if isinstance(arguments, list):
        return [x for argument in arguments for x in tensors_of(argument)]
    return [arguments] if isinstance(arguments, afina.Tensor) else []


def filled(arguments: Any, tensors: Iterator[afina.Tensor]) -> Any:
    if isinstance(arguments, list):
        return [filled(argument, tensors) for argument in arguments]
    return next(tensors) if isinstance(arguments, afina.Tensor) else arguments


def results_of(case: Case, call: Call, arguments: list[Any], inputs: list[afina.Tensor]) -> list[Any]:
    """The op's results and, where it has them, its gradients."""
    wanted = [x for x in inputs if x.dtype.startswith("float")]
    smooth = case.name in DIFFERENTIABLE and call.gradient is not False and bool(wanted)
    for x in wanted:
        x.requires_grad = smooth
    found = getattr(ops, case.name)(*filled(arguments, iter(inputs)), **call.kwargs)
    results = list(found) if isinstance(found, (tuple, list)) else [found]
    if smooth and results[0].requires_grad:
        results += afina.gradients(results[0], wanted, ops.multiply(results[0].detach(), 0.5))
    return [x.detach() if isinstance(x, afina.Tensor) else x for x in results]


def test_few_ops_cannot_be_repeated() -> None:
    refused = set()
    for case in CASES:
        if case.name.endswith(IN_PLACE):
            continue
        plan, arguments = _C.Plan(_C.Arena()), converted(drawn(case, case.calls[0], 0))
        plan.begin([])
        results_of(case, case.calls[0], arguments, tensors_of(arguments))
        if plan.end() is not None:
            refused.add(case.name)
    assert refused == {"random_permutation"}


@pytest.mark.parametrize(("case", "call"), CALLS)
def test_repeating_is_running_again(case: Case, call: Call) -> None:
    first = converted(drawn(case, call, 0))
    plan = _C.Plan(_C.Arena())
    found = results_of(case, call, first, plan.begin(tensors_of(first)))
    reason = plan.end()
    if reason is not None:
        assert re.search(ON_THE_HOST, reason)
        return
    for draw in (1, 2):  # a graph recorded in one repetition is launched again in the next
        inputs = converted(drawn(case, call, draw))
        afina.utils.set_random_seed(draw)
        wanted = results_of(case, call, inputs, tensors_of(inputs))
        wanted = [np.array(x.numpy()) if isinstance(x, afina.Tensor) else x for x in wanted]
        afina.utils.set_random_seed(draw)
        assert plan.run(tensors_of(inputs))
        for ours, theirs in zip(found, wanted, strict=True):
            if theirs is None:
                assert ours is None
            else:
                np.testing.assert_array_equal(ours.numpy(), theirs)
