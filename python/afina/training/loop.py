"""Epochs of batches, with validation, callbacks and checkpoints between them."""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from ..callbacks import CallbackList, History, TerminateOnNaN
from ..errors import ArgumentError
from ..gradient import no_grad
from ..optimizers import SGD
from ..schedules import Schedule
from .batches import Batch, Batches
from .logs import BatchLogs
from .memory import check_batch_memory
from .shuffle import Key
from .state import Checkpoints
from .step import Step
from .termination import Terminated, Termination, TerminationRequested


class FitLoop:
    """One call of `fit`: where it is (epoch and batch), and everything it needs to go on from there."""

    def __init__(
        self,
        model: Any,
        step: Step,
        data: Batches,
        callbacks: CallbackList,
        history: History,
        *,
        key: Key,
        epochs: int,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation: Batches | None = None,
        validation_steps: int | None = None,
        validation_epochs: Any = 1,
        checkpoints: Checkpoints | None = None,
    ) -> None:
        self.model = model
        self.step = step
        self.data = data
        self.callbacks = callbacks
        self.history = history
        self.key = key
        self.epochs = epochs
        self.epoch = initial_epoch
        self.batch = 0
        self.steps = steps_per_epoch
        self.validation = validation
        self.validation_steps = validation_steps
        self.validation_epochs = validation_epochs
        self.checkpoints = checkpoints
        self.termination = Termination()
        self.stopped = False
        if validation is not None:
            for callback in callbacks.callbacks:
                callback.validate = self.validate
        guards = [callback for callback in callbacks.callbacks if isinstance(callback, TerminateOnNaN)]
        step.guard = guards[0] if guards else None
        if callbacks.wants("on_gradients"):
            step.on_gradients = functools.partial(callbacks.call, "on_gradients")

    def set_key(self, key: Key) -> None:
        """Shuffle by another run's key, to continue it."""
        self.key = key
        if getattr(self.data, "key", None) is not None:
            self.data.key = key  # type: ignore[attr-defined]

    def build(self) -> None:
        """Build the model from the first batch, so that there is something to restore into."""
        if self.step.outputs and self.step.compiled.trainable is not None:
            return
        for batch in self.data.epoch(self.epoch):
            self.step.prepare(batch)
            return

    def run(self) -> None:
        """Train until the last epoch, until somebody sets `stop_training`, or, with checkpoints, SIGTERM."""
        model, callbacks = self.model, self.callbacks
        model.stop_training = False
        with contextlib.nullcontext() if self.checkpoints is None else self.termination:
            try:
                callbacks.call("on_train_begin", {})
                if self.checkpoints is not None:
                    self.checkpoints.restore(self)
                logs: dict[str, float] = {}
                while self.epoch < self.epochs and not self.stopped:
                    logs = self._train_epoch()
                    self._heed_termination()
                callbacks.call("on_train_end", logs)
            except TerminationRequested:
                self._save_and_stop()
            finally:
                self.step.guard = self.step.on_gradients = None
                self.step.computation.rest()
                callbacks.close()

    def _heed_termination(self) -> None:
        """Between two batches, where the state is whole: stop if SIGTERM came, unless the run ends anyway."""
        if self.termination.requested and not self.model.stop_training:
            raise TerminationRequested

    def _save_and_stop(self) -> NoReturn:
        assert self.checkpoints is not None
        self.checkpoints.write(self)
        done = f"batch {self.batch} of epoch {self.epoch + 1}" if self.batch else f"epoch {self.epoch}"
        message = (
            f"fit: stopped by SIGTERM after {done}; the state is saved, and fit(..., "
            f"resume={str(self.checkpoints.folder)!r}) goes on from there"
        )
        print(message, file=sys.stderr, flush=True)
        raise Terminated(message)

    def _train_epoch(self) -> dict[str, float]:
        model, callbacks, step = self.model, self.callbacks, self.step
        epoch = self.epoch
        if self.batch == 0:
            step.reset()
        if self.batch == 0:
            callbacks.call("on_epoch_begin", epoch, {})
        else:  # resumed
            for callback in callbacks.callbacks:
                callback.on_epoch_resume(epoch, self.batch)
        self._train_batches(epoch)
        logs = step.logs()
        if isinstance(model.optimizer, SGD) and isinstance(model.optimizer.momentum, Schedule):
            logs["momentum"] = model.optimizer.current_momentum
        interrupted = step.guard is not None and step.guard.finding is not None
        if self.validation is not None and self._validates(epoch) and not interrupted:
            logs.update(self.validate(self._heed_termination))
        callbacks.call("on_epoch_end", epoch, logs)
        self.epoch, self.batch = epoch + 1, 0
        self.stopped = bool(model.stop_training)
        if self.checkpoints is not None and not interrupted:
            self.checkpoints.after_epoch(self)
        return logs

    def _train_batches(self, epoch: int) -> None:
        model, callbacks, step = self.model, self.callbacks, self.step
        begins = callbacks.wants("on_train_batch_begin")
        ends = callbacks.wants("on_train_batch_end")
        checkpoints = self.checkpoints
        prepared = False
        number = first = self.batch
        whole = self.data.steps if self.steps is None else self.steps
        if first and whole is not None and first >= whole:
            return  # stopped between the last batch and the end of its epoch
        for batch in self.data.epoch(epoch, self.batch):
            if not prepared:
                check_batch_memory(model, batch.inputs, batch.size)
                step.prepare(batch)
                step.check_labels(batch)
                step.check_trainable()
                prepared = True
            if begins:
                callbacks.call("on_train_batch_begin", number, {})
            step.train(batch)
            number += 1
            if ends:
                callbacks.call("on_train_batch_end", number - 1, BatchLogs(step.logs))
            self.batch = number
            if model.stop_training or (self.steps is not None and number >= self.steps):
                return
            if checkpoints is not None and checkpoints.every is not None:
                checkpoints.after_batch(self)
            self._heed_termination()
        if number == 0:
            raise ArgumentError(
                f"fit: the data gave no batch in epoch {epoch + 1}; a generator must not end so early"
            )

    def _validates(self, epoch: int) -> bool:
        when = self.validation_epochs
        return (epoch + 1) % when == 0 if isinstance(when, int) else epoch + 1 in when

    def validate(self, between: Callable[[], None] | None = None) -> dict[str, float]:
        """Losses and metrics on the validation data, named `val_...`; the epoch's own sums stay."""
        assert self.validation is not None
        before = self.step.get_state()
        try:
            logs = evaluate(self.step, self.validation, self.callbacks, self.validation_steps, between)
        finally:
            self.step.set_state(before)
        return {f"val_{name}": value for name, value in logs.items()}


