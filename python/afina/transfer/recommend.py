"""What to do with a trained network and a new task: the deck's four scenarios (K5, K9)."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

from ..errors import ArgumentError
from ..refusal import shown
from .similarity import similarity as measured_similarity

FEW = 100  # per class: with fewer, fine-tuning may not converge (D0)
LARGE = 1000  # per class; the deck gives no number, this one is ours
HUGE = 10_000  # per class
SIMILAR = 0.9  # of `similarity`; ours: to MobileNetV2 photos are 0.97, solar cells 0.85, noise 0.7

STRATEGIES = {
    "features": "a linear classifier (SVM) on features of the last layers: features.extract, linear_svm",
    "early features": "a classifier on features of early layers: features.extract(..., layer=)",
    "fine-tune": "fine-tune: the head first, then the last layers at a lower rate: head_then_middle",
    "initialize": "train the whole network, beginning with the pretrained weights: Transfer(mode='total')",
    "scratch": "train from scratch: with data and compute this large, transfer gains nothing",
}


@dataclass(frozen=True)
class Recommendation:
    """`strategy`: a key of `STRATEGIES`; `text` says it in words, `similarity` is what it rests on."""

    strategy: str
    similarity: float
    text: str

    def __str__(self) -> str:
        return self.text


def recommend(
    n_per_class: int,
    similarity: float | str | None = None,
    *,
    model: Any = None,
    x: Any = None,
    huge_compute: bool = False,
) -> Recommendation:
    """What D0 advises for a target set of `n_per_class` images per class.

    | target set | similar to the source | different |
    |---|---|---|
    | small | linear classifier on features | classifier on features of early layers |
    | large | fine-tune | train everything, initialized by the pretrained weights |

    `similarity`: "similar", "different" or a number from 0 to 1; without it, it is measured on images `x` by
    `model` (see `similarity`). Large is from 1,000 per class on and similar from 0.9: the deck gives no
    numbers. Fewer than 100 per class bring a `UserWarning`: fine-tuning may not converge, and small
    networks (MobileNet, SqueezeNet) generalize better to very different images. With `huge_compute` and
    10,000 per class transfer is not needed (D2).

    >>> recommend(5000, "similar").strategy, recommend(500, "different").strategy
    ('fine-tune', 'early features')
    """
    if isinstance(n_per_class, bool) or not isinstance(n_per_class, int) or n_per_class < 1:
        raise ArgumentError(f"recommend: n_per_class must be a positive int, got {shown(n_per_class)}")
    likeness = _likeness(similarity, model, x)
    alike, large = likeness >= SIMILAR, n_per_class >= LARGE
    if huge_compute and n_per_class >= HUGE:
        strategy = "scratch"
    elif large:
        strategy = "fine-tune" if alike else "initialize"
    else:
        strategy = "features" if alike else "early features"
    if n_per_class < FEW:
        smaller = "" if alike else "; small networks such as MobileNet or SqueezeNet generalize better here"
        warnings.warn(
            f"recommend: {n_per_class} per class are fewer than {FEW}: fine-tuning may not converge{smaller}",
            stacklevel=2,
        )
    size, kind = "large" if large else "small", "similar" if alike else "different"
    text = f"{size} ({n_per_class} per class) and {kind} ({likeness:.2f}): {STRATEGIES[strategy]}"
    return Recommendation(strategy, likeness, text)


def _likeness(similarity: Any, model: Any, x: Any) -> float:
    if similarity is None:
        if model is None or x is None:
            raise ArgumentError("recommend: give similarity, or model and x to measure it")
        return measured_similarity(model, x)
    if similarity in ("similar", "different"):
        return 1.0 if similarity == "similar" else 0.0
    number = isinstance(similarity, int | float) and not isinstance(similarity, bool)
    if not number or not 0 <= similarity <= 1 or math.isnan(similarity):
        raise ArgumentError(
            f"recommend: similarity must be 'similar', 'different' or from 0 to 1, got {shown(similarity)}"
        )
    return float(similarity)
