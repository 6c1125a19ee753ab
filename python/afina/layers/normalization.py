"""Batch, layer, instance and group normalization: (x - mean) / sqrt(variance + epsilon) * gamma + beta.

They differ in what shares a mean: a channel over the batch (batch, C values), a sample (layer, N values), a
channel of a sample (instance, N * C values), a group of channels of a sample (group). Variances are biased.
"""

from __future__ import annotations

import math
from typing import Any

from .. import constraints, initializers, ops, regularizers
from .._C import Tensor
from ..errors import ArgumentError, ShapeError
from ..parameter import Parameter
from ..registry import register
from .input_spec import InputSpec
from .layer import TensorLayer
from .symbolic import SymbolicShape


class _Normalization(TensorLayer):
    """The scale gamma and the shift beta, each optional, and moving the normalized axis to the end."""

    _same_shape = True

    def __init__(
        self,
        axis: Any,
        epsilon: float,
        center: bool,
        scale: bool,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not 0 < epsilon < float("inf"):
            raise ArgumentError(f"{self.label}: epsilon must be positive, got {epsilon}")
        self.axis = axis
        self.epsilon = float(epsilon)
        self.center = center
        self.scale = scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        self.gamma: Parameter | None = None
        self.beta: Parameter | None = None
        self._order: tuple[int, ...] | None = None  # axes with the normalized ones last; None: they are
        self._back: tuple[int, ...] = ()

    def _positions(self, input_shape: SymbolicShape, axes: tuple[int, ...]) -> tuple[int, ...]:
        """The axes counted from 0, checked; pins their sizes and remembers how to move them to the end."""
        rank = len(input_shape)
        found = tuple(sorted(axis + rank if axis < 0 else axis for axis in axes))
        if any(not 1 <= axis < rank for axis in found) or len(set(found)) < len(found):
            raise ShapeError(
                f"{self.label}: axis must name axes 1..{rank - 1} of inputs of shape {tuple(input_shape)}, "
                f"got {self.axis}"
            )
        sizes = {axis: input_shape[axis] for axis in found}
        if any(size is None for size in sizes.values()):
            raise ShapeError(
                f"{self.label}: axis {self.axis} must have a known size, got shape {input_shape}"
            )
        self.input_spec = InputSpec(ndim=rank, axes={axis: size for axis, size in sizes.items() if size})
        if found != tuple(range(rank - len(found), rank)):
            self._order = (*[axis for axis in range(rank) if axis not in found], *found)
            self._back = tuple(sorted(range(rank), key=self._order.__getitem__))
        return found

    def _add_scale_and_shift(self, shape: tuple[int, ...]) -> None:
        if self.scale:
            self.gamma = self.add_weight(
                shape,
                self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
                name="gamma",
            )
        if self.center:
            self.beta = self.add_weight(
                shape,
                self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
                name="beta",
            )

    def _to_end(self, x: Tensor) -> Tensor:
        return x if self._order is None else ops.transpose(x, self._order)

    def _from_end(self, y: Tensor) -> Tensor:
        return y if self._order is None else ops.transpose(y, self._back)


@register
class BatchNormalization(_Normalization):
    """Normalizes each channel over the batch and the pixels; `axis` is the channels' (1 for channels_first).

    Training uses the batch's mean and biased variance and moves the running ones:
    moving <- moving * momentum + batch * (1 - momentum). Inference, and a layer with trainable=False in any
    mode, uses the running ones and leaves them as they are. A batch with one value per channel is a
    ShapeError in training: its variance is 0 whatever the data.

    >>> layer = BatchNormalization(); layer.build((None, 32)); layer.count_params()
    128
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            axis, epsilon, center, scale, beta_initializer, gamma_initializer, beta_regularizer,
            gamma_regularizer, beta_constraint, gamma_constraint, **kwargs,
        )  # fmt: skip
        if not isinstance(axis, int):
            raise ArgumentError(f"{self.label}: axis must be one int, got {axis!r}")
        if not 0 <= momentum <= 1:
            raise ArgumentError(f"{self.label}: momentum must lie in [0, 1], got {momentum}")
        self.momentum = float(momentum)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.input_spec = InputSpec(min_ndim=2)

    def build(self, input_shape: SymbolicShape) -> None:
        """gamma, beta and the moving mean and variance, one value per channel."""
        (position,) = self._positions(input_shape, (self.axis,))
        channels = input_shape[position] or 0
        self._add_scale_and_shift((channels,))
        self.moving_mean = self.add_weight(
            (channels,), self.moving_mean_initializer, trainable=False, name="moving_mean"
        )
        self.moving_variance = self.add_weight(
            (channels,), self.moving_variance_initializer, trainable=False, name="moving_variance"
        )
        self._channels = channels

    @property
    def formula(self) -> str:
        """Which statistics are in force."""
        if not self._trainable:
            return "frozen: running statistics, never updated"
        return (
            f"biased batch statistics; moving <- {self.momentum:g} * moving + (1 - {self.momentum:g}) * batch"
        )

    def call(self, inputs: Tensor, training: bool = False, activation: str = "linear") -> Tensor:
        """Normalized with the batch's statistics in training, with the running ones otherwise.

        A model whose next layer is an activation passes its name: both are then one pass over memory.
        """
        x = self._to_end(inputs)
        if not (training and self._trainable):
            y = ops.batch_norm_inference(
                x, self.moving_mean, self.moving_variance, self.gamma, self.beta, self.epsilon, activation
            )
            return self._from_end(y)
        if x.size <= self._channels:
            raise ShapeError(
                f"{self.label}: training needs more than one value per channel, got inputs of shape "
                f"{inputs.shape}; use a larger batch, or set trainable = False"
            )
        y, mean, variance = ops.batch_norm(x, self.gamma, self.beta, self.epsilon, activation)
        ops.average_update(self.moving_mean, mean, self.momentum)
        ops.average_update(self.moving_variance, variance, self.momentum)
        return self._from_end(y)


@register
class LayerNormalization(_Normalization):
    """Normalizes each sample over `axis`, by default the last only; axis=(1, 2, 3) takes a whole image.

    gamma and beta have the sizes of the normalized axes.
    """

    supports_masking = True

    def __init__(
        self,
        axis: Any = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(axis, int) and not (
            isinstance(axis, (tuple, list)) and all(isinstance(one, int) for one in axis)
        ):
            raise ArgumentError(f"LayerNormalization: axis must be one int or several, got {axis!r}")
        axes = axis if isinstance(axis, int) else tuple(axis)
        super().__init__(
            axes, epsilon, center, scale, beta_initializer, gamma_initializer, beta_regularizer,
            gamma_regularizer, beta_constraint, gamma_constraint, **kwargs,
        )  # fmt: skip
        self.input_spec = InputSpec(min_ndim=2)

    def build(self, input_shape: SymbolicShape) -> None:
        """gamma and beta, of the sizes of the normalized axes."""
        axes = (self.axis,) if isinstance(self.axis, int) else self.axis
        positions = self._positions(input_shape, axes)
        self._count = len(positions)
        self._add_scale_and_shift(tuple([input_shape[axis] or 0 for axis in positions]))

    def call(self, inputs: Tensor) -> Tensor:
        """Each sample normalized over the axes."""
        y = ops.layer_norm(self._to_end(inputs), self.gamma, self.beta, self.epsilon, self._count)
        return self._from_end(y)


@register
class InstanceNormalization(_Normalization):
    """Normalizes each channel of each sample over its pixels; `axis` is the channels'."""

    def __init__(
        self,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(axis, epsilon, center, scale, **kwargs)
        self.input_spec = InputSpec(min_ndim=3)

    def build(self, input_shape: SymbolicShape) -> None:
        """gamma and beta, one value per channel."""
        (position,) = self._positions(input_shape, (self.axis,))
        self._add_scale_and_shift((input_shape[position] or 0,))

    def call(self, inputs: Tensor) -> Tensor:
        """Each channel of each sample normalized."""
        return self._from_end(ops.instance_norm(self._to_end(inputs), self.gamma, self.beta, self.epsilon))


@register
class GroupNormalization(_Normalization):
    """Normalizes each group of channels of each sample; groups=-1 puts every channel in its own group."""

    supports_masking = True

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            axis, epsilon, center, scale, beta_initializer, gamma_initializer, beta_regularizer,
            gamma_regularizer, beta_constraint, gamma_constraint, **kwargs,
        )  # fmt: skip
        if not isinstance(groups, int) or (groups < 1 and groups != -1):
            raise ArgumentError(f"{self.label}: groups must be a positive int or -1, got {groups!r}")
        self.groups = groups
        self.input_spec = InputSpec(min_ndim=2)

    def build(self, input_shape: SymbolicShape) -> None:
        """gamma and beta, one value per channel."""
        (position,) = self._positions(input_shape, (self.axis,))
        channels = input_shape[position] or 0
        self._groups = channels if self.groups == -1 else self.groups
        if channels % self._groups:
            raise ShapeError(
                f"{self.label}: {channels} channels cannot be split into groups={self.groups} equal groups"
            )
        self._add_scale_and_shift((channels,))

    def call(self, inputs: Tensor) -> Tensor:
        """Each group of channels of each sample normalized."""
        y = ops.group_norm(self._to_end(inputs), self.gamma, self.beta, self._groups, self.epsilon)
        return self._from_end(y)


@register
class UnitNormalization(TensorLayer):
    """x / norm2(x) along `axis`: every vector gets length 1 (N1's unit magnitude)."""

    supports_masking = True
    _same_shape = True

    def __init__(self, axis: Any = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis if isinstance(axis, int) else tuple(axis)

    def call(self, inputs: Tensor) -> Tensor:
        """inputs / max(norm2(inputs), 1e-6), as Keras."""
        squares = ops.sum(ops.square(inputs), self.axis, True)
        return inputs * ops.rsqrt(ops.maximum(squares, math.pow(1e-6, 2)))
