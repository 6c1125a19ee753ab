"""Learning rates of their own for layers: factors by name (D4), or by the layer's gradient (Singh et al.)."""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Mapping, Sequence
from typing import Any

from .. import ops
from .._C import Tensor
from ..errors import ArgumentError
from ..refusal import shown
from ..registry import register


class LayerRates:
    """What multiplies the learning rate of each parameter; given to an optimizer as `layer_rates=`."""

    def factors(self, parameters: Sequence[Any], gradients: Sequence[Tensor]) -> list[float]:
        """One factor for each parameter; 0 leaves it as it is."""
        raise NotImplementedError(f"{type(self).__name__} must define factors(parameters, gradients)")

    def describe(self) -> str:
        """The formula in force."""
        return type(self).__name__

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {}


def layer_of(parameter: Any) -> str:
    """The name of the layer that a parameter belongs to."""
    return str(getattr(parameter, "path", parameter.name)).rpartition("/")[0]


@register
class Multipliers(LayerRates):
    """lr times the factor of the first pattern that fits the layer's name, else times `default`.

    `rates`: factors of at least 0 by layer name; `*` and `?` stand for letters, as in
    {"block_1*": 0.1, "Conv1": 0}.
    With SGD a factor of 0.1 makes a tenth of the update; a factor of 0 changes nothing, decay included.

    >>> from afina.optimizers import SGD
    >>> SGD(0.1, layer_rates=Multipliers({"block_*": 0.1})).describe().splitlines()[-1]
    'rates by layer: block_* x 0.1, others x 1'
    """

    def __init__(self, rates: Mapping[str, float], default: float = 1.0) -> None:
        if not isinstance(rates, Mapping) or not all(isinstance(name, str) for name in rates):
            raise ArgumentError(f"Multipliers: rates must be factors by layer name, got {shown(rates)}")
        for name, value in [*rates.items(), ("default", default)]:
            if not isinstance(value, int | float) or not 0 <= value < math.inf:
                raise ArgumentError(
                    f"Multipliers: the factor of {name!r} must be a number of at least 0, got {shown(value)}"
                )
        self.rates = {name: float(value) for name, value in rates.items()}
        self.default = float(default)

    def factors(self, parameters: Sequence[Any], gradients: Sequence[Tensor]) -> list[float]:
        del gradients
        return [self._of(layer_of(parameter)) for parameter in parameters]

    def _of(self, layer: str) -> float:
        fitting = (factor for name, factor in self.rates.items() if fnmatch.fnmatchcase(layer, name))
        return next(fitting, self.default)

    def describe(self) -> str:
        listed = [f"{name} x {factor:g}" for name, factor in self.rates.items()]
        return f"rates by layer: {', '.join([*listed, f'others x {self.default:g}'])}"

    def get_config(self) -> dict[str, Any]:
        return {"rates": self.rates, "default": self.default}


@register
class AdaptiveLayerRates(LayerRates):
    """lr times 1 + log(1 + 1 / norm2(g_l)), g_l the gradient of all weights of layer l.

    Layers whose gradient is small, the early ones, learn faster (Singh et al. 2015, "Layer-Specific Adaptive
    Learning Rates for Deep Networks", equation 5). The factor is cut at `most`, which the paper does not.

    >>> from afina.optimizers import SGD
    >>> SGD(0.1, layer_rates=AdaptiveLayerRates()).describe().splitlines()[-1]
    'rates by layer: lr * (1 + log(1 + 1 / norm2(g_l))), at most 20 * lr'
    """

    def __init__(self, most: float = 20.0) -> None:
        if not isinstance(most, int | float) or not 1 <= most < math.inf:
            raise ArgumentError(f"AdaptiveLayerRates: most must be a number of at least 1, got {shown(most)}")
        self.most = float(most)

    def factors(self, parameters: Sequence[Any], gradients: Sequence[Tensor]) -> list[float]:
        layers: dict[str, list[Tensor]] = {}
        for parameter, gradient in zip(parameters, gradients, strict=True):
            layers.setdefault(layer_of(parameter), []).append(gradient)
        found = {name: self._of(float(ops.global_norm(part))) for name, part in layers.items()}
        return [found[layer_of(parameter)] for parameter in parameters]

    def _of(self, norm: float) -> float:
        return self.most if norm == 0 else min(self.most, 1 + math.log1p(1 / norm))

    def describe(self) -> str:
        return f"rates by layer: lr * (1 + log(1 + 1 / norm2(g_l))), at most {self.most:g} * lr"

    def get_config(self) -> dict[str, Any]:
        return {"most": self.most}
