"""A small model with every layer type, and a short training of it down to one hash."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

import afina
from afina import Model, layers, optimizers

sys.path.insert(0, str(Path(__file__).parent))

from op_calls import digest


def image_branch(images: Any) -> list[Any]:
    """Convolutions, pooling, normalizations and borders."""
    x = layers.Rescaling(0.5, 0.1)(images)
    x = layers.Conv2D(8, 3, padding="same", activation="relu", kernel_regularizer="l2")(x)
    x = layers.BatchNormalization()(x)
    x = layers.DepthwiseConv2D(3, activation="tanh")(x)
    x = layers.SpatialDropout2D(0.2)(x)
    x = layers.SeparableConv2D(8, 3, padding="same", activation="gelu")(x)
    x = layers.GroupNormalization(2)(x)
    x = layers.ZeroPadding2D(1)(x)
    x = layers.MaxPooling2D(2)(x)
    x = layers.InstanceNormalization()(x)
    x = layers.Conv2DTranspose(8, 2, strides=2)(layers.AveragePooling2D(2)(layers.UpSampling2D(2)(x)))
    x = layers.Cropping2D(1)(x)
    x = layers.AveragePooling2D(2)(x)
    x = layers.Permute((2, 1, 3))(x)
    x = layers.PReLU(shared_axes=[1, 2])(x)
    flat = layers.Flatten()(layers.Reshape((-1, 4))(x))
    return [layers.GlobalMaxPooling2D()(x), layers.GlobalAveragePooling2D()(x), flat]


def augmented_branch(images: Any) -> list[Any]:
    """What changes images in training and prepares them always."""
    geometry = [
        *(layers.RandomFlip(), layers.RandomRotation(0.1), layers.RandomZoom(0.1)),
        *(layers.RandomTranslation(0.1, 0.1), layers.RandomShear(0.1, 0.1)),
    ]
    channels = layers.PreparedImages("torch")(layers.Conv2D(3, 1)(layers.Pipeline(geometry)(images)))
    bounds = (-3.0, 3.0)
    colors = layers.RandomPCAColor(0.1, bounds)
    colors.adapt(np.random.default_rng(4).standard_normal((16, 4, 4, 3)).astype("float32"))
    for layer in (
        layers.RandomBrightness(0.1, bounds),
        layers.RandomContrast(0.1, bounds),
        layers.RandomChannelShift(0.1, bounds),
        layers.RandomNoise(0.05, bounds),
        colors,
        layers.RandomElasticTransform(),
        layers.RandomErasing(value_range=bounds),
        layers.RandomCrop(10, 10),
        layers.CenterCrop(9, 9),
        layers.Resizing(6, 6),
        layers.Normalization(mean=0.1, variance=2.0),
        layers.MinMaxNormalization(minimum=-3.0, maximum=3.0),
    ):
        channels = layer(channels)
    return [layers.GlobalAveragePooling2D()(channels)]


def row_branch(rows: Any) -> Any:
    """Dense layers, activations and noise."""
    r = layers.GaussianNoise(0.1)(rows)
    r = layers.Dense(8, kernel_initializer="he_normal", kernel_constraint="max_norm")(r)
    r = layers.LayerNormalization()(layers.LeakyReLU()(r))
    r = layers.ELU()(layers.ReLU(6.0)(layers.Activation("softplus")(r)))
    r = layers.GaussianDropout(0.1)(layers.ActivityRegularization(l2=0.01)(r))
    alike = layers.SoftSharing([layers.Dense(8), layers.Dense(8)])([r, r])
    r = layers.Add()([r, *alike])
    return layers.Lambda(lambda t: t * 1.5)(layers.UnitNormalization()(r))


def word_branch(words: Any) -> Any:
    """Words as vectors."""
    w = layers.Flatten()(layers.Embedding(11, 4)(words))
    w = layers.Dense(8)(w)
    return layers.Flatten()(layers.RepeatVector(2)(w))[:, :8]


def recurrent_branch(words: Any, rows: Any) -> Any:
    """Recurrent layers, with and without masks."""
    hidden = layers.Embedding(11, 4, mask_zero=True)(words)
    s = layers.LSTM(4, return_sequences=True, dropout=0.1, recurrent_dropout=0.1)(hidden)
    steps = layers.Masking()(layers.Reshape((2, 3))(rows))
    s = layers.RNN([layers.LSTMCell(3), layers.LSTMCell(2)])(s)
    both = layers.Bidirectional(layers.GRU(3, return_sequences=True, reset_after=False))(hidden)
    both = layers.SimpleRNN(3)(
        layers.TimeDistributed(layers.Dense(4))(layers.GRU(3, return_sequences=True)(both))
    )
    cells = layers.RNN([layers.GRUCell(3), layers.SimpleRNNCell(2)])(steps)
    return layers.Concatenate()([s, both, cells, layers.LSTM(2, go_backwards=True)(steps)])


def sequence_branch(words: Any) -> list[Any]:
    """Convolutions along a sequence, and attention."""
    s = layers.SpatialDropout1D(0.1)(layers.Embedding(11, 4)(words))
    s = layers.Conv1D(6, 3, padding="causal", activation="relu")(s)
    s = layers.SeparableConv1D(6, 2, padding="same")(layers.DepthwiseConv1D(2, padding="same")(s))
    s = layers.Conv1DTranspose(6, 2, strides=2)(s)
    s = layers.Cropping1D(1)(layers.ZeroPadding1D(2)(s))
    s = layers.MaxPooling1D(2)(layers.AveragePooling1D(2)(layers.UpSampling1D(2)(s)))
    t = layers.MultiHeadAttention(2, 3, dropout=0.1)(s, s)
    t = layers.Add()([layers.Attention()([t, s]), layers.AdditiveAttention()([t, s])])
    return [layers.GlobalAveragePooling1D()(t), layers.GlobalMaxPooling1D()(t)]


def sound_branch(rows: Any) -> list[Any]:
    """Rows of numbers taken for sounds."""
    sound = layers.Dense(64)(rows)
    power = layers.STFTSpectrogram(frame_length=16, frame_step=8)(sound)
    mel = layers.MelSpectrogram(
        fft_length=16, sequence_stride=8, num_mel_bins=5, sampling_rate=800, min_freq=20.0
    )(sound)
    return [layers.Flatten()(layers.SpecAugment(2, 2)(s)) for s in (power, mel)]


def every_layer() -> Any:
    """Images, rows and words in; two outputs. tests below check that no layer of the library is missing."""
    images = afina.Input((12, 12, 4), name="images")
    rows = afina.Input((6,), name="rows")
    words = afina.Input((5,), dtype="int32", name="words")
    r, w = row_branch(rows), word_branch(words)
    merged = [
        kind()([r, w])
        for kind in (
            *(layers.Add, layers.Subtract, layers.Multiply, layers.Average),
            *(layers.Maximum, layers.Minimum, layers.Concatenate),
        )
    ]
    branches = [
        *image_branch(images),
        *augmented_branch(images),
        recurrent_branch(words, rows),
        *sequence_branch(words),
        *sound_branch(rows),
    ]
    together = layers.Concatenate()([*branches, layers.Dot(1)([r, w]), *merged])
    together = layers.Dropout(0.3)(together)
    together = layers.Dense(16, activation="selu")(together)
    classes = layers.Softmax(name="classes")(layers.Dense(3)(together))
    value = layers.Dense(1, name="value")(together + 0.5)
    return Model([images, rows, words], [classes, value])


def data(count: int = 24) -> tuple[list[Any], list[Any]]:
    rng = np.random.default_rng(5)
    inputs = [
        rng.standard_normal((count, 12, 12, 4)).astype("float32"),
        rng.standard_normal((count, 6)).astype("float32"),
        rng.integers(0, 11, (count, 5)).astype("int32"),
    ]
    return inputs, [rng.integers(0, 3, count), rng.standard_normal((count, 1)).astype("float32")]


def trained(epochs: int = 2) -> str:
    """One hash of all weights, slots, the history and the predictions after a short training."""
    afina.utils.set_random_seed(3)
    model = every_layer()
    model.compile(
        optimizers.Adam(0.01, clipnorm=1.0),
        ["sparse_categorical_crossentropy", "mse"],
        metrics=[["accuracy"], ["mae"]],
    )
    x, y = data()
    history = model.fit(x, y, batch_size=8, epochs=epochs, verbose=0)
    parts = [np.asarray(weight).tobytes() for weight in model.get_weights()]
    parts += [slot.numpy().tobytes() for values in model.optimizer.slots.values() for slot in values]
    parts += [repr(sorted(history.history.items())).encode()]
    parts += [np.asarray(found).tobytes() for found in model.predict(x, verbose=0)]
    return digest(parts)


if __name__ == "__main__":
    print(trained())
