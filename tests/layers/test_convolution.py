"""Convolution layers against plain loops in float64."""

import numpy as np
import pytest

import afina
from afina.errors import ArgumentError, ShapeError
from afina.layers import Conv1D, Conv2D, DepthwiseConv2D, Input, MaxPooling2D, SeparableConv2D


def convolve(x, kernel, stride=1, dilation=1, padding="valid", groups=1):
    """The sum over window and channels, written as loops; x NHWC, kernel HWIO."""
    kh, kw, per_group, filters = kernel.shape
    reach_h, reach_w = (kh - 1) * dilation + 1, (kw - 1) * dilation + 1
    if padding == "same":
        pads = []
        for n, reach in ((x.shape[1], reach_h), (x.shape[2], reach_w)):
            total = max((-(-n // stride) - 1) * stride + reach - n, 0)
            pads.append((total // 2, total - total // 2))
        x = np.pad(x, ((0, 0), *pads, (0, 0)))
    rows, columns = (x.shape[1] - reach_h) // stride + 1, (x.shape[2] - reach_w) // stride + 1
    y = np.zeros((x.shape[0], rows, columns, filters))
    share = filters // groups
    for i in range(rows):
        for j in range(columns):
            top, left = i * stride, j * stride
            window = x[:, top : top + reach_h : dilation, left : left + reach_w : dilation]
            for g in range(groups):
                part = window[..., g * per_group : (g + 1) * per_group]
                out = slice(g * share, (g + 1) * share)
                y[:, i, j, out] = np.tensordot(part, kernel[..., out], axes=3)
    return y


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 2)])
@pytest.mark.parametrize("groups", [1, 2])
def test_conv2d_is_the_sum_over_window_and_channels(padding, stride, dilation, groups, rng):
    layer = Conv2D(
        6, 3, stride, padding, dilation_rate=dilation, groups=groups, bias_initializer="ones", dtype="float64"
    )
    x = rng.standard_normal((2, 8, 7, 4))
    y = layer(x)
    expected = convolve(x, layer.kernel.numpy(), stride, dilation, padding, groups) + 1
    np.testing.assert_allclose(y.numpy(), expected, atol=1e-12)
    assert layer.compute_output_shape((None, 8, 7, 4)) == (None, *expected.shape[1:])


def test_channels_first_is_the_same_convolution_on_transposed_images(rng):
    x = rng.standard_normal((2, 3, 8, 7))
    first = Conv2D(4, (3, 2), activation="relu", data_format="channels_first", dtype="float64")
    y = first(x)
    last = Conv2D(4, (3, 2), activation="relu", dtype="float64")
    last.build((None, 8, 7, 3))
    last.set_weights(first.get_weights())
    np.testing.assert_array_equal(y.numpy(), last(x.transpose(0, 2, 3, 1)).numpy().transpose(0, 3, 1, 2))
    assert first.compute_output_shape((None, 3, 8, 7)) == (None, *y.shape[1:])


def test_the_global_image_data_format_holds_for_new_layers():
    afina.config.set_image_data_format("channels_first")
    try:
        assert Conv2D(4, 3)(Input(shape=(1, 28, 28))).shape == (None, 4, 26, 26)
        assert MaxPooling2D()(Input(shape=(1, 28, 28))).shape == (None, 1, 14, 14)
    finally:
        afina.config.set_image_data_format("channels_last")
    assert Conv2D(4, 3).data_format == "channels_last"


def test_depthwise_convolution_treats_each_channel_alone(rng):
    layer = DepthwiseConv2D(3, depth_multiplier=2, use_bias=False, dtype="float64")
    x = rng.standard_normal((2, 6, 6, 3))
    y = layer(x).numpy()
    kernel = layer.kernel.numpy()
    for c in range(3):
        expected = convolve(x[..., c : c + 1], kernel[:, :, c : c + 1, :])
        np.testing.assert_allclose(y[..., 2 * c : 2 * c + 2], expected, atol=1e-12)


def test_separable_convolution_is_depthwise_then_one_by_one(rng):
    layer = SeparableConv2D(5, 3, padding="same", dtype="float64")
    x = rng.standard_normal((1, 6, 6, 3))
    y = layer(x).numpy()
    depthwise, pointwise, bias = layer.get_weights()
    parts = [convolve(x[..., c : c + 1], depthwise[:, :, c : c + 1], padding="same") for c in range(3)]
    np.testing.assert_allclose(y, convolve(np.concatenate(parts, -1), pointwise) + bias, atol=1e-12)
    assert layer.count_params() == 3 * 3 * 3 + 3 * 5 + 5


@pytest.mark.parametrize("kind", [Conv2D, Conv1D])
def test_margins_as_padding_are_zeros_around_the_image(kind, rng):
    image = kind is Conv2D
    x = rng.normal(size=(2, 7, 6, 3) if image else (2, 7, 3)).astype("float32")
    margins = ((1, 0), (2, 1)) if image else ((2, 1),)
    layer = kind(4, 3, 2, margins)
    padded = np.pad(x, ((0, 0), *margins, (0, 0)))
    y = layer(x).numpy()
    plain = kind(4, 3, 2)
    plain.build(padded.shape)
    plain.set_weights(layer.get_weights())
    np.testing.assert_allclose(y, plain(padded).numpy(), rtol=1e-5, atol=1e-6)
    assert layer.compute_output_shape(x.shape) == y.shape


def test_a_wrong_rank_or_number_of_channels_is_named():
    layer = Conv2D(4, 3, name="stem")
    with pytest.raises(ShapeError, match=r"Conv2D 'stem': inputs must have rank 4 .* got rank 3"):
        layer(np.ones((8, 8, 3), "float32"))
    layer(np.ones((1, 8, 8, 3), "float32"))
    with pytest.raises(ShapeError, match=r"Conv2D 'stem': inputs must have size 3 on axis -1, got 1"):
        layer(afina.tensor(np.ones((1, 8, 8, 1), "float32")))


def test_a_window_larger_than_the_image_is_named():
    with pytest.raises(ShapeError, match=r"Conv2D 'big': a window of \(9, 9\) .* 8 x 8 pixels"):
        Conv2D(4, 9, name="big")(Input(shape=(8, 8, 3)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"filters": 0, "kernel_size": 3}, "filters must be a positive int"),
        ({"filters": 4, "kernel_size": 0}, "kernel_size must be an int or two ints"),
        ({"filters": 4, "kernel_size": (3, 3, 3)}, "kernel_size must be an int or two ints"),
        ({"filters": 4, "kernel_size": 3, "strides": -1}, "strides must be"),
        ({"filters": 4, "kernel_size": 3, "padding": "full"}, "padding must be 'valid' or 'same'"),
        ({"filters": 4, "kernel_size": 3, "groups": 3}, "must be a multiple of groups"),
        ({"filters": 4, "kernel_size": 3, "data_format": "NHWC"}, "data_format: must be one of"),
        ({"filters": 4, "kernel_size": 3, "kernel_sise": 3}, "unknown argument 'kernel_sise'"),
        ({"filters": 4, "kernel_size": 3, "activation": "rleu"}, "activation: must be one of"),
    ],
)
def test_a_wrong_argument_is_refused_with_its_name(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        Conv2D(**arguments)


def test_mixed_layouts_are_warned_of_through_the_layers_between():
    x = Conv2D(4, 3, data_format="channels_first")(Input(shape=(1, 28, 28)))
    x = afina.layers.Dropout(0.5)(afina.layers.BatchNormalization(axis=1)(x))
    with pytest.warns(UserWarning, match="makes channels_first.*channels as pixels"):
        MaxPooling2D()(x)


def test_layouts_that_agree_give_no_warning():
    x = Conv2D(4, 3, data_format="channels_first")(Input(shape=(1, 28, 28)))
    MaxPooling2D(data_format="channels_first")(x)
