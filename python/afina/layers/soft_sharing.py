"""Soft parameter sharing: tasks with weights of their own that are pulled together."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, ClassVar

from .. import ops
from .._C import Tensor
from ..errors import ArgumentError, ShapeError
from ..registry import CustomObjects, deserialize, register, serialize
from .layer import Layer

if TYPE_CHECKING:
    from typing_extensions import Self


@register
class SoftSharing(Layer):
    """Several layers of one shape side by side; mu * sum ||W_i - W_j||^2 over all pairs is added to the loss.

    inputs: one tensor for all layers, or a list with one for each; outputs: a list, one for each layer. Every
    trainable weight (biases included) takes part; the gradient for W_i is 2 mu sum_j (W_i - W_j). Hard
    sharing, one layer called for several tasks, is the limit of a large mu (deck D4).

    It helps when the tasks share low-level features, have similar amounts of data, and the net is large
    enough for all of them (deck D2).

    >>> from afina.layers import Dense
    >>> towers = SoftSharing([Dense(3), Dense(3)], mu=0.1)
    >>> [y.shape for y in towers([[1.0, 2.0]])]
    [(1, 3), (1, 3)]
    """

    takes_custom_objects: ClassVar[bool] = True
    _composite: ClassVar[bool] = True

    def __init__(self, layers: Any, mu: float = 0.01, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(layers, list | tuple) or len(layers) < 2:
            raise ArgumentError(f"{self.label}: layers must be a list of two layers or more, got {layers!r}")
        for layer in layers:
            if not isinstance(layer, Layer):
                raise ArgumentError(f"{self.label}: layers must hold layers, got {layer!r}")
        if len({id(layer) for layer in layers}) != len(layers):
            raise ArgumentError(f"{self.label}: layers must differ; one layer twice is hard sharing")
        if not 0 <= mu < float("inf"):
            raise ArgumentError(f"{self.label}: mu must be finite and not negative, got {mu!r}")
        self.layers = list(layers)
        self.mu = float(mu)

    def call(self, inputs: Any) -> list[Any]:
        """Each layer's output for its input."""
        count = len(self.layers)
        given = list(inputs) if isinstance(inputs, list | tuple) else [inputs] * count
        if len(given) != count:
            raise ArgumentError(f"{self.label}: {count} layers need one input or {count}, got {len(given)}")
        outputs = [layer(x) for layer, x in zip(self.layers, given, strict=True)]
        if self.mu > 0:
            self.add_loss(self._penalty())
        return outputs

    def _penalty(self) -> Tensor:
        """mu times the squared distances of all pairs."""
        total: Tensor | None = None
        for one, other in itertools.combinations(self.layers, 2):
            mine, theirs = one.trainable_weights, other.trainable_weights
            shapes = [w.shape for w in mine], [w.shape for w in theirs]
            if shapes[0] != shapes[1]:
                raise ShapeError(
                    f"{self.label}: layers must have weights of the same shapes, got {shapes[0]}, {shapes[1]}"
                )
            for a, b in zip(mine, theirs, strict=True):
                distance = ops.sum(ops.square(ops.subtract(a, b)))
                total = distance if total is None else total + distance
        if total is None:
            raise ArgumentError(f"{self.label}: layers must have trainable weights to share, got none")
        return total * self.mu

    def get_config(self) -> dict[str, Any]:
        """The layers and mu."""
        return {**super().get_config(), "layers": serialize(self.layers), "mu": self.mu}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: CustomObjects | None = None) -> Self:
        """The same layers, with new weights."""
        return cls(**{**config, "layers": deserialize(config["layers"], custom_objects)})
