"""What is wrong with the layers, in words, and what to do about it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .layer_health import LayerHealth, gradient_ratio

VANISHING, EXPLODING = 1e-4, 1e4  # first layer's gradient norm over the last's
LARGE_GRADIENT = 1e3
DEAD_SHARE = 0.2
SATURATED_SHARE = 0.5
SILENT_STD = 1e-3


@dataclass(frozen=True)
class Finding:
    """One problem: its name, what was seen, what helps."""

    problem: str
    seen: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.problem}: {self.seen}. {self.remedy}"


def health_advice(health: Sequence[LayerHealth | Mapping[str, Any]]) -> list[Finding]:
    """The problems that `layer_health` or a record of `HealthLog` shows: dead units, saturation, activations
    that die out, vanishing or exploding gradients; causes first. An empty list when all is well.
    """
    layers = [one if isinstance(one, LayerHealth) else _read(one) for one in health]
    return [*_dead(layers), *_saturated(layers), *_silent(layers), *_gradients(layers)]  # causes first


def _read(one: Mapping[str, Any]) -> LayerHealth:
    """A record's layer; None stands for a number that was not finite."""
    always = {name: math.nan if one[name] is None else one[name] for name in ("mean", "std", "zeros")}
    return LayerHealth(**{**one, **always})


def _gradients(layers: Sequence[LayerHealth]) -> list[Finding]:
    norms = [one.gradient for one in layers if one.gradient is not None]
    if any(not math.isfinite(norm) for norm in norms):
        return [_exploding("a gradient is not finite")]
    if len(norms) < 2:
        return []
    ratio = gradient_ratio(layers)
    if ratio < VANISHING:
        return [
            Finding(
                "vanishing gradients",
                f"the first layer's gradient is {ratio:.1e} of the last's",
                "Use ReLU or its kin instead of sigmoid and tanh, He or Glorot initialization, normalization "
                "layers, or residual sums",
            )
        ]
    if ratio > EXPLODING or max(norms) > LARGE_GRADIENT:
        return [_exploding(f"the largest gradient norm is {max(norms):.1e}, first over last {ratio:.1e}")]
    return []


def _exploding(seen: str) -> Finding:
    return Finding(
        "exploding gradients",
        seen,
        "Clip them (global_clipnorm=1), lower the learning rate, normalize the inputs, initialize smaller",
    )


def _dead(layers: Sequence[LayerHealth]) -> list[Finding]:
    bad = [one for one in layers if one.dead is not None and one.dead > DEAD_SHARE * one.units]
    seen = ", ".join(
        f"{one.dead} of {one.units} units of {one.name} are 0 for the whole batch" for one in bad
    )
    remedy = "Use LeakyReLU, PReLU or ELU, a lower learning rate, He initialization, biases of 0 or above"
    return [Finding("dead units", seen, remedy)] if bad else []


def _saturated(layers: Sequence[LayerHealth]) -> list[Finding]:
    # The last layer's sigmoid is meant to end near 0 and 1.
    bad = [one for one in layers[:-1] if one.saturated is not None and one.saturated > SATURATED_SHARE]
    seen = ", ".join(f"{one.saturated:.0%} of the outputs of {one.name}" for one in bad)
    remedy = "Initialize smaller (Glorot), normalize inputs and layers, or use ReLU"
    return [Finding("saturation", seen, remedy)] if bad else []


def _silent(layers: Sequence[LayerHealth]) -> list[Finding]:
    bad = [one for one in layers if one.std < SILENT_STD]
    seen = ", ".join(f"standard deviation {one.std:.1e} in {one.name}" for one in bad)
    remedy = "Initialize larger (Glorot for tanh, He for ReLU) or normalize between the layers"
    return [Finding("activations die out", seen, remedy)] if bad else []
