"""An image that looks the same to us and is another class to the network (deck D0; Goodfellow et al. 2015).

    x' = x + eps * sign(d log p(target | x) / dx)

moves every pixel by at most eps = 0.05. In many dimensions these small steps add up: the log-probability
changes by eps times the sum of the gradient's absolute values.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .. import Sequential, gradients, layers, ops, optimizers, tensor, utils
from .showing import figure, load_digits, main

EPSILON = 0.05


def input_gradient(model: Any, x: Any, target: int) -> Any:
    """d log p(target | x) / dx for images x (n, ...); the model ends with a softmax."""
    image = tensor(np.asarray(x, "float32"), requires_grad=True)
    probabilities = model(image, training=False)
    found = gradients(ops.sum(ops.log(probabilities[:, target])), [image])[0]
    assert found is not None  # the probability depends on the image
    return found.numpy()


def fast_gradient_sign(model: Any, x: Any, target: int, epsilon: float = EPSILON) -> Any:
    """x moved by epsilon a pixel towards the class `target`."""
    return np.asarray(x, "float32") + np.float32(epsilon) * np.sign(input_gradient(model, x, target))


def run(quick: bool = False, picture: Path | None = None) -> dict[str, Any]:
    """Train on large digits, then turn one into another class with steps of 0.05 a pixel."""
    utils.set_random_seed(0)
    x, y, x_test, y_test = load_digits(scale=8)
    model = Sequential(
        [
            layers.Flatten(input_shape=x.shape[1:]),
            layers.Dense(128, "relu", kernel_initializer="he_normal"),
            layers.Dense(10, "softmax"),
        ]
    )
    model.compile(optimizers.Adam(0.001), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=3 if quick else 8, batch_size=32, verbose=0)
    accuracy = model.evaluate(x_test, y_test, verbose=0)[1]
    before = model.predict(x_test, verbose=0)
    sure = (before.argmax(1) == y_test) & (before.max(1) > 0.7)
    best: tuple[float, int, int] = (0.0, 0, 0)
    for target in range(10):
        rows = np.flatnonzero(sure & (y_test != target) & (before[:, target] < 0.05))
        after = model.predict(fast_gradient_sign(model, x_test[rows], target), verbose=0)[:, target]
        best = max(best, (float(after.max()), int(rows[after.argmax()]), target))
    raised, row, target = best
    changed = fast_gradient_sign(model, x_test[row : row + 1], target)[0]
    if picture is not None:
        _draw(picture, x_test[row], changed, before[row], model.predict(changed[None], verbose=0)[0])
    return {
        "test_accuracy": float(accuracy),
        "true_class": int(y_test[row]),
        "target_class": target,
        "target_probability_before": float(before[row, target]),
        "target_probability_after": raised,
        "largest_change_of_a_pixel": float(np.abs(changed - x_test[row]).max()),
    }


def _draw(picture: Path, image: Any, changed: Any, before: Any, after: Any) -> None:
    made, axes = figure(3)
    panels = [
        (image, f"{before.argmax()}: {before.max():.0%}", (0, 1)),
        (changed - image, f"the change, at most {EPSILON}", (-EPSILON, EPSILON)),
        (changed, f"{after.argmax()}: {after.max():.0%}", (0, 1)),
    ]
    for panel, (values, title, limits) in zip(axes[0], panels, strict=True):
        panel.imshow(values, cmap="gray", vmin=limits[0], vmax=limits[1])
        panel.set_title(title)
        panel.set_axis_off()
    made.savefig(picture, dpi=110)


if __name__ == "__main__":
    main(run, "adversarial")
