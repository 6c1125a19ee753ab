"""One batch: forward, loss, gradients, update, metrics."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import random
from .._C import Tensor
from ..callbacks import TerminateOnNaN
from ..errors import ArgumentError
from ..gradient import no_grad
from ..masked import mask_of
from .batches import Batch, shape_of
from .compiled import Compiled, Output
from .computation import Computation
from .structure import flat_outputs


class Step:
    """Runs batches of a compiled model and adds up what the logs need."""

    def __init__(self, model: Any, compiled: Compiled) -> None:
        self.model = model
        self.compiled = compiled
        self.guard: TerminateOnNaN | None = None
        self.on_gradients: Callable[[list[Any], list[Any]], None] | None = None
        self.outputs: list[Output] = compiled.outputs or []
        self._names: list[str] = [output.name for output in self.outputs]
        self._moving: list[Any] | None = None
        self._computation: Computation | None = None
        self.reset()

    # -- sums of an epoch -------------------------------------------------------------------------

    def reset(self) -> None:
        """Begin an epoch: forget sums and metrics."""
        self.total = 0.0
        self.samples = 0
        for output in self.outputs:
            output.total = 0.0
            for metric in (*output.metrics, *output.weighted_metrics):
                metric.reset_state()

    def logs(self) -> dict[str, float]:
        """The mean loss over the samples so far, and the metrics."""
        samples = max(self.samples, 1)
        logs = {"loss": self.total / samples}
        several = len(self.outputs) > 1
        if several:
            for output in self.outputs:
                if output.loss is not None:
                    logs[f"{output.name}_loss"] = output.total / samples
        for output in self.outputs:
            for metric in (*output.metrics, *output.weighted_metrics):
                logs[f"{output.name}_{metric.name}" if several else metric.name] = metric.result()
        return logs

    def get_state(self) -> dict[str, Any]:
        """The sums in JSON's terms."""
        metrics = [[m.get_state() for m in (*o.metrics, *o.weighted_metrics)] for o in self.outputs]
        totals = [output.total for output in self.outputs]
        return {"total": self.total, "samples": self.samples, "totals": totals, "metrics": metrics}

    def set_state(self, state: dict[str, Any]) -> None:
        """Put the sums back."""
        self.total = state["total"]
        self.samples = state["samples"]
        for output, total, metrics in zip(self.outputs, state["totals"], state["metrics"], strict=True):
            output.total = total
            for metric, sums in zip((*output.metrics, *output.weighted_metrics), metrics, strict=True):
                metric.set_state(sums)

    # -- preparation ------------------------------------------------------------------------------

    def prepare(self, batch: Batch) -> None:
        """Build the model if need be, and give each output its loss and metrics."""
        self._moving = None
        model, compiled = self.model, self.compiled
        if not self.outputs:
            with no_grad():
                results = flat_outputs(model(batch.inputs, training=False), [])
            names = list(shape_of(model).output_names)
            if len(names) != len(results):
                last = model.layers[-1].name if getattr(model, "layers", None) else "output"
                names = (
                    [last] if len(results) == 1 else [f"output_{index + 1}" for index in range(len(results))]
                )
            shapes = [tuple(result.shape) for result in results]
            labels = [None if label is None else tuple(_shape(label)) for label in batch.labels]
            self.outputs = compiled.bind(names, labels, shapes)
            self._names = names
        if compiled.trainable is None:
            compiled.trainable = list(model.trainable_weights)
            compiled.optimizer.build(compiled.trainable)

    def check_labels(self, batch: Batch) -> None:
        """Raise when outputs with a loss have no labels, or labels have no output."""
        if not batch.labels:
            wanting = [output.name for output in self.outputs if output.needs_labels]
            if wanting:
                raise ArgumentError(
                    f"y: output {wanting[0]!r} has a loss or a metric but there are no labels"
                )
        elif len(batch.labels) != len(self.outputs):
            raise ArgumentError(
                f"y: {len(batch.labels)} arrays of labels for {len(self.outputs)} outputs {self._names}"
            )

    def check_trainable(self) -> None:
        """Raise `ArgumentError` when there is nothing to train."""
        if not self.compiled.trainable:
            weights = len(self.model.weights)
            reason = f"all {weights} weights are frozen" if weights else "the model has no weights"
            raise ArgumentError(
                f"fit: nothing to train: {reason}; set layer.trainable = True and compile again"
                if weights
                else f"fit: nothing to train: {reason}"
            )

    @property
    def computation(self) -> Computation:
        """What is done of a batch before the update, for the outputs that are known now."""
        if self._computation is None or self._computation.outputs is not self.outputs:
            self._computation = Computation(self.model, self.compiled, self.outputs, self._names)
        return self._computation

    # -- batches ----------------------------------------------------------------------------------

    def train(self, batch: Batch) -> None:
        """Forward, loss, gradients, update, metrics."""
        compiled, guard = self.compiled, self.guard
        state = None if guard is None else (random.get_state(), self._statistics())
        computed = self.computation(batch)
        value = computed.loss.item()
        if guard is not None and not math.isfinite(value):
            assert state is not None
            self._replay(guard, *state, batch)
            self.total += value * batch.size
            self.samples += batch.size
            return
        trainable, found = compiled.trainable, computed.gradients
        assert trainable is not None
        if (
            guard is not None
            and guard.watches_gradients
            and not guard.check_gradients(found, list(trainable))
        ):
            assert state is not None
            put_back(state[1])
            return
        if self.on_gradients is not None:
            kept = [None if gradient is None else gradient.copy() for gradient in found]  # they may be kept
            self.on_gradients(compiled.optimizer.unscaled(kept), list(trainable))
        compiled.optimizer.apply(found)
        self._count(batch, value, computed.parts, computed.outputs)

    def again(self, x: Any, y: Any) -> float | None:
        """Begin an epoch and train on one batch of arrays like the last one; its loss.

        None, and nothing done, where that is more than to repeat a captured step and to update the weights.
        """
        if type(x) is not np.ndarray or type(y) is not np.ndarray or self._computation is None:
            return None
        if self.guard is not None or self.on_gradients is not None:
            return None
        computed = self._computation.again(x, y)
        if computed is None:
            return None
        value: float = computed.loss.item()
        self.compiled.optimizer.apply(computed.gradients)
        self.samples = len(x)
        self.total = value * self.samples
        return value

    def test(self, batch: Batch) -> None:
        """Forward in inference mode, loss, metrics; call inside `no_grad`."""
        loss, parts, outputs = self.computation.forward(batch)
        self._count(batch, loss.item(), parts, outputs)

    def _count(self, batch: Batch, value: float, parts: list[Tensor | None], outputs: list[Tensor]) -> None:
        self.total += value * batch.size
        self.samples += batch.size
        for output, part in zip(self.outputs, parts, strict=False):
            if part is not None:
                output.total += part.item() * batch.size
        for index, output in enumerate(self.outputs):
            if output.metrics or output.weighted_metrics:
                result = outputs[index]
                host = result.numpy() if mask_of(result) is None else result
                label = batch.labels[index]
                for metric in output.metrics:
                    metric.update_state(label, host)
                weight = batch.weights[index] if batch.weights else None
                for metric in output.weighted_metrics:
                    metric.update_state(label, host, weight)

    def _statistics(self) -> list[tuple[Any, Tensor]]:
        """Copies of the weights that layers change while they compute, such as moving means."""
        if self._moving is None:
            self._moving = [weight for weight in self.model.weights if not weight.trainable]
        return [(weight, weight.copy()) for weight in self._moving]

    def _replay(
        self, guard: TerminateOnNaN, state: tuple[int, int], before: list[tuple[Any, Tensor]], batch: Batch
    ) -> None:
        """Let the guard compute the batch again, from the same statistics and random numbers."""
        now = random.get_state()
        put_back(before)
        random.set_state(state)
        guard.bad_loss(batch.inputs, batch.labels)
        random.set_state(now)


def put_back(before: list[tuple[Any, Tensor]]) -> None:
    """Give weights their earlier values again."""
    for weight, values in before:
        weight.copy_(values)


def _shape(label: Any) -> tuple[int, ...]:
    return tuple(label.shape)
