"""compile, fit, evaluate and predict: the mixin that makes a layer a model."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import optimizers
from ..callbacks import Callback, CallbackList, History, ProgressBar
from ..errors import AfinaError, ArgumentError, NotBuiltError
from ..gradient import no_grad
from ..optimizers import Optimizer
from .batches import Batch, Batches, Maker, make_batches, shape_of
from .class_weights import class_weighting
from .compiled import Compiled
from .describe import describe
from .loop import FitLoop, evaluate, forward, predict
from .options import check_counts, check_fit
from .placement import on_its_device
from .shuffle import new_key
from .state import Checkpoints
from .step import Step
from .validation import split_off, validation_arrays

Array = npt.NDArray[Any]


class Trainer:
    """What `Model` inherits to train: Keras's methods with Keras's arguments."""

    stop_training: bool = False
    _compiled: Compiled | None = None

    def compile(
        self,
        optimizer: str | Optimizer | dict[str, Any] = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        jit_compile: bool | str = "auto",
    ) -> None:
        """Choose how to train; the weights trainable now are those that this model's steps will change.

        optimizer: a name or an `afina.optimizers` object.
        loss: a name, a function, an `afina.losses` object; for several outputs a list, or a dict by output
        name.
            None: the model brings its own by `add_loss`.
        loss_weights: factors of the outputs' losses, a list or a dict.
        metrics, weighted_metrics: names, functions or objects; lists or dicts per output. Only the weighted
        ones
            see sample and class weights.
        jit_compile: "auto" (default) captures the step when a batch of the same shapes comes again, and
            repeats it without Python from then on; numbers stay the same to the last bit. Only what
            this library wrote is captured; True captures callers' own layers, losses and models as well
            (their Python then runs twice and never again, as in `afina.compile`); False captures nothing.
        run_eagerly: True runs every line of Python in every step, for debugging.
        """
        compiled = Compiled(
            optimizers.get(optimizer), loss, loss_weights, metrics, weighted_metrics, run_eagerly, jit_compile
        )
        if getattr(self, "built", False):
            compiled.trainable = list(self.trainable_weights)  # type: ignore[attr-defined]
            compiled.optimizer.build(compiled.trainable)
        self._compiled = compiled
        self._step = Step(self, compiled)

    @property
    def compiled(self) -> bool:
        """Whether `compile` was called."""
        return self._compiled is not None

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer given to `compile`."""
        return self._get_compiled("optimizer").optimizer

    @property
    def loss(self) -> Any:
        """The loss given to `compile`."""
        return self._get_compiled("loss").loss

    @property
    def metrics_names(self) -> list[str]:
        """The names of what `evaluate` returns; known after the first batch."""
        self._get_compiled("metrics_names")
        return list(self._step.logs())

    def _get_compiled(self, what: str) -> Compiled:
        if self._compiled is None:
            name = getattr(self, "name", type(self).__name__)
            raise NotBuiltError(
                f"{what}: model {name!r} is not compiled; call compile(optimizer, loss) first"
            )
        return self._compiled

    @on_its_device
    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str | bool = "auto",
        callbacks: Sequence[Callback] | Callback | None = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Sequence[int] = 1,
        *,
        resume: str | os.PathLike[str] | None = None,
        checkpoint_every: int | None = None,
    ) -> History:
        """Train on `x` and `y`, arrays (lists and dicts of them for several), a generator, a Sequence or a
        loader.

        batch_size: 32 by default for arrays. verbose: see `ProgressBar`. validation_split: the last part of
        the arrays, before any shuffling. validation_freq: every so many epochs, or a list of epochs counted
        from 1.
        resume: a folder for checkpoints, written after each epoch and every `checkpoint_every` updates. When
        it holds some already, training continues from the newest sound one, bit for bit as if it had never
        stopped. SIGTERM then lets the running batch end, saves and stops with a message and a `SystemExit` of
        status 143; where the caller handles SIGTERM, and in threads, nothing changes.
        Returns the `History`: `.history` has `loss`, the metrics, and both with `val_`; `.plot()` draws them.
        """
        compiled = self._get_compiled("fit")
        check_counts("fit", 0, optional=False, epochs=epochs, initial_epoch=initial_epoch)
        check_counts("fit", 1, batch_size=batch_size, steps_per_epoch=steps_per_epoch)
        check_counts("fit", 1, validation_steps=validation_steps, validation_batch_size=validation_batch_size)
        check_fit(validation_split, validation_freq, class_weight, callbacks, resume)
        if checkpoint_every is not None and resume is None:
            raise ArgumentError("fit: checkpoint_every needs resume=folder")
        key = new_key()
        if validation_split:
            if validation_data is not None:
                raise ArgumentError("fit: give validation_split or validation_data, not both")
            (x, y, sample_weight), validation_data = split_off(x, y, sample_weight, validation_split)
        data = make_batches(
            Maker(shape_of(self), class_weighting(class_weight)),
            x,
            y,
            sample_weight,
            batch_size=batch_size,
            key=key if shuffle else None,
            steps=steps_per_epoch,
        )
        validation = None
        if validation_data is not None:
            size = validation_batch_size or batch_size
            try:
                validation = self._batches(
                    *validation_arrays(validation_data), batch_size=size, steps=validation_steps
                )
            except AfinaError as error:
                lead = "" if "validation_data" in str(error) else "validation_data: "
                raise type(error)(f"{lead}{error}") from error
        history = History()
        steps = data.steps if steps_per_epoch is None else steps_per_epoch
        given = [callbacks] if isinstance(callbacks, Callback) else list(callbacks or ())
        everyone = [history, *given, ProgressBar(verbose)] if _shows(verbose) else [history, *given]
        params = {"epochs": epochs, "steps": steps, "verbose": verbose, "fitting": True}
        self._ready(compiled)
        loop = FitLoop(
            self,
            self._step,
            data,
            CallbackList(everyone, self, params),
            history,
            key=key,
            epochs=epochs,
            initial_epoch=initial_epoch,
            steps_per_epoch=steps_per_epoch,
            validation=validation,
            validation_steps=validation_steps,
            validation_epochs=validation_freq,
            checkpoints=None if resume is None else Checkpoints(resume, checkpoint_every),
        )
        self.history = history
        loop.run()
        return history

    @on_its_device
    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str | bool = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Sequence[Callback] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """The loss, or `[loss, metric, ...]` as in `metrics_names`; a dict with `return_dict=True`."""
        self._get_compiled("evaluate")
        check_counts("evaluate", 1, batch_size=batch_size, steps=steps)
        data = self._batches(x, y, sample_weight, batch_size=batch_size, steps=steps)
        bar = [ProgressBar(verbose)] if _shows(verbose) else []
        params = {"steps": data.steps if steps is None else steps, "verbose": verbose}
        listeners = CallbackList([*(callbacks or ()), *bar], self, params)
        try:
            logs = evaluate(self._step, data, listeners, steps)
        finally:
            listeners.close()
        return logs if return_dict else _listed(logs)

    @on_its_device
    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str | bool = "auto",
        steps: int | None = None,
        callbacks: Sequence[Callback] | None = None,
    ) -> Any:
        """The outputs for `x` as NumPy arrays, structured as the model's are; needs no `compile`."""
        check_counts("predict", 1, batch_size=batch_size, steps=steps)
        data = self._batches(x, None, None, batch_size=batch_size, steps=steps)
        bar = [ProgressBar(verbose)] if _shows(verbose) and verbose != "auto" else []
        listeners = CallbackList([*(callbacks or ()), *bar], self, {"steps": steps or data.steps})
        try:
            found = predict(self, data, listeners, steps)
        finally:
            listeners.close()
        return _joined(found)

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """One update by one batch; returns its loss, or `[loss, metric, ...]`, from before the update."""
        if self._compiled is not None and sample_weight is None and class_weight is None:
            loss = self._step.again(x, y)
            if loss is not None:
                return {"loss": loss} if return_dict else loss
        return self._train_on_batch(x, y, sample_weight, class_weight, return_dict)

    @on_its_device
    def _train_on_batch(
        self, x: Any, y: Any, sample_weight: Any, class_weight: Mapping[int, float] | None, return_dict: bool
    ) -> Any:
        compiled = self._get_compiled("train_on_batch")
        self._ready(compiled)
        step = self._step
        batch = self._one_batch(x, y, sample_weight, class_weight)
        step.prepare(batch)
        step.check_labels(batch)
        step.check_trainable()
        step.reset()
        step.train(batch)
        logs = step.logs()
        return logs if return_dict else _listed(logs)

    @on_its_device
    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """The loss, or `[loss, metric, ...]`, of one batch."""
        self._get_compiled("test_on_batch")
        step = self._step
        batch = self._one_batch(x, y, sample_weight, None)
        step.prepare(batch)
        step.check_labels(batch)
        step.reset()
        with no_grad():
            step.test(batch)
        logs = step.logs()
        return logs if return_dict else _listed(logs)

    @on_its_device
    def predict_on_batch(self, x: Any) -> Any:
        """The outputs for one batch as NumPy arrays."""
        with no_grad():
            return _joined([forward(self, self._one_batch(x, None, None, None))])

    def how_steps_run(self) -> str:
        """Whether training steps are captured, as how many CUDA graphs, and if not, why; one line.

        >>> import afina
        >>> model = afina.Sequential([afina.layers.Dense(1, input_shape=(2,))])
        >>> model.compile("sgd", "mse")
        >>> for _ in range(3):
        ...     _ = model.train_on_batch([[0.0, 1.0]], [[1.0]])
        >>> model.how_steps_run().split(" in ")[0]
        'captured: 9 pieces of work'
        """
        self._get_compiled("how_steps_run")
        return self._step.computation.describe()

    def describe_training(self) -> str:
        """The formulas in force (cost, penalties, update, momentum, decay, dropout), printed and returned."""
        text = describe(self, self._get_compiled("describe_training"))
        print(text)
        return text

    # -- inside -----------------------------------------------------------------------------------

    def _ready(self, compiled: Compiled) -> None:
        """Weights of the snapshot record gradients even when their layer was frozen after `compile`."""
        for weight in compiled.trainable or ():
            if not weight.requires_grad:
                weight.requires_grad = True

    def _one_batch(
        self, x: Any, y: Any, sample_weight: Any, class_weight: Mapping[int, float] | None
    ) -> Batch:
        shape = self._until_changed(self._find_shape)[0]  # type: ignore[attr-defined]
        return Maker(shape, class_weighting(class_weight)).whole(x, y, sample_weight)

    def _find_shape(self) -> list[Any]:
        return [shape_of(self)]

    def _batches(
        self, x: Any, y: Any, sample_weight: Any, *, batch_size: int | None, steps: int | None
    ) -> Batches:
        maker = Maker(shape_of(self), None)
        return make_batches(maker, x, y, sample_weight, batch_size=batch_size, steps=steps)


def _shows(verbose: int | str | bool) -> bool:
    if verbose not in ("auto", 0, 1, 2):
        raise ArgumentError(f'verbose must be 0, 1, 2 or "auto", got {verbose!r}')
    return verbose != 0


def _listed(logs: dict[str, float]) -> Any:
    values = list(logs.values())
    return values[0] if len(values) == 1 else values


def _joined(found: list[Any]) -> Any:
    first = found[0]
    if isinstance(first, dict):
        return {name: _joined([outputs[name] for outputs in found]) for name in first}
    if isinstance(first, (list, tuple)):
        return [_joined([outputs[index] for outputs in found]) for index in range(len(first))]
    arrays = [output.numpy() for output in found]
    return np.array(arrays[0]) if len(arrays) == 1 else np.concatenate(arrays)
