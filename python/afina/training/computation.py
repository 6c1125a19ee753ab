"""What a step computes of a batch before it changes a weight: outputs, losses and gradients."""

from __future__ import annotations

from functools import partial
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .._C import Tensor, current_device, from_numpy, gradients
from ..changes import Changes
from ..errors import ArgumentError
from ..layers.nested import emptied, filled, leaves, map_nested
from ..losses import Loss
from ..losses.loss import as_tensor
from ..repeater import Repeater, Results
from .batches import Batch
from .compiled import Compiled, Output
from .structure import flat_outputs

Array = npt.NDArray[Any]
_INT64 = np.dtype("int64")


class Computed(NamedTuple):
    """The loss to descend, the losses of several outputs, the outputs that metrics want, the gradients."""

    loss: Tensor
    parts: list[Tensor | None]
    outputs: list[Tensor]
    gradients: list[Tensor | None]


class _PlainBatches(NamedTuple):
    """Batches of one array of inputs and one of labels that a captured step is good for."""

    repeater: Repeater
    dtypes: list[np.dtype[Any]]
    scale: float | None  # of the loss


class Computation:
    """Forward pass, losses and gradients of a compiled model, repeated without Python where they can be.

    With `jit_compile="auto"` only what this library wrote is captured: it is known to compute the same from
    the same inputs. `jit_compile=True` captures callers' own layers and losses as well.
    """

    def __init__(self, model: Any, compiled: Compiled, outputs: list[Output], names: list[str]) -> None:
        self.model = model
        self.compiled = compiled
        self.outputs = outputs
        self.names = names
        self._metrics = any(output.metrics or output.weighted_metrics for output in outputs)
        self._dtypes: list[str] | None = None  # of the outputs, once they are known
        self._repeaters: dict[Any, Repeater] = {}
        self._reason: str | None = None
        self._version = -1
        self._last: tuple[Results, Computed] | None = None  # of a repetition
        self._plain: _PlainBatches | None = None  # when the last repetition was of such a batch

    # -- a batch ----------------------------------------------------------------------------------

    def __call__(self, batch: Batch) -> Computed:
        """Everything of a batch, in training mode; the tensors are good until the next call."""
        if self._dtypes is None or self.why_not() is not None:
            return self._computed(batch)
        batch = self._as_tensors(batch, self._dtypes)
        layout = _layout(batch), self.compiled.optimizer.loss_scale_factor
        repeater = self._repeaters.get(layout)
        if repeater is None:
            repeater = self._repeaters[layout] = Repeater(_Repeatable(self, batch))
        tensors = _tensors_of(batch)
        results = repeater(tensors)
        if not repeater.repeated:
            return self._unflat(results)
        if _is_plain(batch) and len(tensors) == 2 and not self._metrics:
            self._plain = _PlainBatches(repeater, [np.dtype(x.dtype) for x in tensors], layout[1])
        computed = self._repeated(results)
        # Metrics may keep the outputs, which the next repetition writes over.
        return computed._replace(outputs=[x.copy() for x in computed.outputs]) if self._metrics else computed

    def again(self, x: Array, y: Array) -> Computed | None:
        """The same for a batch like the last one: one array of inputs and one of labels, as they were given.

        None, and nothing done, when they are not like it, or when something has changed. Without metrics
        only. This is what `__call__` does of such a batch, with as little Python as there can be.
        """
        plain = self._plain
        if plain is None or plain.scale != self.compiled.optimizer.loss_scale_factor:
            return None
        if plain.dtypes[0] != x.dtype:
            return None
        if plain.dtypes[1] != y.dtype:
            if plain.dtypes[1] != _INT64 or y.dtype.kind not in "iu" or y.dtype.itemsize > 4:
                return None
            y = y.astype(_INT64)  # what losses do of shorter classes
        results = plain.repeater.again([from_numpy(x), from_numpy(y)])
        return None if results is None else self._repeated(results)

    def _repeated(self, results: Results) -> Computed:
        if self._last is None or results is not self._last[0]:  # a repetition gives the same list each time
            self._last = results, self._unflat(results)
        return self._last[1]

    def rest(self) -> None:
        """Give back the memory that captured steps keep between them, before other work."""
        self._last = None
        self._plain = None
        for repeater in self._repeaters.values():
            repeater.rest()

    def forward(self, batch: Batch) -> tuple[Tensor, list[Tensor | None], list[Tensor]]:
        """The loss, its parts and the outputs, in inference mode and as it stands."""
        outputs = self.model(batch.inputs, training=False)
        return *self.losses(batch, outputs), flat_outputs(outputs, self.names)

    def _computed(self, batch: Batch) -> Computed:
        outputs = self.model(batch.inputs, training=True)
        loss, parts = self.losses(batch, outputs)
        trainable = self.compiled.trainable
        assert trainable is not None
        found = gradients(self.compiled.optimizer.scale_loss(loss), trainable)
        flat = flat_outputs(outputs, self.names)
        self._dtypes = [output.dtype for output in flat]
        return Computed(loss, parts, flat if self._metrics else [], found)

    def _unflat(self, results: Results) -> Computed:
        several = len(self.outputs) if len(self.outputs) > 1 else 0
        wanted = len(self.outputs) if self._metrics else 0
        loss, rest = results[0], results[1 + several :]
        assert loss is not None
        return Computed(loss, results[1 : 1 + several], rest[:wanted], rest[wanted:])  # type: ignore[arg-type]

    # -- losses -----------------------------------------------------------------------------------

    def losses(self, batch: Batch, outputs: Any) -> tuple[Tensor, list[Tensor | None]]:
        """The weighted sum of the outputs' losses and of the penalties; and, with several, each of them."""
        total: Tensor | None = None
        parts: list[Tensor | None] = []
        mine = self.outputs
        flat = [outputs] if isinstance(outputs, Tensor) else flat_outputs(outputs, self.names)
        for index, (output, result) in enumerate(zip(mine, flat, strict=True)):
            part = (
                None if output.loss is None else self._output_loss(output, output.loss, batch, index, result)
            )
            if len(mine) > 1:
                parts.append(part)
            if part is not None:
                part = part if output.weight == 1.0 else part * output.weight
                total = part if total is None else total + part
        for penalty in self.model.losses:
            total = penalty if total is None else total + penalty
        if total is None:
            raise ArgumentError("compile(loss=None) needs a model that calls add_loss or has regularizers")
        return total, parts

    def _output_loss(self, output: Output, loss: Loss, batch: Batch, index: int, result: Tensor) -> Tensor:
        label = loss.labels(batch.labels[index], result.dtype)
        weight = batch.weights[index] if batch.weights else None
        if weight is not None:
            weight = _weight(weight, result.dtype)
        value = loss.evaluate(label, result, weight, output.name)
        if value.ndim:
            raise ArgumentError(
                f"output {output.name!r}: its loss gives {value.shape} values; training needs "
                f'reduction="mean" or "sum"'
            )
        return value

    def _as_tensors(self, batch: Batch, dtypes: list[str]) -> Batch:
        """Labels and weights as the losses will ask for them, so that the capture begins after that."""
        labels = [
            None if label is None or output.loss is None else _label(output.loss, label, dtype)
            for output, label, dtype in zip(self.outputs, batch.labels, dtypes, strict=False)
        ]
        weights = batch.weights and [
            None if weight is None else _weight(weight, dtype)
            for weight, dtype in zip(batch.weights, dtypes, strict=False)
        ]
        return Batch(batch.inputs, labels, weights, batch.size)

    # -- whether to capture -----------------------------------------------------------------------

    def why_not(self) -> str | None:
        """Why steps run as they stand; None while nothing speaks against capturing them."""
        if self._version != Changes.count:
            self._version = Changes.count
            self._reason = self.compiled.runs_as_it_stands or (
                None if self.compiled.captures_all else _foreign(self.model, self.outputs)
            )
        return self._reason

    def describe(self) -> str:
        """How the steps run, in one line."""
        reasons = [self.why_not(), *[repeater.reason for repeater in self._repeaters.values()]]
        captured = next((one for one in self._repeaters.values() if one.steps), None)
        if captured is not None:
            size = captured.arena_bytes / 2**20
            how = f", {captured.graphs}" if captured.graphs else ""
            return (
                f"captured: {captured.steps} pieces of work in {size:.1f} MiB, repeated without Python{how}"
            )
        reason = next((one for one in reasons if one is not None), None)
        return "captured from the second batch on" if reason is None else f"as it stands: {reason}"


