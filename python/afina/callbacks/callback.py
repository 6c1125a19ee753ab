"""The hooks that `fit`, `evaluate` and `predict` call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ..checked import Checked

Array = npt.NDArray[Any]
Logs = Mapping[str, Any]


class Callback(Checked):
    """Base class: override the hooks you need; the others cost nothing.

    `self.model` is the model, `self.params` holds `epochs`, `steps` (None when unknown) and `verbose`.
    `logs` maps names to floats: running values in batch hooks (computed when looked at), final ones in epoch
    hooks.
    `self.validate()` evaluates on the validation data of this `fit` and returns the logs, names with `val_`.

    A callback with a memory gives it to checkpoints by `get_state` (JSON's types) and `get_arrays`.

    >>> from afina.callbacks import Callback
    >>> class Shout(Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         print(epoch, logs["loss"])
    """

    def __init__(self) -> None:
        self.model: Any = None
        self.params: dict[str, Any] = {}
        self.validate: Callable[[], dict[str, float]] | None = None

    def set_model(self, model: Any) -> None:
        """Told once, before training."""
        self.model = model

    def set_params(self, params: dict[str, Any]) -> None:
        """Told once, before training."""
        self.params = params

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Before the first epoch."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """After the last epoch, also when training was stopped by a callback."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Before an epoch; the first is 0."""

    def on_epoch_resume(self, epoch: int, batch: int) -> None:
        """Instead of `on_epoch_begin`, when a resumed run goes on in the middle of an epoch.

        By default the same again; a callback whose `on_epoch_begin` changes what a checkpoint restores, the
        learning rate say, overrides it.
        """
        self.on_epoch_begin(epoch, {})

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """After an epoch and its validation."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a training batch; the first of an epoch is 0."""

    def on_gradients(self, gradients: list[Any], parameters: list[Any]) -> None:
        """Between a training batch's backward pass and its update: one gradient (or None) per weight."""

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After the update by a training batch."""

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Before an evaluation."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """After an evaluation."""

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a batch of an evaluation."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a batch of an evaluation."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Before a prediction."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """After a prediction."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a batch of a prediction."""

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a batch of a prediction."""

    def close(self) -> None:
        """Let go of files and terminals; called however training ended, Ctrl-C included."""

    def get_state(self) -> dict[str, Any]:
        """What a checkpoint must hold, in JSON's types."""
        return {}

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue from `get_state`; called after `on_train_begin`."""

    def get_arrays(self) -> dict[str, Array]:
        """Arrays that a checkpoint must hold."""
        return {}

    def set_arrays(self, arrays: dict[str, Array]) -> None:
        """Continue from `get_arrays`."""


class AttributeState:
    """Mixin: the state of a callback is the attributes named in `state_names`."""

    state_names: tuple[str, ...] = ()

    def get_state(self) -> dict[str, Any]:
        """The named attributes."""
        return {name: getattr(self, name) for name in self.state_names}

    def set_state(self, state: dict[str, Any]) -> None:
        """Put the named attributes back."""
        for name in self.state_names:
            setattr(self, name, state[name])


def copy_weights(model: Any) -> list[Array]:
    """Copies of all weights of the model."""
    return [np.array(weight.numpy()) for weight in model.weights]


def put_weights(model: Any, values: list[Array]) -> None:
    """Overwrite all weights by `copy_weights`' arrays, bit for bit."""
    for weight, value in zip(model.weights, values, strict=True):
        weight.assign(value)
