"""The 1,000 classes of ImageNet by name (see IMAGENET_CLASSES.md for where the names are from)."""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ArgumentError, ShapeError
from ..layers.preprocessing.prepared_images import SCALES, scale_images
from ..refusal import numbers

COUNT = 1000


@functools.cache
def class_names() -> tuple[tuple[str, str], ...]:
    """(WordNet id, name) of every class in the order of a network's outputs.

    >>> class_names()[281]
    ('n02123045', 'tabby cat')
    """
    text = (resources.files("afina.applications") / "imagenet_classes.txt").read_text(encoding="utf-8")
    return tuple([(line[:9], line[10:]) for line in text.splitlines()])


def decode_predictions(preds: Any, top: int = 5) -> list[list[tuple[str, str, float]]]:
    """For each row of `preds` (n, 1000) the `top` classes: (WordNet id, name, score), the best first.

    Raises `ShapeError` for anything but 1,000 scores a row, `ArgumentError` for a `top` outside of 1 to 1000.

    >>> decode_predictions(np.eye(1000)[[967]], top=1)
    [[('n07920052', 'espresso', 1.0)]]
    """
    scores = np.asarray(numbers("decode_predictions", "preds", preds))
    if scores.ndim != 2 or scores.shape[1] != COUNT:
        raise ShapeError(f"decode_predictions: preds must have shape (n, {COUNT}), got {scores.shape}")
    if not isinstance(top, int) or not 1 <= top <= COUNT:
        raise ArgumentError(f"decode_predictions: top must be an int from 1 to {COUNT}, got {top!r}")
    names = class_names()
    order = np.argsort(-scores, axis=1, kind="stable")[:, :top]
    return [[(*names[i], float(row[i])) for i in best] for row, best in zip(scores, order, strict=True)]


def preprocessing(mode: str) -> Callable[[Any], npt.NDArray[Any]]:
    """A network's `preprocess_input`: RGB images of 0 to 255 to the scale `mode`, see `PreparedImages`.

    >>> preprocessing("tf")(np.full((1, 1, 3), 255)).tolist()
    [[[1.0, 1.0, 1.0]]]
    """

    def preprocess_input(x: Any) -> npt.NDArray[Any]:
        return scale_images(x, mode)

    scale = SCALES[mode].describe()
    preprocess_input.__doc__ = f"RGB images (..., 3) of 0 to 255 as the weights expect them: {scale}."
    return preprocess_input