def evaluate(
    step: Step,
    data: Batches,
    callbacks: CallbackList,
    steps: int | None = None,
    between: Callable[[], None] | None = None,
) -> dict[str, float]:
    """Losses and metrics over the batches of `data`; `between` is called after each."""
    begins, ends = callbacks.wants("on_test_batch_begin"), callbacks.wants("on_test_batch_end")
    callbacks.call("on_test_begin", {})
    number = 0
    step.computation.rest()
    step.reset()
    with no_grad():
        for batch in data.epoch(0):
            if number == 0:
                step.prepare(batch)
                step.check_labels(batch)
                step.reset()
            if begins:
                callbacks.call("on_test_batch_begin", number, {})
            step.test(batch)
            number += 1
            if ends:
                callbacks.call("on_test_batch_end", number - 1, BatchLogs(step.logs))
            if between is not None:
                between()
            if steps is not None and number >= steps:
                break
    if number == 0:
        raise ArgumentError("evaluate: the data gave no batch")
    logs = step.logs()
    callbacks.call("on_test_end", logs)
    return logs


def predict(model: Any, data: Batches, callbacks: CallbackList, steps: int | None = None) -> list[Any]:
    """The model's outputs batch by batch, as the model gives them."""
    ends = callbacks.wants("on_predict_batch_end")
    callbacks.call("on_predict_begin", {})
    found: list[Any] = []
    with no_grad():
        for batch in data.epoch(0):
            found.append(forward(model, batch))
            if ends:
                callbacks.call("on_predict_batch_end", len(found) - 1, {})
            if steps is not None and len(found) >= steps:
                break
    if not found:
        raise ArgumentError("predict: the data gave no batch")
    callbacks.call("on_predict_end", {})
    return found


def forward(model: Any, batch: Batch) -> Any:
    """The model's outputs in inference mode."""
    return model(batch.inputs, training=False)
