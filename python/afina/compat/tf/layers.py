"""The functions of `tf.layers`, which is gone from TensorFlow 2: each makes a layer and calls it on its
input."""

from __future__ import annotations

from typing import Any

from ... import layers
from ...errors import ArgumentError
from ...layers.symbolic import SymbolicTensor
from ...refusal import shown


def _applied(who: str, layer: Any, inputs: Any, **options: Any) -> Any:
    """The layer's output; the input must be symbolic, or its weights would be lost with the layer."""
    if not isinstance(inputs, SymbolicTensor):
        raise ArgumentError(
            f"tf.layers.{who}: inputs must come from afina.Input or another layer, got {shown(inputs)}"
        )
    return layer(inputs, **options)


def conv2d(
    inputs: Any,
    filters: int,
    kernel_size: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str = "channels_last",
    dilation_rate: Any = (1, 1),
    activation: Any = None,
    use_bias: bool = True,
    kernel_initializer: Any = None,
    bias_initializer: Any = "zeros",
    kernel_regularizer: Any = None,
    bias_regularizer: Any = None,
    activity_regularizer: Any = None,
    kernel_constraint: Any = None,
    bias_constraint: Any = None,
    trainable: bool = True,
    name: str | None = None,
) -> Any:
    """activation(convolution of `inputs` with a new kernel + bias), as `afina.layers.Conv2D` computes it.

    >>> from afina import layers as keras_layers
    >>> from afina.compat import tf
    >>> x = keras_layers.Input(shape=(28, 28, 1))
    >>> tf.layers.conv2d(x, filters=32, kernel_size=[5, 5], padding="same", activation=tf.nn.relu).shape
    (None, 28, 28, 32)
    """
    layer = layers.Conv2D(
        filters, _pair(kernel_size), _pair(strides), padding, data_format, _pair(dilation_rate),
        activation=activation, use_bias=use_bias,
        kernel_initializer=kernel_initializer or "glorot_uniform", bias_initializer=bias_initializer,
        kernel_regularizer=kernel_regularizer, bias_regularizer=bias_regularizer,
        activity_regularizer=activity_regularizer, kernel_constraint=kernel_constraint,
        bias_constraint=bias_constraint, trainable=trainable, name=name,
    )  # fmt: skip
    return _applied("conv2d", layer, inputs)


def dense(
    inputs: Any,
    units: int,
    activation: Any = None,
    use_bias: bool = True,
    kernel_initializer: Any = None,
    bias_initializer: Any = "zeros",
    kernel_regularizer: Any = None,
    bias_regularizer: Any = None,
    trainable: bool = True,
    name: str | None = None,
) -> Any:
    """activation(inputs @ kernel + bias), as `afina.layers.Dense` computes it."""
    layer = layers.Dense(
        units, activation, use_bias, kernel_initializer or "glorot_uniform", bias_initializer,
        kernel_regularizer, bias_regularizer, trainable=trainable, name=name,
    )  # fmt: skip
    return _applied("dense", layer, inputs)


def max_pooling2d(
    inputs: Any,
    pool_size: Any,
    strides: Any,
    padding: str = "valid",
    data_format: str = "channels_last",
    name: str | None = None,
) -> Any:
    """The largest value of each window."""
    layer = layers.MaxPooling2D(_pair(pool_size), _pair(strides), padding, data_format, name=name)
    return _applied("max_pooling2d", layer, inputs)


def average_pooling2d(
    inputs: Any,
    pool_size: Any,
    strides: Any,
    padding: str = "valid",
    data_format: str = "channels_last",
    name: str | None = None,
) -> Any:
    """The mean of each window."""
    layer = layers.AveragePooling2D(_pair(pool_size), _pair(strides), padding, data_format, name=name)
    return _applied("average_pooling2d", layer, inputs)


def flatten(inputs: Any, name: str | None = None) -> Any:
    """All axes but the batch as one."""
    return _applied("flatten", layers.Flatten(name=name), inputs)


def dropout(inputs: Any, rate: float = 0.5, seed: int | None = None, name: str | None = None) -> Any:
    """Values dropped with probability `rate` while the model trains; `fit` says when that is."""
    return _applied("dropout", layers.Dropout(rate, seed=seed, name=name), inputs)


def batch_normalization(
    inputs: Any, axis: int = -1, momentum: float = 0.99, epsilon: float = 1e-3, name: str | None = None
) -> Any:
    """Each channel normalized over the batch; while the model trains, by the batch's own statistics."""
    return _applied(
        "batch_normalization", layers.BatchNormalization(axis, momentum, epsilon, name=name), inputs
    )


def _pair(value: Any) -> Any:
    """TensorFlow 1 took lists where tuples are meant."""
    return tuple(value) if isinstance(value, list) else value
