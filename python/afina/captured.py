"""`afina.compile`: a function of tensors that is captured once and then repeated without Python."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ._C import Tensor, capturing
from .errors import ArgumentError
from .layers.nested import emptied, filled, leaves, map_nested
from .repeater import Repeater, Results
from .tensor import tensor

_MOST_ARRANGEMENTS = 32
_VALUES = (int, float, bool, str, bytes, type(None))


class CaptureWarning(UserWarning):
    """A step that was to be captured runs as it stands; the message says why."""


class CapturedStep:
    """What `afina.compile` returns: `step` behind captures, one for each arrangement of arguments."""

    def __init__(self, step: Callable[..., Any]) -> None:
        functools.update_wrapper(self, step)
        self._step = step
        self._captures: dict[Any, _Capture] = {}
        self._warned = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if capturing():
            return self._step(*args, **kwargs)
        arguments = map_nested(_as_input, (list(args), kwargs))
        signature = repr(map_nested(_kind, arguments))
        capture = self._captures.get(signature)
        if capture is None:
            if len(self._captures) == _MOST_ARRANGEMENTS:
                self._warn(
                    f"its arguments came in more than {_MOST_ARRANGEMENTS} arrangements; a number that "
                    "changes should be a tensor"
                )
                return self._step(*args, **kwargs)
            capture = self._captures[signature] = _Capture(self._step, arguments)
        results = capture.repeater([x for x in leaves(arguments) if isinstance(x, Tensor)])
        if capture.repeater.reason is not None:
            self._warn(capture.repeater.reason)
        copies = iter([None if result is None else result.copy() for result in results])
        return map_nested(lambda _: next(copies), capture.results)

    def _warn(self, reason: str) -> None:
        if not self._warned:
            self._warned = True
            name = getattr(self._step, "__name__", "the step")
            warnings.warn(f"afina.compile: {name} runs as it stands: {reason}", CaptureWarning, stacklevel=3)

    @property
    def reason(self) -> str | None:
        """Why the step runs as it stands; None while it is, or may be, captured."""
        return next(
            (c.repeater.reason for c in self._captures.values() if c.repeater.reason is not None), None
        )

    def __repr__(self) -> str:
        captured = [c.repeater for c in self._captures.values() if c.repeater.steps]
        work = ", ".join(f"{one.steps} pieces of work in {one.arena_bytes} bytes" for one in captured)
        state = f"captured: {work}" if work else "not yet captured"
        if self.reason is not None:
            state = f"as it stands: {self.reason}"
        return f"<afina.compile({getattr(self._step, '__qualname__', self._step)!s}), {state}>"


class _Capture:
    """The step with its arguments arranged in one way."""

    def __init__(self, step: Callable[..., Any], arguments: Any) -> None:
        self.step = step
        self.arguments = emptied(arguments, Tensor)
        self.results: Any = None
        self.repeater = Repeater(self._run)

    def _run(self, tensors: list[Tensor]) -> Results:
        args, kwargs = filled(self.arguments, tensors)
        self.results = self.step(*args, **kwargs)
        flat = list(leaves(self.results))
        for result in flat:
            if result is not None and not isinstance(result, Tensor):
                raise ArgumentError(
                    f"afina.compile: a captured step returns tensors, this one returned "
                    f"{type(result).__name__} {result!r}, which a repetition could not compute again; "
                    "return the tensor it came from"
                )
        return flat


def _as_input(value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        return tensor(value)
    if isinstance(value, (Tensor, *_VALUES)):
        return value
    raise ArgumentError(
        "afina.compile: arguments must be tensors, arrays, numbers, strings, and lists, tuples and dicts of "
        f"them; got {type(value).__name__}; let the step find other objects where it is defined"
    )


def _kind(value: Any) -> Any:
    return Tensor if isinstance(value, Tensor) else value


def compile(step: Callable[..., Any]) -> CapturedStep:
    """A function that does what `step` does, faster: from the second time on without Python.

    The first call with new shapes runs `step` as it stands, the second one runs it and writes down every
    kernel launch, fill and copy, and all later ones do that list of work again, with the new arguments, in
    memory laid out beforehand. Numbers are the same to the last bit; random numbers go on as they would. Each
    new shape, and each new value of an argument that is a number or a string, is captured by itself.

    step: takes tensors, arrays, numbers, strings, and lists, tuples and dicts of them, and returns tensors
        (also nested). It must compute the same from the same arguments: what it does in Python besides, such
        as appending to a list or choosing by a Python number from elsewhere, happens in the first two calls
        only. Weights it uses may change in between, by `assign` and by optimizers. `optimizer.apply(...)` and
        `optimizer.apply_gradients(...)` inside are done anew each time, with the learning rate then in force.

    Where the step cannot be repeated, because it reads a value (`item()`, `numpy()`, `if loss > 1:`) or
    calls `backward()`, it runs as it stands, and a `CaptureWarning` says why, once.

    Works as a decorator.

    >>> import afina
    >>> w = afina.Parameter([2.0])
    >>> optimizer = afina.optimizers.SGD(0.25)
    >>> @afina.compile
    ... def step(x):
    ...     loss = afina.ops.sum((w * x - 1.0) * (w * x - 1.0))
    ...     optimizer.apply(afina.gradients(loss, [w]), [w])
    ...     return loss
    >>> [step(afina.tensor([1.0])).item() for _ in range(4)]
    [1.0, 0.25, 0.0625, 0.015625]
    >>> step
    <afina.compile(step), captured: 14 pieces of work in 1024 bytes>
    """
    if not callable(step):
        raise ArgumentError(f"afina.compile: step must be a function, got {type(step).__name__}")
    return CapturedStep(step)
