"""The content of one image in the style of another (deck D1's example 8.3; Gatys et al. 2016).

The image itself is what is optimized, by SciPy's L-BFGS over one flat loss and gradient. Features are those
of a VGG-shaped network by layer name; without downloaded weights it is random, which keeps the textures'
statistics well enough to show the machinery.

    loss = 0.025 * sum (F - C)^2 at block5_conv2                          content + sum over 5 layers of (G(F)
         - G(S))^2 / (4 * 3^2 * size^2) / 5     style; G(F) = F'F, the Gram matrix + 1e-4 * sum ((right - x)^2
         + (below - x)^2)^1.25                  smoothness
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .. import Model, gradients, layers, ops, tensor, utils
from ..utils.optional import import_optional
from .showing import figure, main

CONTENT_LAYER = "block5_conv2"
STYLE_LAYERS = tuple(f"block{block}_conv1" for block in range(1, 6))
CONTENT_WEIGHT, STYLE_WEIGHT, VARIATION_WEIGHT = 0.025, 1.0, 1e-4
ROUNDS, CALLS = 20, 20


def vgg_shaped(size: int, width: int = 8) -> Any:
    """Convolutions in VGG19's pattern and names, `width` filters in the first block; its features by layer
    name."""
    image = layers.Input(shape=(size, size, 3))
    x, outputs = image, {}
    for block, convolutions in enumerate((2, 2, 4, 4, 4), 1):
        filters = width * min(2 ** (block - 1), 8)
        for number in range(1, convolutions + 1):
            name = f"block{block}_conv{number}"
            start = "he_normal"
            x = layers.Conv2D(
                filters, 3, padding="same", activation="relu", kernel_initializer=start, name=name
            )(x)
            outputs[name] = x
        if block < 5:
            x = layers.AveragePooling2D(2, name=f"block{block}_pool")(x)
    wanted = {name: outputs[name] for name in (*STYLE_LAYERS, CONTENT_LAYER)}
    return Model(image, wanted)


def gram(features: Any) -> Any:
    """(height, width, c) features as the c x c matrix of their products."""
    flat = ops.reshape(features, (-1, features.shape[-1]))
    return ops.matmul(flat, flat, transpose_a=True)


class Evaluator:
    """Loss and gradient of a flat image, as SciPy asks for them: one computation for both."""

    def __init__(self, model: Any, content: Any, style: Any) -> None:
        self.model = model
        self.shape = content.shape
        self.content = self._features(content)[CONTENT_LAYER].detach()
        found = self._features(style)
        self.style = {name: gram(found[name]).detach() for name in STYLE_LAYERS}
        self.calls = 0

    def _features(self, image: Any) -> Any:
        return self.model(tensor(np.asarray(image, self.model.dtype)), training=False)

    def loss(self, image: Any) -> Any:
        """The three terms."""
        found = self.model(image, training=False)
        total = ops.sum(ops.square(found[CONTENT_LAYER] - self.content)) * CONTENT_WEIGHT
        size = float(self.shape[1] * self.shape[2])
        for name in STYLE_LAYERS:
            apart = ops.sum(ops.square(gram(found[name]) - self.style[name]))
            total = total + apart * (STYLE_WEIGHT / len(STYLE_LAYERS) / (4.0 * 3.0**2 * size**2))
        here = image[:, :-1, :-1]
        down, right = ops.square(here - image[:, 1:, :-1]), ops.square(here - image[:, :-1, 1:])
        return total + ops.sum(ops.power(down + right + 1e-8, 1.25)) * VARIATION_WEIGHT

    def __call__(self, flat: Any) -> tuple[float, Any]:
        self.calls += 1
        image = tensor(flat.reshape(self.shape).astype(self.model.dtype), requires_grad=True)
        value = self.loss(image)
        slope = gradients(value, [image])[0]
        assert slope is not None  # the loss depends on the image
        return value.item(), slope.numpy().astype("float64").ravel()


def pictures(size: int) -> tuple[Any, Any]:
    """A content image (a disc and a square) and a style image (coloured stripes), in [-128, 128]."""
    y, x = np.mgrid[0:size, 0:size] / size
    disc = ((x - 0.35) ** 2 + (y - 0.4) ** 2 < 0.05)[..., None] * np.array([1.4, 1.0, 0.2])
    square = ((abs(x - 0.7) < 0.18) & (abs(y - 0.7) < 0.18))[..., None] * np.array([0.2, 0.8, 1.4])
    content = np.clip(disc + square - 0.6, -1, 1)
    waves = [np.sin(2 * np.pi * (f * x + g * y)) for f, g in ((8, 4), (5, -7), (3, 9))]
    style = np.stack(waves, axis=-1)
    return tuple(128.0 * image[None].astype("float32") for image in (content, style))  # type: ignore[return-value]


def run(quick: bool = False, picture: Path | None = None) -> dict[str, Any]:
    """Optimize an image from the content towards the style; the loss falls more than ten times."""
    optimize = import_optional("scipy.optimize", "style transfer")
    utils.set_random_seed(0)
    size = 32 if quick else 96
    content, style = pictures(size)
    evaluator = Evaluator(vgg_shaped(size), content, style)
    flat = content.astype("float64").ravel()
    first, _ = evaluator(flat)
    losses = [first]
    for _ in range(6 if quick else ROUNDS):
        flat, value, _ = optimize.fmin_l_bfgs_b(evaluator, flat, maxfun=CALLS)
        losses.append(float(value))
    if picture is not None:
        made, axes = figure(4, size=(3.2, 3.2))
        shown = (
            (content, "content"),
            (style, "style"),
            (flat.reshape(content.shape), "content in that style"),
        )
        for axis, (image, title) in zip(axes[0], shown, strict=False):
            axis.imshow(np.clip(np.asarray(image)[0] / 256.0 + 0.5, 0, 1))
            axis.set_title(title)
            axis.set_axis_off()
        axes[0, 3].plot(losses, "o-", color="#1f5fa8")
        axes[0, 3].set(yscale="log", xlabel="round of L-BFGS", ylabel="loss")
        made.savefig(picture, dpi=110)
    return {
        "first_loss": first,
        "last_loss": losses[-1],
        "fell_by_a_factor_of": first / losses[-1],
        "evaluations": evaluator.calls,
    }


if __name__ == "__main__":
    main(run, "style_transfer")
