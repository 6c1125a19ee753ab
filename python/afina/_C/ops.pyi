"""
The ops, one row of the table each.
"""
from __future__ import annotations
import afina._C
import collections.abc
import typing
__all__: list[str] = ['concatenate', 'embedding', 'expand_dims', 'flip', 'gather', 'linear', 'matmul', 'one_hot', 'pad', 'reshape', 'slice', 'squeeze', 'stack', 'take_along_axis', 'transpose']
def concatenate(tensors: collections.abc.Sequence[afina._C.Tensor], axis: int = -1) -> afina._C.Tensor:
    """
    The tensors behind one another along `axis`; their other sizes and dtypes agree.
    """
def embedding(indices: afina._C.Tensor, table: afina._C.Tensor) -> afina._C.Tensor:
    """
    The rows of `table` (n, d) that `indices` name: indices.shape + (d,).
    """
def expand_dims(x: afina._C.Tensor, axis: int) -> afina._C.Tensor:
    """
    x with a new axis of size one before `axis`.
    """
def flip(x: afina._C.Tensor, axis: int | collections.abc.Sequence[int] | None = None) -> afina._C.Tensor:
    """
    x reversed along the axes (None: all of them).
    """
def gather(x: afina._C.Tensor, indices: afina._C.Tensor, axis: int = 0) -> afina._C.Tensor:
    """
    The entries of x along `axis` that the integer `indices` name; negative ones count from the end.
    """
def linear(x: afina._C.Tensor, kernel: afina._C.Tensor, bias: afina._C.Tensor | None = None, activation: str = 'linear') -> afina._C.Tensor:
    """
    activation(x kernel + bias); x (..., n), kernel (n, m), bias (m,).
    """
def matmul(a: afina._C.Tensor, b: afina._C.Tensor, transpose_a: bool = False, transpose_b: bool = False) -> afina._C.Tensor:
    """
    The matrix product of the last two axes, either operand read transposed; leading axes broadcast.
    """
def one_hot(indices: afina._C.Tensor, depth: int, dtype: str = 'float32') -> afina._C.Tensor:
    """
    1 at the index and 0 elsewhere along a new last axis of size `depth`.
    """
def pad(x: afina._C.Tensor, paddings: collections.abc.Sequence[tuple[int, int]], value: float = 0.0) -> afina._C.Tensor:
    """
    x with paddings[a] = (before, after) elements of `value` around axis a.
    """
def reshape(x: afina._C.Tensor, shape: collections.abc.Sequence[int]) -> afina._C.Tensor:
    """
    x with another shape of the same size, sharing its memory; one size may be -1: what is left.
    """
def slice(x: afina._C.Tensor, starts: collections.abc.Sequence[int], stops: collections.abc.Sequence[int], steps: collections.abc.Sequence[int]) -> afina._C.Tensor:
    """
    x[starts:stops:steps], one triple per leading axis, clipped like Python's slices; x[...] writes it shorter.
    """
def squeeze(x: afina._C.Tensor, axis: int | collections.abc.Sequence[int] | None = None) -> afina._C.Tensor:
    """
    x without the given axes of size one (None: all of them).
    """
def stack(tensors: collections.abc.Sequence[afina._C.Tensor], axis: int = 0) -> afina._C.Tensor:
    """
    The tensors, all of one shape, along a new axis.
    """
def take_along_axis(x: afina._C.Tensor, indices: afina._C.Tensor, axis: int) -> afina._C.Tensor:
    """
    x[..., indices[..., i, ...], ...] along `axis`; the other sizes of x and indices agree.
    """
def transpose(x: afina._C.Tensor, axes: collections.abc.Sequence[int] | None = None) -> afina._C.Tensor:
    """
    Axis k of the result is axis axes[k] of x; None reverses the axes.
    """
