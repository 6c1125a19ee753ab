"""Making tensors from Python values."""

from __future__ import annotations

from typing import Any

import numpy as np

from afina import _C
from afina._C import Tensor
from afina.errors import DTypeError


def tensor(data: Any, dtype: Any = None, requires_grad: bool = False, device: str | None = None) -> Tensor:
    """A new tensor with a copy of `data`: a number, nested lists, a NumPy array, or another tensor.

    Without `dtype`, Python floats become float32 and Python ints int64, arrays keep their type. device: "cpu"
    or "cuda"; without it a tensor's copy stays where that is, all else goes where `afina.device` says.

    >>> tensor([[1, 2], [3, 4]], dtype="float32").shape
    (2, 2)
    """
    array = np.asarray(data)
    if dtype is None and array.dtype == np.float64 and not isinstance(data, (np.ndarray, np.generic, Tensor)):
        dtype = np.float32
    if array.dtype == object:
        raise DTypeError(
            f"tensor: cannot make numbers of {type(data).__name__} "
            "(an object array, or rows of different lengths)"
        )
    result = _C.from_numpy(np.array(array, dtype=dtype, order="C", copy=True))
    if device is None:
        device = data.device if isinstance(data, Tensor) else _C.current_device()
    result = result.to(device)
    if requires_grad:
        result.requires_grad = True
    return result


def zeros(shape: tuple[int, ...], dtype: Any = "float32", device: str | None = None) -> Tensor:
    """A tensor of zeros; device as in `tensor`.

    >>> zeros((2, 2)).tolist()
    [[0.0, 0.0], [0.0, 0.0]]
    """
    return _C.zeros(shape, dtype, device)


def ones(shape: tuple[int, ...], dtype: Any = "float32", device: str | None = None) -> Tensor:
    """A tensor of ones; device as in `tensor`.

    >>> ones((2,)).tolist()
    [1.0, 1.0]
    """
    return _C.full(shape, 1.0, dtype, device)


def full(shape: tuple[int, ...], value: float, dtype: Any = "float32", device: str | None = None) -> Tensor:
    """A tensor of one value; device as in `tensor`.

    >>> full((2,), 0.5).tolist()
    [0.5, 0.5]
    """
    return _C.full(shape, value, dtype, device)


def empty(shape: tuple[int, ...], dtype: Any = "float32", device: str | None = None) -> Tensor:
    """A tensor of undefined contents; device as in `tensor`.

    >>> empty((2, 3)).shape
    (2, 3)
    """
    return _C.empty(shape, dtype, device)


def zeros_like(x: Tensor) -> Tensor:
    """Zeros of x's shape and dtype, on x's device.

    >>> zeros_like(ones((2,))).tolist()
    [0.0, 0.0]
    """
    return _C.zeros(x.shape, x.dtype, x.device)


def ones_like(x: Tensor) -> Tensor:
    """Ones of x's shape and dtype, on x's device.

    >>> ones_like(zeros((2,))).tolist()
    [1.0, 1.0]
    """
    return _C.full(x.shape, 1.0, x.dtype, x.device)


def arange(start: float, stop: float | None = None, step: float = 1, dtype: Any = None) -> Tensor:
    """start, start + step, ... up to but without `stop`, as numpy.arange.

    >>> arange(3).tolist()
    [0, 1, 2]
    """
    values = np.arange(start, stop, step) if stop is not None else np.arange(start, step=step)
    return tensor(values.astype(dtype) if dtype is not None else values)


def from_numpy(array: np.ndarray[Any, Any]) -> Tensor:
    """A tensor over the array's own memory (a copy where that is not contiguous and aligned).

    >>> a = np.zeros(2, dtype="float32")
    >>> t = from_numpy(a)
    >>> a[0] = 1
    >>> t.tolist()
    [1.0, 0.0]
    """
    return _C.from_numpy(array)


def from_dlpack(source: Any) -> Tensor:
    """A tensor over the memory of any object with `__dlpack__`.

    >>> from_dlpack(np.ones(2, dtype="float32")).tolist()
    [1.0, 1.0]
    """
    return _C.from_dlpack(source)
