"""Where batches come from: arrays, Keras-like sequences, generators, loaders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from .._C import Tensor, Upload, current_device, from_numpy
from ..errors import ArgumentError, NotBuiltError, ShapeError
from .shuffle import Key, permutation
from .structure import Pack, flatten, is_list_of_arrays, packer, sample_count

Array = npt.NDArray[Any]


class Batch(NamedTuple):
    """Inputs as the model takes them; labels and weights flat, one entry (or None) per output."""

    inputs: Any
    labels: list[Any]
    weights: list[Any]
    size: int


class BegunBatch(NamedTuple):
    """A batch whose inputs may be on their way to the device."""

    inputs: list[Tensor | Upload]
    labels: list[Any]
    weights: list[Any]
    size: int


class Batches(Protocol):
    """A source of batches that can begin an epoch at any batch."""

    steps: int | None

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """The batches of an epoch from number `start` on."""
        ...


class Shape(NamedTuple):
    """What the model says about its inputs and outputs: names (empty: unknown) and input dtypes."""

    input_names: Sequence[str]
    output_names: Sequence[str]
    input_dtypes: Sequence[str | None]
    float_dtype: str


def to_input(array: Any, dtype: str | None, float_dtype: str) -> Tensor:
    """A batch as a tensor of the input's dtype; without one, floats take the model's and integers stay."""
    begun = begin_input(array, dtype, float_dtype)
    return begun.take() if isinstance(begun, Upload) else begun


def begin_input(array: Any, dtype: str | None, float_dtype: str) -> Tensor | Upload:
    """The same, perhaps still on its way to the device."""
    if isinstance(array, Tensor):
        wanted = dtype or (float_dtype if array.dtype.startswith("float") else array.dtype)
        return array if array.dtype == wanted else array.astype(wanted)
    wanted = dtype or (float_dtype if array.dtype.kind == "f" else array.dtype.name)
    if array.dtype != wanted or not array.flags.c_contiguous:
        array = np.ascontiguousarray(array, dtype=wanted)
    device = current_device()
    return from_numpy(array) if device == "cpu" else Upload(from_numpy(array), device)


class Maker:
    """Turns x, y and sample_weight of one batch into a `Batch`."""

    def __init__(self, shape: Shape, class_weight: Callable[[Any], Array] | None) -> None:
        self.shape = shape
        self.class_weight = class_weight
        self._pack: Pack | None = None
        self._dtypes: list[str | None] = []

    def prepare(self, x: Any) -> list[Any]:
        """Flat arrays of `x`; remembers how to hand them to the model."""
        names = self.shape.input_names
        flat, keys = flatten(x, names, "x")
        as_list = len(names) > 1 or (not names and is_list_of_arrays(x))
        self._pack = packer(len(flat), keys, as_list)
        known = list(self.shape.input_dtypes)
        self._dtypes = known if len(known) == len(flat) else [None] * len(flat)
        return flat

    def labels(self, y: Any) -> list[Any]:
        """Flat labels, empty without y."""
        return [] if y is None else flatten(y, self.shape.output_names, "y")[0]

    def weights(self, sample_weight: Any, labels: Sequence[Any]) -> list[Any]:
        """Flat sample weights; a single array counts for every output."""
        if sample_weight is None:
            return []
        if isinstance(sample_weight, dict):
            names = self.shape.output_names
            unknown = [name for name in sample_weight if name not in names]
            if unknown:
                raise ArgumentError(f"sample_weight: unknown output {unknown[0]!r}; outputs: {list(names)}")
            return [sample_weight.get(name) for name in names]
        if is_list_of_arrays(sample_weight) and len(labels) > 1:
            return flatten(sample_weight, self.shape.output_names, "sample_weight")[0]
        return [flatten(sample_weight, ["sample_weight"], "sample_weight")[0][0]] * max(1, len(labels))

    def with_class_weights(self, labels: Sequence[Any], weights: list[Any]) -> list[Any]:
        """Sample weights times the weights of the labels' classes."""
        if self.class_weight is None:
            return weights
        if len(labels) != 1:
            raise ArgumentError(f"class_weight: needs one output with labels, there are {len(labels)}")
        of_class = self.class_weight(labels[0])
        return [of_class if not weights or weights[0] is None else of_class * np.asarray(weights[0])]

    def begin(self, flat: Sequence[Any], labels: list[Any], weights: list[Any]) -> BegunBatch:
        """The batch of these slices, its inputs on their way to the device."""
        float_dtype = self.shape.float_dtype
        inputs = [
            begin_input(array, dtype, float_dtype) for array, dtype in zip(flat, self._dtypes, strict=True)
        ]
        return BegunBatch(inputs, labels, weights, int(flat[0].shape[0]))

    def finish(self, begun: BegunBatch) -> Batch:
        """The batch for the step that follows."""
        assert self._pack is not None
        inputs = [value.take() if isinstance(value, Upload) else value for value in begun.inputs]
        return Batch(self._pack(inputs), begun.labels, begun.weights, begun.size)

    def batch(self, flat: Sequence[Any], labels: list[Any], weights: list[Any]) -> Batch:
        """The batch of these slices."""
        return self.finish(self.begin(flat, labels, weights))

    def _plain(self, x: Any, y: Any) -> Batch | None:
        """The batch of one array with one array of labels, the usual case; else None."""
        shape = self.shape
        if type(x) is not np.ndarray or type(y) is not np.ndarray or self.class_weight is not None:
            return None
        if len(shape.input_names) > 1 or len(shape.output_names) > 1 or not x.ndim or not y.ndim:
            return None
        count = len(x)
        if count == 0 or count != len(y) or x.dtype.kind not in "fiub" or y.dtype.kind not in "fiub":
            return None
        dtype = shape.input_dtypes[0] if len(shape.input_dtypes) == 1 else None
        return Batch(to_input(x, dtype, shape.float_dtype), [y], [], count)

    def whole(self, x: Any, y: Any, sample_weight: Any) -> Batch:
        """One batch of everything given."""
        if sample_weight is None and (batch := self._plain(x, y)) is not None:
            return batch
        flat = self.prepare(x)
        labels = self.labels(y)
        weights = self.with_class_weights(labels, self.weights(sample_weight, labels))
        named = [(f"x[{index}]" if len(flat) > 1 else "x", array) for index, array in enumerate(flat)]
        named += [(f"y[{index}]" if len(labels) > 1 else "y", array) for index, array in enumerate(labels)]
        named += [("sample_weight", array) for array in weights if array is not None]
        sample_count(named)
        return self.batch(flat, labels, weights)


