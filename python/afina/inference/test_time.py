"""Predictions from several views of each example: augmented copies, crops, dropout masks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import random
from ..data.order import check_seed, generator
from ..errors import ArgumentError, ShapeError
from ..layers import Dropout, GaussianDropout
from ..layers.watching import replaced_calls
from ..refusal import numbers, shown
from ..training.options import check_counts
from .combining import Array, Combine, check_combine, combined, one_output

Augment = Callable[[Array, np.random.Generator], Array]
MOST_CROPS = (1, 5, 10)


def predict_augmented(
    model: Any,
    x: Any,
    augment: Augment | None = None,
    copies: int = 10,
    combine: Combine = "mean",
    *,
    seed: int = 0,
    batch_size: int | None = None,
) -> Array:
    """Predict `copies` augmented copies of each example and combine (deck D0).

    augment(x, generator) returns changed examples of the same shape; None leaves them as they are, so that
    one copy is plain `predict`. Copy i uses the generator of (seed, i). combine: "mean", "median", "vote"
    (majority) or a function.

    >>> from afina import Sequential, layers
    >>> model = Sequential([layers.Dense(2, input_shape=(3,))])
    >>> predict_augmented(model, np.ones((5, 3)), lambda x, g: x + g.normal(size=x.shape), copies=4).shape
    (5, 2)
    """
    who = "predict_augmented"
    check_counts(who, 1, optional=False, copies=copies)
    check_combine(who, combine)
    seed = check_seed(seed, who)
    if augment is not None and not callable(augment):
        raise ArgumentError(f"{who}: augment must be a function or None, got {shown(augment)}")
    examples = np.asarray(numbers(who, "x", x))
    found = []
    for number in range(copies):
        views = examples if augment is None else np.asarray(augment(examples, generator(seed, number, 0)))
        if views.shape[:1] != examples.shape[:1]:
            raise ShapeError(f"{who}: augment must return {len(examples)} examples, got shape {views.shape}")
        found.append(one_output(who, model.predict(views, batch_size=batch_size, verbose=0)))
    return (
        found[0]
        if copies == 1 and not callable(combine) and combine != "vote"
        else combined(np.stack(found), combine)
    )


def crops(images: Any, size: int | tuple[int, int], count: int = 10) -> Array:
    """Views (n, count, height, width, channels) of images (n, H, W, channels).

    count 10: top left, top right, bottom left, bottom right, centre, then the same of the mirrored image (the
    order of torchvision's TenCrop); 5: the first five; 1: the centre.

    >>> crops(np.arange(9.0).reshape(1, 3, 3, 1), 2, count=5)[0, :, 0, 0, 0].tolist()
    [0.0, 1.0, 3.0, 4.0, 0.0]
    """
    array = np.asarray(numbers("crops", "images", images))
    if array.ndim != 4:
        raise ShapeError(f"crops: images must have shape (n, height, width, channels), got {array.shape}")
    if count not in MOST_CROPS:
        raise ArgumentError(f"crops: count must be one of {MOST_CROPS}, got {count!r}")
    height, width = (size, size) if isinstance(size, int) else size
    check_counts("crops", 1, optional=False, size=height)
    check_counts("crops", 1, optional=False, size=width)
    rest, side = array.shape[1] - height, array.shape[2] - width
    if rest < 0 or side < 0:
        raise ShapeError(f"crops: size ({height}, {width}) is larger than the images {array.shape[1:3]}")
    centre = (round(rest / 2), round(side / 2))
    corners = [(0, 0), (0, side), (rest, 0), (rest, side), centre]
    views = [array, array[:, :, ::-1]] if count == 10 else [array]
    places = [centre] if count == 1 else corners
    return np.stack([view[:, y : y + height, x : x + width] for view in views for y, x in places], axis=1)


def predict_crops(
    model: Any,
    images: Any,
    size: int | tuple[int, int],
    count: int = 10,
    combine: Combine = "mean",
    *,
    batch_size: int | None = None,
) -> Array:
    """Predict the `crops` of each image and combine (deck D2: mirror and ten crops, or fewer, averaged).

    >>> from afina import Sequential, layers
    >>> model = Sequential([layers.Flatten(input_shape=(4, 4, 1)), layers.Dense(2)])
    >>> predict_crops(model, np.ones((3, 6, 6, 1)), 4).shape
    (3, 2)
    """
    check_combine("predict_crops", combine)
    views = crops(images, size, count)
    flat = views.reshape(-1, *views.shape[2:])
    found = one_output("predict_crops", model.predict(flat, batch_size=batch_size, verbose=0))
    return combined(np.moveaxis(found.reshape(len(views), count, *found.shape[1:]), 1, 0), combine)


@dataclass(frozen=True)
class Uncertain:
    """Mean and standard deviation over the samples, and the samples (m, n, ...) themselves."""

    mean: Array
    std: Array
    samples: Array


def predict_with_dropout(
    model: Any, x: Any, samples: int = 50, *, seed: int = 0, batch_size: int | None = None
) -> Uncertain:
    """Predictions with dropout left on: mean and spread over `samples` masks (MC dropout, Gal, Ghahramani
    2016).

    Only Dropout and GaussianDropout layers draw; normalization stays in inference mode. The spread says how
    unsure the model is. seed: of the masks; layers with a seed of their own follow theirs.

    >>> from afina import Sequential, layers
    >>> ones = layers.Dense(1, kernel_initializer="ones")
    >>> model = Sequential([layers.Dropout(0.5, input_shape=(8,)), ones])
    >>> found = predict_with_dropout(model, np.ones((1, 8)), samples=400)
    >>> bool(abs(found.mean[0, 0] - 8.0) < 0.6 and found.std[0, 0] > 2.0)
    True
    """
    who = "predict_with_dropout"
    check_counts(who, 2, optional=False, samples=samples)
    seed = check_seed(seed, who)
    layers = [one for one in model.flatten_layers() if isinstance(one, (Dropout, GaussianDropout))]
    if not layers:
        raise ArgumentError(f"{who}: {model.label} has no Dropout layer")

    def always(layer: Any, call: Any) -> Any:  # noqa: ARG001
        return lambda inputs, training=False: call(inputs, training=True)  # noqa: ARG005

    before = random.get_state()
    random.set_seed(seed)
    try:
        with replaced_calls(layers, always):
            found = [
                one_output(who, model.predict(x, batch_size=batch_size, verbose=0)) for _ in range(samples)
            ]
    finally:
        random.set_state(before)
    every = np.stack(found)
    return Uncertain(every.mean(axis=0), every.std(axis=0), every)
