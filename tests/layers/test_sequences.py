"""Layers on sequences are those on images of height one; causal convolutions do not look ahead."""

import numpy as np
import pytest

from afina import layers
from afina.errors import ArgumentError, ShapeError

X = np.random.default_rng(4).standard_normal((2, 9, 4)).astype("float32")


def of_images(name, options):
    """The layer on images that does the same to a height of one."""
    lifted = {}
    for key, value in options.items():
        if key in {"kernel_size", "strides", "dilation_rate", "pool_size"}:
            value = (1, value)  # noqa: PLW2901
        elif key in {"padding", "cropping"} and not isinstance(value, str):
            value = ((0, 0), value)  # noqa: PLW2901
        elif key == "output_padding":
            value = (0, value)  # noqa: PLW2901
        elif key == "size":
            value = (1, value)  # noqa: PLW2901
        lifted[key] = value
    return getattr(layers, name.replace("1D", "2D"))(**lifted)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("Conv1D", {"filters": 3, "kernel_size": 3, "strides": 2, "padding": "same"}),
        ("Conv1D", {"filters": 4, "kernel_size": 2, "dilation_rate": 3, "groups": 2}),
        ("DepthwiseConv1D", {"kernel_size": 3, "depth_multiplier": 2, "strides": 2}),
        ("SeparableConv1D", {"filters": 5, "kernel_size": 3, "padding": "same", "activation": "relu"}),
        ("Conv1DTranspose", {"filters": 3, "kernel_size": 3, "strides": 2, "output_padding": 1}),
        ("Conv1DTranspose", {"filters": 3, "kernel_size": 2, "strides": 3, "padding": "same"}),
        ("MaxPooling1D", {"pool_size": 3, "strides": 2, "padding": "same"}),
        ("AveragePooling1D", {"pool_size": 2}),
        ("GlobalAveragePooling1D", {}),
        ("GlobalMaxPooling1D", {}),
        ("ZeroPadding1D", {"padding": (1, 3)}),
        ("Cropping1D", {"cropping": (2, 1)}),
        ("UpSampling1D", {"size": 3}),
    ],
)
def test_a_layer_on_sequences_is_that_on_images_of_height_one(name, options):
    layer, image = getattr(layers, name)(**options), of_images(name, options)
    layer(X)
    image(X[:, None])
    image.set_weights([w[None] if w.ndim > 1 else w for w in layer.get_weights()])
    wanted = image(X[:, None]).numpy()
    np.testing.assert_array_equal(layer(X).numpy(), wanted if wanted.ndim == 2 else wanted[:, 0])


@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_causal_convolution_sees_no_later_step(stride, dilation):
    layer = layers.Conv1D(3, 3, stride, "causal", dilation_rate=dilation)
    y = layer(X).numpy()
    assert y.shape == (2, -(-9 // stride), 3)
    changed = X.copy()
    changed[:, 5:] += 1
    same = (layer(changed).numpy() == y).all(axis=(0, 2))
    seen = [stride * step < 5 for step in range(y.shape[1])]
    assert same.tolist() == seen
    kernel, bias = layer.get_weights()
    first = X[:, 0] @ kernel[-1] + bias  # the last tap is the present
    np.testing.assert_allclose(y[:, 0], first, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_global_pooling_leaves_masked_steps_out(data_format, keepdims):
    x = X - 5.0  # all negative: a masked step must not win by being zero
    mask = np.arange(9) < np.array([[4], [0]])
    for name, wanted in (
        ("GlobalAveragePooling1D", x[0, :4].mean(axis=0)),
        ("GlobalMaxPooling1D", x[0, :4].max(axis=0)),
    ):
        layer = getattr(layers, name)(data_format=data_format, keepdims=keepdims)
        first = data_format == "channels_first"
        y = layer(x.transpose(0, 2, 1) if first else x, mask=mask).numpy()
        assert y.shape == (((2, 4, 1) if first else (2, 1, 4)) if keepdims else (2, 4))
        np.testing.assert_allclose(y.reshape(2, 4), [wanted, np.zeros(4)], rtol=1e-5)
    tokens = layers.Embedding(5, 3, mask_zero=True)(np.array([[3, 1, 0]]))
    np.testing.assert_allclose(
        layers.GlobalAveragePooling1D()(tokens).numpy(), tokens.numpy()[:, :2].mean(axis=1), rtol=1e-5
    )


def test_dropped_channels_of_a_sequence_are_dropped_at_every_step():
    y = layers.SpatialDropout1D(0.5, seed=2)(np.ones((8, 9, 16), "float32"), training=True).numpy()
    assert set(np.unique(y)) == {0.0, 2.0}
    assert (y == y[:, :1]).all()


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda: layers.Conv1D(3, (2, 2)), ArgumentError, r"kernel_size must be an int of .* got \(2, 2\)"),
        (lambda: layers.Conv1D(3, 2, padding="full"), ArgumentError, "must be 'valid', 'same' or 'causal'"),
        (lambda: layers.DepthwiseConv1D(2, padding="causal"), ArgumentError, "must be 'valid' or 'same'"),
        (lambda: layers.Conv1D(3, 10)(X), ShapeError, "does not fit"),
        (lambda: layers.Conv1D(3, 2)(X[0]), ShapeError, "rank 3"),
        (lambda: layers.Conv1D(3, 2)(X[None]), ShapeError, "rank 3"),
        (
            lambda: layers.Conv1DTranspose(3, 2, 2, output_padding=2),
            ArgumentError,
            "output_padding must be less",
        ),
        (lambda: layers.Cropping1D(5)(X), ShapeError, "leaves nothing of shape"),
        (lambda: layers.UpSampling2D(2, interpolation="cubic"), ArgumentError, "'nearest' or 'bilinear'"),
    ],
)
def test_a_mistake_is_named(make, error, match):
    with pytest.raises(error, match=match):
        make()


def test_a_second_call_with_another_rank_is_refused_too():
    for layer in (
        layers.Conv1D(3, 2),
        layers.Conv2D(3, (1, 2)),
        layers.MaxPooling1D(),
        layers.MaxPooling2D(1),
    ):
        x = X if layer.rank == 1 else X[:, None]
        layer(x)
        for wrong in (x[0], x[None]):
            with pytest.raises(ShapeError):
                layer(wrong)