class ArrayBatches:
    """Batches cut from arrays; the order of an epoch is a function of the key and the epoch."""

    def __init__(
        self, maker: Maker, x: Any, y: Any, sample_weight: Any, batch_size: int, key: Key | None = None
    ) -> None:
        if not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
            raise ArgumentError(f"batch_size must be a whole number of at least 1, got {batch_size!r}")
        self.maker = maker
        self.key = key
        self.batch_size = int(batch_size)
        self.inputs = maker.prepare(x)
        self.labels = maker.labels(y)
        weights = maker.weights(sample_weight, self.labels)
        named = [(f"x[{index}]" if len(self.inputs) > 1 else "x", a) for index, a in enumerate(self.inputs)]
        named += [(f"y[{index}]" if len(self.labels) > 1 else "y", a) for index, a in enumerate(self.labels)]
        named += [("sample_weight", array) for array in weights if array is not None]
        self.samples = sample_count(named)
        self.weights = maker.with_class_weights(self.labels, weights)
        self.steps: int | None = -(-self.samples // self.batch_size)

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """The batches of an epoch; the last one may be smaller.

        On a device each is on its way there before the step on the one before it begins.
        """
        begun = self._begun(epoch, start)
        return map(self.maker.finish, begun if current_device() == "cpu" else drawn_ahead(begun))

    def _begun(self, epoch: int, start: int) -> Iterator[BegunBatch]:
        order = None if self.key is None else permutation(self.key, epoch, self.samples)
        for first in range(start * self.batch_size, self.samples, self.batch_size):
            last = min(first + self.batch_size, self.samples)
            rows: Any = slice(first, last) if order is None else order[first:last]
            yield self.maker.begin(
                [take(array, rows) for array in self.inputs],
                [take(array, rows) for array in self.labels],
                [None if array is None else take(array, rows) for array in self.weights],
            )

    def split(self, fraction: float) -> tuple[int, int]:
        """Sizes of the training part and of the last `fraction`."""
        held = int(self.samples * fraction)
        if held < 1 or held >= self.samples:
            raise ShapeError(
                f"validation_split={fraction}: leaves nothing on one side of {self.samples} samples"
            )
        return self.samples - held, held


def drawn_ahead(batches: Iterator[BegunBatch]) -> Iterator[BegunBatch]:
    """The same batches; each has begun before the one before it is handed out."""
    waiting = next(batches, None)
    for following in batches:
        assert waiting is not None
        yield waiting
        waiting = following
    if waiting is not None:
        yield waiting


def take(array: Any, rows: Any) -> Any:
    """Some rows: a view for a slice, a copy for indices."""
    if isinstance(array, Tensor):
        array = array.numpy()
    return array[rows] if isinstance(rows, slice) else array.take(rows, axis=0)


class SequenceBatches:
    """A Keras-like Sequence: `len(s)` batches, `s[i]` is (x, y) or (x, y, sample_weight)."""

    def __init__(self, maker: Maker, sequence: Any, key: Key | None = None) -> None:
        self.maker = maker
        self.sequence = sequence
        self.key = key
        self.steps: int | None = len(sequence)

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """The batches in the order of the epoch."""
        count = len(self.sequence)
        order = range(count) if self.key is None else permutation(self.key, epoch, count).tolist()
        for index in order[start:]:
            yield from_item(self.maker, self.sequence[index])
        if hasattr(self.sequence, "on_epoch_end"):
            self.sequence.on_epoch_end()


class IterableBatches:
    """A loader: each `iter(loader)` is an epoch; one with `load_state` is told which epoch and batch."""

    def __init__(self, maker: Maker, loader: Any) -> None:
        self.maker = maker
        self.loader = loader
        self.steps: int | None = len(loader) if hasattr(loader, "__len__") else None
        self._first: int | None = loader.epoch if hasattr(loader, "load_state") else None

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """The batches the loader gives; those before `start` are drawn and dropped unless it can skip."""
        if self._first is not None:
            self.loader.load_state({**self.loader.state(), "epoch": self._first + epoch, "batch": start})
            start = 0
        for index, item in enumerate(self.loader):
            if index >= start:
                yield from_item(self.maker, item)


class GeneratorBatches:
    """A generator: one stream for all epochs, `steps` batches each (None: one epoch, to its end)."""

    def __init__(self, maker: Maker, generator: Iterator[Any], steps: int | None) -> None:
        self.maker = maker
        self.generator = generator
        self.steps = steps
        self._given = 0

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """The next `steps` batches; a resumed run first draws and drops those it had used."""
        if self.steps is not None:
            while self._given < epoch * self.steps + start:
                next(self.generator)
                self._given += 1
        for number, item in enumerate(self.generator, start + 1):
            self._given += 1
            yield from_item(self.maker, item)
            if self.steps is not None and number >= self.steps:
                return


def from_item(maker: Maker, item: Any) -> Batch:
    """A batch from x, (x,), (x, y) or (x, y, sample_weight)."""
    if not isinstance(item, (tuple, list)) or len(item) > 3 or not item:
        item = (item,)
    x, y, weight = (*item, None, None)[:3]
    return maker.whole(x, y, weight)


def make_batches(
    maker: Maker,
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    batch_size: int | None = None,
    key: Key | None = None,
    steps: int | None = None,
) -> Batches:
    """The source that fits `x`; `key` shuffles arrays and sequences."""
    if x is None:
        raise ArgumentError("x: expected data, got None")
    if isinstance(x, (np.ndarray, Tensor, list, tuple, dict)) or hasattr(x, "__array__"):
        return ArrayBatches(maker, x, y, sample_weight, 32 if batch_size is None else batch_size, key)
    if not hasattr(x, "__next__") and not hasattr(x, "__iter__") and not hasattr(x, "__getitem__"):
        raise ArgumentError(
            "x: expected arrays, a generator, a loader or a Sequence with __len__ and __getitem__, "
            f"got {type(x).__name__}"
        )
    for name, value in (("y", y), ("sample_weight", sample_weight), ("batch_size", batch_size)):
        if value is not None:
            raise ArgumentError(
                f"{name}: {type(x).__name__} gives whole batches itself, so {name} must be left out"
            )
    if hasattr(x, "__next__"):
        return GeneratorBatches(maker, x, steps)
    if hasattr(x, "__getitem__") and hasattr(x, "__len__"):
        return SequenceBatches(maker, x, key)
    if hasattr(x, "__iter__"):
        return IterableBatches(maker, x)
    raise ArgumentError(
        "x: expected arrays, a generator, a loader or a Sequence with __len__ and __getitem__, "
        f"got {type(x).__name__}"
    )


def shape_of(model: Any) -> Shape:
    """What the model says about its inputs and outputs; an unbuilt or subclassed model says nothing."""

    def names(attribute: str) -> list[str]:
        try:
            return list(getattr(model, attribute, None) or ())
        except (AttributeError, NotBuiltError):
            return []

    try:
        inputs = model.inputs or []
    except (AttributeError, NotBuiltError):
        inputs = []
    if not isinstance(inputs, (list, tuple)):
        inputs = [inputs]
    dtypes = [getattr(tensor, "dtype", None) for tensor in inputs]
    return Shape(
        names("input_names"), names("output_names"), dtypes, getattr(model, "dtype", None) or "float32"
    )
