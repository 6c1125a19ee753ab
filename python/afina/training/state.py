"""Everything a run needs to continue as if it had never stopped."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .. import random
from .._C import Tensor
from ..callbacks.callback import Callback
from ..callbacks.progress_bar import ProgressBar
from ..errors import ArgumentError, FileFormatError
from ..tensor import tensor

if TYPE_CHECKING:
    from .loop import FitLoop

Array = npt.NDArray[Any]
FORMAT = 1
PATTERN = "state-*.afina"  # other files of the folder, a saved model say, are left alone
KEPT = 2  # a damaged newest file still leaves one to continue from


def collect(loop: FitLoop) -> tuple[dict[str, Array], dict[str, Any]]:
    """Tensors by name and the rest in JSON's types.

    Weights, optimizer slots and counters, random generator, key and position of the data order, the epoch's
    sums, callbacks, history.
    """
    optimizer = loop.model.optimizer
    tensors: dict[str, Array] = {}
    for index, weight in enumerate(loop.model.variables):
        tensors[f"weights/{index}"] = weight.numpy()
    for slot, values in optimizer.slots.items():
        for index, value in enumerate(values):
            tensors[f"optimizer/{slot}/{index}"] = value.numpy()
    callbacks = []
    for index, callback in enumerate(_stateful(loop)):
        callbacks.append({"class_name": type(callback).__name__, "state": callback.get_state()})
        for name, array in callback.get_arrays().items():
            tensors[f"callbacks/{index}/{name}"] = array
    metadata = {
        "kind": "training state",
        "format": FORMAT,
        "epoch": loop.epoch,
        "batch": loop.batch,
        "stopped": loop.stopped,
        "key": list(loop.key),
        "random": list(random.get_state()),
        "weights": [[weight.path, list(weight.shape), weight.dtype] for weight in loop.model.variables],
        "optimizer": {"class_name": type(optimizer).__name__, "state": optimizer.get_state()},
        "sums": loop.step.get_state() if loop.batch else None,
        "callbacks": callbacks,
    }
    return tensors, metadata


def restore(loop: FitLoop, tensors: dict[str, Array], metadata: dict[str, Any], where: str) -> None:
    """Put everything back that `collect` gathered; checks first, so that a misfit changes nothing."""
    if metadata.get("kind") != "training state" or metadata.get("format") != FORMAT:
        raise FileFormatError(f"{where}: is not a training state of format {FORMAT}")
    _check_fit(loop, metadata, where)
    optimizer = loop.model.optimizer
    for index, weight in enumerate(loop.model.variables):
        weight.assign(tensors[f"weights/{index}"])
    optimizer.set_state(metadata["optimizer"]["state"])
    for slot, values in optimizer.slots.items():
        for index, value in enumerate(values):
            _overwrite(value, tensors[f"optimizer/{slot}/{index}"])
    for index, (callback, saved) in enumerate(zip(_stateful(loop), metadata["callbacks"], strict=True)):
        prefix = f"callbacks/{index}/"
        arrays = {
            name.removeprefix(prefix): array for name, array in tensors.items() if name.startswith(prefix)
        }
        callback.set_state(saved["state"])
        callback.set_arrays({name: np.array(array) for name, array in arrays.items()})
    loop.epoch = int(metadata["epoch"])
    loop.batch = int(metadata["batch"])
    loop.stopped = bool(metadata["stopped"])
    seed, stream = metadata["key"]
    loop.set_key((int(seed), int(stream)))
    if metadata["sums"] is not None:
        loop.step.set_state(metadata["sums"])
    seed, stream = metadata["random"]
    random.set_state((int(seed), int(stream)))


def _stateful(loop: FitLoop) -> list[Callback]:
    """The callbacks of a run that a state belongs to; how its progress is shown is not part of it."""
    return [callback for callback in loop.callbacks.callbacks if not isinstance(callback, ProgressBar)]


def _check_fit(loop: FitLoop, metadata: dict[str, Any], where: str) -> None:
    weights = [[weight.path, list(weight.shape), weight.dtype] for weight in loop.model.variables]
    saved = metadata["weights"]
    if [entry[1:] for entry in saved] != [entry[1:] for entry in weights]:
        pairs = zip(saved, weights, strict=False)
        first = next(((a, b) for a, b in pairs if a[1:] != b[1:]), (len(saved), len(weights)))
        raise ArgumentError(
            f"{where}: its weights are not this model's: saved {first[0]}, the model has {first[1]}"
        )
    name = type(loop.model.optimizer).__name__
    if metadata["optimizer"]["class_name"] != name:
        raise ArgumentError(
            f"{where}: was trained by {metadata['optimizer']['class_name']}, this run by {name}"
        )
    mine = [type(callback).__name__ for callback in _stateful(loop)]
    theirs = [entry["class_name"] for entry in metadata["callbacks"]]
    if mine != theirs:
        raise ArgumentError(f"{where}: was written with the callbacks {theirs}, this run has {mine}")


def _overwrite(target: Tensor, array: Array) -> None:
    target.copy_(tensor(array))


class Checkpoints:
    """The folder of `fit(..., resume=folder)`: continues from the newest sound file, and writes new ones.

    A file is written after every epoch, and after every `every` updates where that is given; the newest two
    stay.
    """

    def __init__(self, folder: str | os.PathLike[str], every: int | None = None) -> None:
        if every is not None and (not isinstance(every, int) or every < 1):
            raise ArgumentError(
                f"fit: checkpoint_every must be a count of updates of at least 1, got {every!r}"
            )
        self.folder = Path(folder)
        self.every = every

    def restore(self, loop: FitLoop) -> None:
        """Continue from the newest sound file, if there is one."""
        if not self.folder.is_dir():
            return
        from ..checkpoint import newest_valid

        found = newest_valid(self.folder, PATTERN)
        if found is None:
            return
        loop.build()
        restore(loop, dict(found.contents.tensors), dict(found.contents.metadata), str(found.path))

    def after_batch(self, loop: FitLoop) -> None:
        """Write after every `every`-th update."""
        assert self.every is not None
        if loop.model.optimizer.iterations % self.every == 0:
            self.write(loop)

    def after_epoch(self, loop: FitLoop) -> None:
        """Write at the end of an epoch."""
        self.write(loop)

    def write(self, loop: FitLoop) -> None:
        """Write the state of now, whole or not at all."""
        from ..checkpoint import keep_last, write_file

        self.folder.mkdir(parents=True, exist_ok=True)
        tensors, metadata = collect(loop)
        write_file(self.folder / f"state-{loop.epoch:06d}-{loop.batch:09d}.afina", tensors, metadata)
        keep_last(self.folder, KEPT, PATTERN)