class _Repeatable:
    """A computation as a function of a flat list of tensors laid out like those of `batch`."""

    def __init__(self, computation: Computation, batch: Batch) -> None:
        self.computation = computation
        self.batch = Batch(*emptied(tuple(batch), Tensor))

    def __call__(self, tensors: list[Tensor]) -> Results:
        found = self.computation._computed(Batch(*filled(tuple(self.batch), tensors)))
        return [found.loss, *found.parts, *found.outputs, *found.gradients]


def _label(loss: Loss, label: Any, dtype: str) -> Tensor:
    """What the loss makes of the labels; where that is only a copy, the labels' own memory."""
    if type(label) is np.ndarray and label.dtype == loss.labels_dtype(dtype) and current_device() == "cpu":
        return from_numpy(label)
    return loss.labels(label, dtype)


def _weight(weight: Any, dtype: str) -> Tensor:
    found = as_tensor(weight, dtype)
    return found if found.dtype == dtype else found.astype(dtype)


def _is_plain(batch: Batch) -> bool:
    return type(batch.inputs) is Tensor and not batch.weights


def _tensors_of(batch: Batch) -> list[Tensor]:
    if _is_plain(batch):
        return [batch.inputs, *[label for label in batch.labels if label is not None]]
    return [x for part in batch[:3] for x in leaves(part) if x is not None]


def _layout(batch: Batch) -> Any:
    """How the tensors of a batch are arranged: a captured step is good for one arrangement."""
    if _is_plain(batch) and len(batch.labels) == 1:
        return batch.labels[0] is None
    return repr(map_nested(lambda x: type(x).__name__, batch[:3]))


_ASK = "compile(jit_compile=True) captures it all the same"


def _is_callers_function(value: Any) -> bool:
    """An activation, say, that a layer was given as a function."""
    if not isinstance(value, FunctionType | partial):
        return False
    return not (getattr(value, "__module__", None) or "").startswith("afina.")


def _foreign(model: Any, outputs: list[Output]) -> str | None:
    """What of the step is a caller's own code, if anything is."""
    parts = [*model.flatten_layers(), *[output.loss for output in outputs if output.loss is not None]]
    parts += [weight.regularizer for weight in model.trainable_weights if weight.regularizer is not None]
    for part in parts:
        kind = type(part)
        if not kind.__module__.startswith("afina.") or getattr(part, "runs_callers_code", False):
            return f"{kind.__name__} runs code of the caller; {_ASK}"
        own = next((value for value in vars(part).values() if _is_callers_function(value)), None)
        if own is not None:
            return f"{kind.__name__} runs {getattr(own, '__name__', own)!s} of the caller; {_ASK}"
        if "call" in vars(part):
            return f"{kind.__name__} {getattr(part, 'name', '')!r} is watched"
    return None
