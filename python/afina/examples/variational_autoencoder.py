"""A variational autoencoder (deck D1's example 8.4; Kingma and Welling 2014): images from two numbers each.

The encoder gives a mean and a log variance for each image, a point z is drawn from that Gaussian, the decoder
draws the image again. The cost is the cross-entropy of the pixels plus the divergence of the Gaussian from
N(0, 1):

    -1/2 * mean(1 + log s^2 - m^2 - s^2),   weighted by 0.001 (the example prints -5e-4 * mean(...))

Points between the images then are images, too: the manifold.
"""

from __future__ import annotations

from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np

from .. import Model, layers, ops, optimizers, utils
from .showing import figure, load_digits, main

LATENT, SIDE = 2, 15


class Reconstruction(layers.Layer):
    """Passes the images on and adds the cost of reconstruction and divergence to the model's."""

    def call(self, inputs: Any) -> Any:
        """inputs: images, their reconstructions, means and log variances."""
        image, drawn, mean, log_variance = inputs
        p = ops.clip(drawn, 1e-6, 1.0 - 1e-6)
        pixels = image * ops.log(p) + (1.0 - image) * ops.log(1.0 - p)
        divergence = 1.0 + log_variance - ops.square(mean) - ops.exp(log_variance)
        self.add_loss(ops.mean(pixels) * -1.0 + ops.mean(divergence) * -5e-4)
        return drawn


def draw(inputs: Any) -> Any:
    """z = mean + exp(log variance / 2) * noise: a draw whose gradient reaches mean and variance."""
    mean, log_variance = inputs
    return mean + ops.exp(log_variance * 0.5) * ops.random_normal(mean.shape, 0.0, 1.0, mean.dtype)


def networks(shape: tuple[int, ...]) -> tuple[Any, Any, Any]:
    """The whole, the encoder (to the mean) and the decoder."""
    image = layers.Input(shape=shape)
    x = layers.Conv2D(32, 3, padding="same", activation="relu")(image)
    x = layers.Conv2D(64, 3, padding="same", activation="relu", strides=(2, 2))(x)
    x = layers.Conv2D(64, 3, padding="same", activation="relu")(x)
    before = x.shape
    x = layers.Dense(32, activation="relu")(layers.Flatten()(x))
    mean, log_variance = layers.Dense(LATENT)(x), layers.Dense(LATENT)(x)
    z = layers.Lambda(draw)([mean, log_variance])

    point = layers.Input(shape=(LATENT,))
    y = layers.Dense(int(np.prod(before[1:])), activation="relu")(point)
    y = layers.Reshape(before[1:])(y)
    y = layers.Conv2DTranspose(32, 3, padding="same", activation="relu", strides=(2, 2))(y)
    decoder = Model(point, layers.Conv2D(1, 3, padding="same", activation="sigmoid")(y))

    drawn = Reconstruction()([image, decoder(z), mean, log_variance])
    return Model(image, drawn), Model(image, mean), decoder


def manifold(decoder: Any) -> Any:
    """15 x 15 images at the quantiles 0.05 to 0.95 of the two numbers, as one picture."""
    places = [NormalDist().inv_cdf(share) for share in np.linspace(0.05, 0.95, SIDE)]
    points = np.array([(x, y) for y in places for x in places], "float32")
    images = decoder.predict(points, batch_size=16, verbose=0)[..., 0]
    return np.vstack([np.hstack(list(images[row * SIDE : (row + 1) * SIDE])) for row in range(SIDE)])


def run(quick: bool = False, picture: Path | None = None) -> dict[str, Any]:
    """Train on the digits without labels, and draw the manifold."""
    utils.set_random_seed(0)
    x, _, x_test, y_test = load_digits()
    x, x_test = x[..., None], x_test[..., None]
    model, encoder, decoder = networks(x.shape[1:])
    model.compile(optimizer=optimizers.RMSprop(0.001), loss=None)
    history = model.fit(
        x, None, epochs=4 if quick else 40, batch_size=16, validation_data=(x_test, None), verbose=0
    )
    drawn = decoder.predict(encoder.predict(x_test, verbose=0), verbose=0)
    picture_of_all = manifold(decoder)
    if picture is not None:
        made, axes = figure(3, size=(3.6, 3.6))
        axes[0, 0].imshow(picture_of_all, cmap="gray")
        axes[0, 0].set_title("the manifold")
        axes[0, 0].set_axis_off()
        places = encoder.predict(x_test, verbose=0)
        axes[0, 1].scatter(places[:, 0], places[:, 1], c=y_test, cmap="tab10", s=8)
        axes[0, 1].set_title("where each digit lies")
        both = np.vstack([np.hstack(list(part[:8, ..., 0])) for part in (x_test, drawn)])
        axes[0, 2].imshow(both, cmap="gray")
        axes[0, 2].set_title("test images, and drawn again")
        axes[0, 2].set_axis_off()
        made.savefig(picture, dpi=110)
    mean_image = x.mean(axis=0)
    return {
        "cost_first_epoch": float(history.history["loss"][0]),
        "cost_last_epoch": float(history.history["loss"][-1]),
        "validation_cost": float(history.history["val_loss"][-1]),
        "squared_error": float(np.mean((drawn - x_test) ** 2)),
        "squared_error_of_the_mean_image": float(np.mean((mean_image - x_test) ** 2)),
        "manifold_shape": picture_of_all.shape,
    }


if __name__ == "__main__":
    main(run, "variational_autoencoder")
