"""
The ops, one row of the table each.
"""
from __future__ import annotations
import afina._C
import collections.abc
import typing
__all__: list[str] = ['adadelta_update', 'adagrad_update', 'adam_update', 'categorical_crossentropy', 'clip_by_global_norm', 'clip_by_norm', 'clip_by_value', 'concatenate', 'embedding', 'expand_dims', 'flip', 'gather', 'global_norm', 'linear', 'log_softmax', 'matmul', 'one_hot', 'pad', 'reshape', 'rmsprop_update', 'sgd_update', 'slice', 'softmax', 'sparse_categorical_crossentropy', 'squeeze', 'stack', 'take_along_axis', 'transpose']
def adadelta_update(params: collections.abc.Sequence[afina._C.Tensor], grads: collections.abc.Sequence[afina._C.Tensor], mean_squares: collections.abc.Sequence[afina._C.Tensor], mean_deltas: collections.abc.Sequence[afina._C.Tensor], lr: float = 1.0, rho: float = 0.95, epsilon: float = 1e-07, weight_decay: float = 0.0, decoupled: bool = False) -> None:
    """
    In place: s = rho s + (1 - rho) g^2, d = sqrt(u + epsilon) / sqrt(s + epsilon) g, u = rho u + (1 - rho) d^2, p -= lr d.
    """
def adagrad_update(params: collections.abc.Sequence[afina._C.Tensor], grads: collections.abc.Sequence[afina._C.Tensor], accumulators: collections.abc.Sequence[afina._C.Tensor], lr: float, epsilon: float = 1e-07, weight_decay: float = 0.0, eps_inside_sqrt: bool = False, decoupled: bool = False) -> None:
    """
    In place: a += g^2, p -= lr g / (sqrt(a) + epsilon).
    """
def adam_update(params: collections.abc.Sequence[afina._C.Tensor], grads: collections.abc.Sequence[afina._C.Tensor], ms: collections.abc.Sequence[afina._C.Tensor], vs: collections.abc.Sequence[afina._C.Tensor], lr: float, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-08, step: int = 1, weight_decay: float = 0.0, decoupled: bool = False, amsgrad_vs: collections.abc.Sequence[afina._C.Tensor] = []) -> None:
    """
    In place: m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2, p -= lr mhat / (sqrt(vhat) + epsilon), both bias corrected for `step`, which counts from 1; `decoupled` weight decay is AdamW, amsgrad_vs AMSGrad.
    """
def categorical_crossentropy(y_true: afina._C.Tensor, y_pred: afina._C.Tensor, from_logits: bool = False, label_smoothing: float = 0.0, reduction: str = 'mean', sample_weight: afina._C.Tensor | None = None) -> afina._C.Tensor:
    """
    -sum(y_true log(p)) over the last axis, p = softmax(y_pred) from logits, else y_pred / sum(y_pred) kept in [1e-7, 1 - 1e-7]; the gradient is y_pred's alone.
    """
def clip_by_global_norm(grads: collections.abc.Sequence[afina._C.Tensor], clip: float) -> float:
    """
    In place, all tensors as one vector: g *= clip / |g| where |g| > clip; returns the norm before.
    """
def clip_by_norm(grads: collections.abc.Sequence[afina._C.Tensor], clip: float) -> None:
    """
    In place, each tensor on its own: g *= clip / |g| where |g| > clip.
    """
def clip_by_value(grads: collections.abc.Sequence[afina._C.Tensor], clip: float) -> None:
    """
    In place: g = min(max(g, -clip), clip).
    """
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
def global_norm(tensors: collections.abc.Sequence[afina._C.Tensor]) -> float:
    """
    The root of the sum of the squares of all elements of all tensors.
    """
def linear(x: afina._C.Tensor, kernel: afina._C.Tensor, bias: afina._C.Tensor | None = None, activation: str = 'linear') -> afina._C.Tensor:
    """
    activation(x kernel + bias); x (..., n), kernel (n, m), bias (m,).
    """
def log_softmax(x: afina._C.Tensor, axis: int = -1) -> afina._C.Tensor:
    """
    x - max - log(sum(exp(x - max))) along `axis`.
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
def rmsprop_update(params: collections.abc.Sequence[afina._C.Tensor], grads: collections.abc.Sequence[afina._C.Tensor], mean_squares: collections.abc.Sequence[afina._C.Tensor], mean_grads: collections.abc.Sequence[afina._C.Tensor], momenta: collections.abc.Sequence[afina._C.Tensor], lr: float, rho: float = 0.9, momentum: float = 0.0, epsilon: float = 1e-07, centered: bool = False, eps_inside_sqrt: bool = False, weight_decay: float = 0.0, decoupled: bool = False) -> None:
    """
    In place: s = rho s + (1 - rho) g^2, p -= lr g / (sqrt(s) + epsilon); `centered` subtracts the squared mean gradient from s, `momentum` accumulates the steps.  Lists that are not in use may be [].
    """
def sgd_update(params: collections.abc.Sequence[afina._C.Tensor], grads: collections.abc.Sequence[afina._C.Tensor], velocities: collections.abc.Sequence[afina._C.Tensor], lr: float, momentum: float = 0.0, nesterov: bool = False, style: str = 'heavyball', weight_decay: float = 0.0, decoupled: bool = False) -> None:
    """
    In place: v = m v - lr g, p += v ("heavyball"); v = m v + (1 - m) g, p -= lr v ("ema"); v = m v + g, p -= lr v ("torch").  velocities may be [] when momentum is 0.  weight_decay w adds w p to g, or with `decoupled` multiplies p by 1 - lr w.
    """
def slice(x: afina._C.Tensor, starts: collections.abc.Sequence[int], stops: collections.abc.Sequence[int], steps: collections.abc.Sequence[int]) -> afina._C.Tensor:
    """
    x[starts:stops:steps], one triple per leading axis, clipped like Python's slices; x[...] writes it shorter.
    """
def softmax(x: afina._C.Tensor, axis: int = -1) -> afina._C.Tensor:
    """
    exp(x - max) / sum(exp(x - max)) along `axis`.
    """
def sparse_categorical_crossentropy(labels: afina._C.Tensor, y_pred: afina._C.Tensor, from_logits: bool = False, ignore_class: int | None = None, reduction: str = 'mean', sample_weight: afina._C.Tensor | None = None) -> afina._C.Tensor:
    """
    -log(p[label]) over the last axis, p as in categorical_crossentropy; rows labelled ignore_class cost nothing and are not counted by the mean.
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
