"""Steps that run once as Python says and then again without Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._C import Arena, Plan, Tensor, refuse_capture
from .changes import Changes
from .masked import mask_of

Results = list[Tensor | None]

_MOST_PLANS = 8  # each new shape costs memory for its list; data whose shapes never repeat run as ever


class Repeater:
    """`function` of a list of tensors; shapes that come a second time are captured, then repeated.

    The first call with new shapes runs as it stands (it may build weights), the second one runs while every
    kernel launch, fill and copy is written down, and all later ones do that list of work again: no Python, no
    checks of shapes, no allocation; all memory that does not outlast the step lies in one arena. A CUDA
    device is given the list as graphs. The results are the same tensors each time, with new values. When an
    attribute of a layer, loss or regularizer is set, everything is forgotten and begins anew.

    >>> from afina import tensor
    >>> twice = Repeater(lambda inputs: [inputs[0] * 2.0])
    >>> [twice([tensor([float(i)])])[0].item() for i in range(4)]
    [0.0, 2.0, 4.0, 6.0]
    >>> twice.steps, twice.reason
    (1, None)
    """

    def __init__(self, function: Callable[[list[Tensor]], Results]) -> None:
        self.function = function
        self.reason: str | None = None  # why the step cannot be captured
        self.repeated = False  # whether the last call was a repetition
        self._arena = Arena()
        self._captured: list[tuple[Plan, Results]] = []
        self._seen: set[Any] = set()
        self._version = Changes.count

    @property
    def steps(self) -> int:
        """How many pieces of work the plan used last has; 0 without one."""
        return len(self._captured[0][0]) if self._captured else 0

    @property
    def graphs(self) -> str | None:
        """As how many CUDA graphs that plan is launched; None on the host, or without a plan."""
        return self._captured[0][0].graphs if self._captured else None

    @property
    def arena_bytes(self) -> int:
        """The memory all plans share."""
        return self._arena.bytes

    def __call__(self, inputs: list[Tensor]) -> Results:
        if self._version != Changes.count:
            self.forget()
        results = self.again(inputs)
        self.repeated = results is not None
        if results is not None:
            return results
        if self.reason is not None:
            return self._as_it_stands(inputs)
        signature = tuple([(x.shape, x.dtype, x.device) for x in inputs])
        if signature not in self._seen or len(self._captured) == _MOST_PLANS:
            self._seen.add(signature)
            return self._as_it_stands(inputs)
        return self._capture(inputs)

    def again(self, inputs: list[Tensor]) -> Results | None:
        """The results of a repetition; None, and nothing done, where these inputs have no plan yet."""
        if self._version != Changes.count:
            return None
        for index, (plan, results) in enumerate(self._captured):
            if plan.run(inputs):
                if index:
                    self._captured.insert(0, self._captured.pop(index))
                return results
        return None

    def rest(self) -> None:
        """Give the arena's memory back until the next repetition, for whatever runs in between."""
        self._arena.release()

    def _as_it_stands(self, inputs: list[Tensor]) -> Results:
        self.rest()
        results = self.function(inputs)
        self._version = Changes.count  # what the step itself changes is found out when it is captured
        return results

    def forget(self) -> None:
        """Begin anew: the next calls run as they stand."""
        self._captured.clear()
        self._seen.clear()
        self._arena = Arena()
        self.reason = None
        self._version = Changes.count

    def _capture(self, inputs: list[Tensor]) -> Results:
        self.rest()  # what is captured runs as it stands, too
        plan = Plan(self._arena)
        try:
            results = self.function(plan.begin(inputs))
            if any(mask_of(result) is not None for result in results):
                refuse_capture("a result has a mask, which comes from the values of the inputs")
            plain = [None if result is None else result.detach() for result in results]
            self.reason = plan.end()
        except BaseException:
            plan.abandon()
            raise
        if self._version != Changes.count:
            self.reason = f"{Changes.last} is set while the step runs"
            self._version = Changes.count
        if self.reason is None:
            self._captured.insert(0, (plan, plain))
        return results
