"""Runs calls of the case table, with their gradients, down to the bytes of every result."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

import afina
from afina import _C, ops
from cases import CASES
from cases.case import Call, Case

DIFFERENTIABLE = {row["name"] for row in _C.OPS if row["differentiable"]}
SEED = 20


def all_calls() -> list[tuple[str, Case, Call]]:
    """(id, case, call) of every valid call."""
    return [(f"{case.name}-{i}", case, call) for case in CASES for i, call in enumerate(case.calls)]


def converted(value: Any, dtype: str) -> Any:
    if isinstance(value, list):
        return [converted(entry, dtype) for entry in value]
    if not isinstance(value, (np.ndarray, np.generic)):
        return value
    return afina.tensor(value.astype(dtype) if value.dtype == np.float64 else value)


def leaves(value: Any) -> Iterator[afina.Tensor]:
    """The float tensors inside."""
    if isinstance(value, list):
        for entry in value:
            yield from leaves(entry)
    elif isinstance(value, afina.Tensor) and value.dtype.startswith("float"):
        yield value


def results(case: Case, call: Call, dtype: str = "float32") -> list[bytes]:
    """The bytes of all outputs, of all inputs afterwards (updates work in place), and of all gradients."""
    afina.random.set_seed(SEED)
    rng = np.random.default_rng(zlib.crc32(case.name.encode()))
    arguments = [converted(make(rng), dtype) for make in call.inputs]
    inputs = [leaf for argument in arguments for leaf in leaves(argument)]
    differentiable = case.name in DIFFERENTIABLE and call.gradient is not False
    if differentiable:
        for leaf in inputs:
            leaf.requires_grad = True
    got = getattr(ops, case.name)(*arguments, **call.kwargs)
    outputs = list(got) if isinstance(got, (tuple, list)) else [got]
    found = [np.asarray(value).tobytes() for value in outputs if value is not None]
    found += [leaf.numpy().tobytes() for leaf in inputs]
    if differentiable and inputs and outputs[0].requires_grad:
        seed = np.random.default_rng(1).uniform(0.5, 1.5, outputs[0].shape).astype(outputs[0].dtype)
        slopes = afina.gradients(outputs[0], inputs, afina.tensor(seed))
        found += [slope.numpy().tobytes() for slope in slopes if slope is not None]
    return found


def digest(parts: list[bytes]) -> str:
    """One line for all of them."""
    sha = hashlib.sha256()
    for part in parts:
        sha.update(len(part).to_bytes(8, "little") + part)
    return sha.hexdigest()
