"""What flows along the edges of an ONNX graph, and functions that take either kind of array."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ... import ops
from ..._C import Tensor
from ...tensor import tensor

Array = npt.NDArray[Any]
Value = Any  # Tensor (floats), Array (all else), Image, a list of these (a sequence), or None


class Image:
    """A batch of images that lies channels-last, where ONNX says channels-first.

    The kernels are channels-last. Between two of them nothing is turned: only an operator that asks for the
    order ONNX speaks of makes `first` happen.
    """

    def __init__(self, last: Tensor) -> None:
        self.last = last
        self._first: Tensor | None = None

    @property
    def first(self) -> Tensor:
        """The same values as (n, channels, ...)."""
        if self._first is None:
            self._first = channels_first(self.last)
        return self._first

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape ONNX speaks of: (n, channels, ...)."""
        n, *space, channels = self.last.shape
        return (n, channels, *space)


def channels_first(x: Tensor) -> Tensor:
    """(n, ..., channels) to (n, channels, ...)."""
    return ops.transpose(x, [0, x.ndim - 1, *range(1, x.ndim - 1)])


def channels_last(x: Value) -> Tensor:
    """(n, channels, ...) to (n, ..., channels); an `Image` gives what it has."""
    if isinstance(x, Image):
        return x.last
    x = as_tensor(x)
    return ops.transpose(x, [0, *range(2, x.ndim), 1])


def plain(value: Value) -> Value:
    """The value in ONNX's own order of axes."""
    return value.first if isinstance(value, Image) else value


def as_tensor(value: Value, like: Tensor | None = None) -> Tensor:
    """The value as a tensor of a floating type: that of `like`, else its own or float32."""
    if isinstance(value, Image):
        value = value.first
    if isinstance(value, Tensor):
        return value if like is None or value.dtype == like.dtype else ops.cast(value, like.dtype)
    array = np.asarray(value)
    dtype = like.dtype if like is not None else "float64" if array.dtype == np.float64 else "float32"
    return tensor(array, dtype)


def host(value: Value) -> Array:
    """The value as a NumPy array, without its gradient."""
    value = plain(value)
    return value.numpy() if isinstance(value, Tensor) else np.asarray(value)


def as_value(array: Any) -> Value:
    """An array as it flows: floats as a tensor (half precision as float32), all else as it is."""
    array = np.asarray(array)
    if array.dtype in (np.float32, np.float64):
        return tensor(array)
    return tensor(array, "float32") if array.dtype.kind == "f" else array


def ints(value: Value) -> list[int]:
    """A tensor of sizes, axes or indices as Python's integers."""
    return [int(item) for item in np.ravel(host(value))]


def scalar(value: Value, default: Any = None) -> Any:
    """A tensor of one element as a Python number; `default` for None."""
    return default if value is None else host(value).reshape(-1)[0].item()


def dtype_of(value: Value) -> np.dtype[Any]:
    """The element type as NumPy's."""
    found: np.dtype[Any] = np.dtype(plain(value).dtype)
    return found


# --- functions of either kind ---


def reshape(x: Value, shape: Sequence[int]) -> Value:
    """The elements in another shape."""
    return ops.reshape(x, list(shape)) if isinstance(x, Tensor) else x.reshape(tuple(shape))


def transpose(x: Value, axes: Sequence[int]) -> Value:
    """The axes in another order."""
    return ops.transpose(x, list(axes)) if isinstance(x, Tensor) else np.transpose(x, axes)


def broadcast_to(x: Value, shape: Sequence[int]) -> Value:
    """x repeated along axes of size one."""
    return ops.broadcast_to(x, tuple(shape)) if isinstance(x, Tensor) else np.broadcast_to(x, tuple(shape))


def concatenate(values: Sequence[Value], axis: int) -> Value:
    """The values behind one another."""
    if any(isinstance(v, Tensor) for v in values):
        return ops.concatenate([as_tensor(v) for v in values], axis)
    return np.concatenate(values, axis)


def stack(values: Sequence[Value], axis: int) -> Value:
    """The values along a new axis."""
    if any(isinstance(v, Tensor) for v in values):
        return ops.stack([as_tensor(v) for v in values], axis)
    return np.stack(values, axis)


def sliced(x: Value, axis: int, start: int, stop: int, step: int = 1) -> Value:
    """x[start:stop:step] along one axis, step > 0."""
    if not isinstance(x, Tensor):
        return x[(slice(None),) * axis + (slice(start, stop, step),)]
    starts, stops, steps = [0] * x.ndim, list(x.shape), [1] * x.ndim
    starts[axis], stops[axis], steps[axis] = start, stop, step
    return ops.slice(x, starts, stops, steps)


def taken(x: Value, flat: Array) -> Value:
    """x.ravel()[flat] in the shape of `flat`; gradients add up where an element is taken twice."""
    if not isinstance(x, Tensor):
        return x.reshape(-1)[flat]
    picked = ops.gather(ops.reshape(x, [-1]), tensor(flat.reshape(-1).astype(np.int64)))
    return ops.reshape(picked, list(flat.shape))


def moved(x: Value, movement: Callable[[Array], Array]) -> Value:
    """`movement` (any NumPy expression that only moves elements) applied to x, differentiably.

    The expression runs once, on the elements' positions; what comes out says where each is taken from.
    """
    if not isinstance(x, Tensor):
        return movement(x)
    return taken(x, np.asarray(movement(np.arange(x.size, dtype=np.int64).reshape(x.shape))))


def axes_of(given: Any, ndim: int) -> list[int]:
    """Axes counted from the front."""
    return [axis % ndim if ndim else 0 for axis in given]
