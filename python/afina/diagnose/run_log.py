"""A callback that leaves in a folder all that `afina report` shows."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..callbacks import Callback, CSVLogger
from ..callbacks.callback import Logs
from ..errors import ArgumentError, ShapeError
from ..models.summary import summary_text
from ..refusal import shown
from ..training.describe import describe
from ..utils.atomic import atomic_write
from .confusion import classes_of, worst_examples
from .health_log import HealthLog

Array = npt.NDArray[Any]
FORMAT = 1
PICTURES = 24


class RunLog(Callback):
    """Writes `folder/log.csv` (each epoch), `health.jsonl` (see `HealthLog`) and, when training ends,
    `run.json` (model, optimizer, settings, results) and `examples.npz` (labels and outputs of the examples,
    the worst as pictures).

    examples: (x, y) held-out data, the validation data say. training_examples: some of the training data, to
    compare the finished model's error on both (the training curve is a mean over weights of the past, and
    with dropout on). classes: their names. settings: whatever of the run should be on the page, in JSON's
    types. every: see `HealthLog`. `afina report FOLDER` makes a page of it.

    >>> from afina.diagnose import RunLog
    >>> RunLog("runs/mine", settings={"seed": 1}).folder.name
    'mine'
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        examples: tuple[Any, Any] | None = None,
        classes: Sequence[str] | None = None,
        settings: Mapping[str, Any] | None = None,
        every: int | None = None,
        *,
        training_examples: tuple[Any, Any] | None = None,
    ) -> None:
        super().__init__()
        for name, pair in (("examples", examples), ("training_examples", training_examples)):
            if pair is not None and (not isinstance(pair, (tuple, list)) or len(pair) != 2):
                raise ArgumentError(f"RunLog: {name} must be (x, y), got {shown(pair)}")
        if settings is not None and not isinstance(settings, Mapping):
            raise ArgumentError(f"RunLog: settings must be a dict, got {shown(settings)}")
        self.folder = Path(folder)
        self.examples = examples
        self.training_examples = training_examples
        self.errors: dict[str, float] = {}  # shares of wrong examples of the finished model
        self.classes = None if classes is None else [str(name) for name in classes]
        self.settings = dict(settings or {})
        self.parts: tuple[Callback, ...] = (
            CSVLogger(self.folder / "log.csv"),
            HealthLog(self.folder / "health.jsonl", every),
        )
        self.seconds = 0.0  # of training, the runs before a resumed one included
        self._began = 0.0

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        for part in self.parts:
            part.set_model(model)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.seconds = 0.0
        self._began = time.perf_counter()
        for part in self.parts:
            part.on_train_begin(logs)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        for part in self.parts:
            part.on_epoch_begin(epoch, logs)

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        for part in self.parts:
            part.on_train_batch_begin(batch, logs)

    def on_gradients(self, gradients: list[Any], parameters: list[Any]) -> None:
        for part in self.parts:
            part.on_gradients(gradients, parameters)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        for part in self.parts:
            part.on_train_batch_end(batch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        for part in self.parts:
            part.on_epoch_end(epoch, logs)
        now = time.perf_counter()
        self.seconds, self._began = self.seconds + now - self._began, now

    def on_train_end(self, logs: Logs | None = None) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.examples is not None:
            x, y = self.examples
            outputs = self.model.predict(x, verbose=0)
            write_examples(self.folder / "examples.npz", x, y, outputs)
            self._note_error("validation", y, outputs)
        if self.training_examples is not None:
            x, y = self.training_examples
            self._note_error("training", y, self.model.predict(x, verbose=0))
        self.write_run({})

    def _note_error(self, name: str, y: Any, outputs: Any) -> None:
        labels, values = np.asarray(y), np.asarray(outputs)
        if is_classification(labels, values) and len(labels):
            wrong = classes_of("RunLog", "labels", labels) != classes_of("RunLog", "outputs", values)
            self.errors[name] = float(wrong.mean())

    def write_run(self, results: Mapping[str, float]) -> None:
        """Write `run.json`; `results` are numbers for the head of the page, a test accuracy say."""
        from .. import __version__

        model = self.model
        row = {
            "afina_run": FORMAT,
            "version": __version__,
            "finished": time.strftime("%Y-%m-%d %H:%M:%S %z"),
            "seconds": self.seconds,
            "model": model.name,
            "parameters": model.count_params(),
            "summary": summary_text(model),
            "training": describe(model, model._get_compiled("RunLog")),
            "classes": self.classes,
            "settings": self.settings,
            "errors": self.errors,
            "results": {name: float(value) for name, value in results.items()},
        }
        with atomic_write(self.folder / "run.json") as file:
            file.write(json.dumps(row, indent=1).encode())

    def close(self) -> None:
        for part in self.parts:
            part.close()

    def get_state(self) -> dict[str, Any]:
        return {"seconds": self.seconds, "parts": [part.get_state() for part in self.parts]}

    def set_state(self, state: dict[str, Any]) -> None:
        self.seconds = float(state["seconds"])
        for part, own in zip(self.parts, state["parts"], strict=True):
            part.set_state(own)


def write_examples(path: Path, x: Any, y: Any, outputs: Any, pictures: int = PICTURES) -> None:
    """Labels and outputs of held-out examples, and the worst of them as pictures when x are images."""
    labels, values = np.asarray(y), np.asarray(outputs)
    if labels.ndim == 0 or values.ndim == 0 or len(labels) != len(values):
        raise ShapeError(f"RunLog: examples have labels {labels.shape} and outputs {values.shape}")
    images = as_images(np.asarray(x))
    rows = np.zeros(0, np.int64)
    if images is None:
        images = np.zeros((0, 1, 1, 1), np.uint8)
    elif is_classification(labels, values):
        rows = np.array(worst_examples(classes_of("RunLog", "labels", labels), values, pictures), np.int64)
    with atomic_write(path) as file:
        np.savez_compressed(file, labels=labels, outputs=values, rows=rows, pictures=images[rows])


def is_classification(labels: Array, outputs: Array) -> bool:
    """Whether labels are classes (whole numbers or one-hot rows) and outputs probabilities of them."""
    if outputs.ndim != 2 or labels.ndim > 2:
        return False
    whole = labels.dtype.kind in "iub" or bool((labels == np.round(labels)).all())
    inside = float(outputs.min(initial=0.0)) >= 0.0 and float(outputs.max(initial=0.0)) <= 1.0 + 1e-5
    return whole and inside


def as_images(x: Array) -> Array | None:
    """Pictures (n, height, width, 1 or 3) of bytes over the full range of x, or None when x are no images."""
    if x.dtype.kind not in "fiu" or x.size == 0:
        return None
    if x.ndim == 3 and min(x.shape[1:]) >= 4:
        x = x[..., np.newaxis]
    if x.ndim != 4:
        return None
    if x.shape[-1] not in (1, 3) and x.shape[1] in (1, 3):
        x = np.moveaxis(x, 1, -1)
    if x.shape[-1] not in (1, 3):
        return None
    low, high = float(x.min()), float(x.max())
    return np.asarray((x - low) / max(high - low, 1e-12) * 255.0 + 0.5).astype(np.uint8)
