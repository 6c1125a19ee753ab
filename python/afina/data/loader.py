"""Batches in a seeded order that can be stopped and resumed anywhere."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

import numpy as np

from ..errors import AfinaError, ArgumentError
from ..utils.formatting import as_call
from .order import Indices, check_seed, generator, permutation
from .structure import collate, length_of, rows_of

# Streams of the seed: the order of epoch e uses 3e, the samples' generators 3e + 1, the batches' 3e + 2.
STREAMS = 3

Transform = Callable[[Any, np.random.Generator], Any]


class Dataset(Protocol):
    """Anything with a length and samples by number: a list, or a class that reads a file per sample."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Any: ...


class LoaderError(AfinaError, RuntimeError):
    """A sample or a batch could not be made. `index` is the sample's number; the cause is chained."""

    def __init__(self, text: str, index: int) -> None:
        super().__init__(text)
        self.index = index


class Loader:
    """Batches of `data`, one epoch per `for` loop.

    `data`: an array, a tuple or dict of arrays of one length (the batches have the same structure), or a
    `Dataset`, whose samples (arrays, numbers, or tuples or dicts of them) are stacked. `shuffle`: a new order
    every epoch, fixed by (`seed`, epoch). `drop_last`: leave out a last batch that is not full.
    `transform(sample, generator)` changes one sample, `batch_transform(batch, generator)` a whole batch; the
    generator depends on (seed, epoch, sample or batch), so the results do not depend on `workers`. `workers`:
    threads that make batches ahead, in order; 0 makes them in the calling thread. `prefetch`: finished
    batches each worker may keep waiting.

    `state()` is JSON-able and counts the batches handed out; a loader given it by `load_state` goes on with
    the next. A loop left early ends its epoch: the next loop begins the next one.

    >>> loader = Loader((np.arange(6), np.arange(6) * 10), batch_size=4, shuffle=True, seed=1)
    >>> len(loader), [len(x) for x, y in loader]
    (2, [4, 2])
    """

    def __init__(
        self,
        data: Any,
        batch_size: int = 32,
        *,
        shuffle: bool = False,
        seed: int = 0,
        drop_last: bool = False,
        transform: Transform | None = None,
        batch_transform: Transform | None = None,
        workers: int = 0,
        prefetch: int = 2,
    ) -> None:
        _check_count("batch_size", batch_size, 1)
        _check_count("workers", workers, 0)
        _check_count("prefetch", prefetch, 1)
        self.data = data
        self.batch_size = int(batch_size)
        self.shuffle = shuffle
        self.seed = check_seed(seed, "Loader")
        self.drop_last = drop_last
        self.transform = transform
        self.batch_transform = batch_transform
        self.workers = int(workers)
        self.prefetch = int(prefetch)
        self.size = length_of(data)
        self.epoch = 0
        self.batch = 0
        self._resuming = False

    def __repr__(self) -> str:
        return as_call(self)

    def __len__(self) -> int:
        """Batches in an epoch."""
        full, rest = divmod(self.size, self.batch_size)
        return full if self.drop_last or rest == 0 else full + 1

    def __iter__(self) -> Iterator[Any]:
        """The batches of the next epoch, or the rest of the one `load_state` was given."""
        if not self._resuming and self.batch > 0:  # the last loop was left early
            self.epoch, self.batch = self.epoch + 1, 0
        self._resuming = False
        return self._batches(self.epoch, self.batch)

    def set_epoch(self, epoch: int) -> None:
        """The next loop is this epoch, from its first batch."""
        _check_count("epoch", epoch, 0)
        self.epoch, self.batch, self._resuming = int(epoch), 0, True

    def skip(self, batches: int) -> None:
        """The next loop leaves out the first `batches` of its epoch, without making them."""
        _check_count("batches", batches, 0)
        if batches > len(self):
            raise ArgumentError(f"Loader.skip: {batches} batches of {len(self)}")
        self.batch, self._resuming = int(batches), True

    def order(self, epoch: int) -> Indices:
        """The sample numbers of an epoch in the order they come."""
        if self.shuffle:
            return permutation(self.size, self.seed, STREAMS * epoch)
        return np.arange(self.size, dtype=np.int64)

    def state(self) -> dict[str, int | bool]:
        """The position as JSON-able numbers, with what the order depends on."""
        return {
            "epoch": self.epoch,
            "batch": self.batch,
            "seed": self.seed,
            "size": self.size,
            "batch_size": self.batch_size,
            "shuffle": self.shuffle,
            "drop_last": self.drop_last,
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on where `state()` was taken; `ArgumentError` names what differs for another order."""
        mine = self.state()
        if set(state) != set(mine):
            raise ArgumentError(f"Loader.load_state: needs the keys {sorted(mine)}, got {sorted(state)}")
        fixed = [key for key in mine if key not in {"epoch", "batch"} and state[key] != mine[key]]
        if fixed:
            differs = ", ".join(f"{key} {state[key]!r} instead of {mine[key]!r}" for key in fixed)
            raise ArgumentError(f"Loader.load_state: the state belongs to another order: {differs}")
        _check_count("epoch", state["epoch"], 0)
        _check_count("batch", state["batch"], 0)
        if state["batch"] > len(self):
            raise ArgumentError(f"Loader.load_state: batch {state['batch']} of {len(self)}")
        self.epoch, self.batch, self._resuming = int(state["epoch"]), int(state["batch"]), True

    def _batches(self, epoch: int, first: int) -> Iterator[Any]:
        made = self._made_here(epoch, first) if self.workers == 0 else self._made_by_workers(epoch, first)
        for number, batch in enumerate(made, first + 1):
            self.epoch, self.batch = epoch, number
            yield batch
        self.epoch, self.batch = epoch + 1, 0

    def _made_here(self, epoch: int, first: int) -> Iterator[Any]:
        order = self.order(epoch)
        for number in range(first, len(self)):
            yield self._make(order, epoch, number)

    def _made_by_workers(self, epoch: int, first: int) -> Iterator[Any]:
        order = self.order(epoch)
        pool = ThreadPoolExecutor(self.workers, thread_name_prefix="afina-loader")
        waiting: deque[Future[Any]] = deque()
        try:
            for number in range(first, len(self)):
                waiting.append(pool.submit(self._make, order, epoch, number))
                if len(waiting) > self.workers * self.prefetch:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:  # also when the consumer leaves the loop: what has begun is finished, the rest is dropped
            pool.shutdown(wait=True, cancel_futures=True)

    def _make(self, order: Indices, epoch: int, number: int) -> Any:
        indices = order[number * self.batch_size : (number + 1) * self.batch_size]
        place = f"epoch {epoch}, batch {number}"
        batch = rows_of(self.data, indices) if self.transform is None else None
        if batch is None:
            samples = [self._sample(int(index), epoch, place) for index in indices]
            try:
                batch = collate(samples)
            except ArgumentError as error:
                text = f"{place}, samples {_some(indices)}: cannot be stacked: {error}"
                raise LoaderError(text, int(indices[0])) from error
        if self.batch_transform is not None:
            try:
                batch = self.batch_transform(batch, generator(self.seed, STREAMS * epoch + 2, number))
            except Exception as error:
                text = f"{place}, samples {_some(indices)}: batch_transform raised {_text(error)}"
                raise LoaderError(text, int(indices[0])) from error
        return batch

    def _sample(self, index: int, epoch: int, place: str) -> Any:
        try:
            alone = rows_of(self.data, index)
            sample = self.data[index] if alone is None else alone
            if self.transform is None:
                return sample
            return self.transform(sample, generator(self.seed, STREAMS * epoch + 1, index))
        except Exception as error:
            raise LoaderError(f"{place}, sample {index}: {_text(error)}", index) from error


def _check_count(name: str, value: object, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ArgumentError(f"Loader: {name} must be a whole number from {least}, got {value!r}")


def _some(indices: Sequence[int] | Indices) -> str:
    shown = ", ".join(str(int(index)) for index in indices[:8])
    return shown + (", ..." if len(indices) > 8 else "")


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
