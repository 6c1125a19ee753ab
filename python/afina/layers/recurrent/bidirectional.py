"""A recurrent layer in both directions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ... import ops
from ..._C import Tensor
from ...errors import ArgumentError, ShapeError
from ...registry import deserialize, register, serialize
from ..layer import Layer
from ..naming import snake_case
from .rnn import RNN

if TYPE_CHECKING:
    from typing_extensions import Self

_MODES = ("sum", "mul", "concat", "ave", None)


@register
class Bidirectional(Layer):
    """A recurrent layer forward, a copy of it backward in time, and their outputs merged step by step.

    merge_mode: "concat" (the last axes joined), "sum", "mul", "ave" (the mean), or None: a tuple of both. The
    copies begin with weights of their own; `backward_layer` may be given, with go_backwards=True.
    return_sequences, return_state and stateful are the layer's; states come after the output, the forward
    ones first, and `initial_state` is given so. Outputs of masked steps are 0.

    >>> import numpy as np
    >>> from afina.layers import LSTM
    >>> Bidirectional(LSTM(4, return_sequences=True))(np.ones((2, 5, 3), "float32")).shape
    (2, 5, 8)
    """

    supports_masking = True
    _one_tensor = True

    def __init__(
        self,
        layer: Any,
        merge_mode: str | None = "concat",
        weights: Any = None,
        backward_layer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        for argument, value in (("layer", layer), ("backward_layer", backward_layer)):
            if not isinstance(value, RNN) and (argument == "layer" or value is not None):
                raise ArgumentError(f"{self.label}: {argument} must be a recurrent layer, got {value!r}")
        if merge_mode not in _MODES:
            raise ArgumentError(f"{self.label}: merge_mode must be one of {_MODES}, got {merge_mode!r}")
        self.merge_mode = merge_mode
        self.forward_layer = _renamed(layer, "forward", layer.go_backwards)
        if backward_layer is None:
            self.backward_layer = _renamed(layer, "backward", not layer.go_backwards)
        else:
            self.backward_layer = backward_layer
        self._check_pair()
        for part in (self.forward_layer, self.backward_layer):
            part.zero_output_for_mask = part.return_sequences
        self.return_sequences = layer.return_sequences
        self.return_state = layer.return_state
        self.stateful = layer.stateful
        self.input_spec = self.forward_layer.input_spec
        self._first_weights = None if weights is None else list(weights)

    def _check_pair(self) -> None:
        forward, backward = self.forward_layer, self.backward_layer
        if forward.go_backwards == backward.go_backwards:
            raise ArgumentError(
                f"{self.label}: backward_layer must have go_backwards={not forward.go_backwards}, "
                f"got {backward.go_backwards}"
            )
        for name in ("return_sequences", "return_state", "stateful"):
            if getattr(forward, name) != getattr(backward, name):
                raise ArgumentError(
                    f"{self.label}: backward_layer must have {name}={getattr(forward, name)} as layer has"
                )

    def build(self, input_shape: Any) -> None:
        """Build both layers; `weights` go to them, the forward one's first."""
        for part in (self.forward_layer, self.backward_layer):
            if not part.built:
                part.build(input_shape)
        self.input_spec = self.forward_layer.input_spec
        if self._first_weights is not None:
            self.set_weights(self._first_weights)

    def call(self, inputs: Any, initial_state: Any = None, mask: Any = None, training: bool = False) -> Any:
        """The merged outputs, with the states of both behind them where they are wanted."""
        first: list[Any] = [None, None]
        if initial_state is not None:
            if not isinstance(initial_state, list | tuple) or len(initial_state) % 2:
                raise ShapeError(f"{self.label}: initial_state must be a list, half of it for each direction")
            half = len(initial_state) // 2
            first = [list(initial_state[:half]), list(initial_state[half:])]
        outputs, states = [], []
        for part, own in zip((self.forward_layer, self.backward_layer), first, strict=True):
            found = part(inputs, initial_state=own, mask=mask, training=training)
            if self.return_state:
                found, *ends = found
                states += ends
            outputs.append(ops.flip(found, 1) if part.go_backwards and self.return_sequences else found)
        merged = self._merge(*outputs)
        if not self.return_state:
            return merged
        return (*merged, *states) if isinstance(merged, tuple) else (merged, *states)

    def _merge(self, y: Tensor, back: Tensor) -> Any:
        if self.merge_mode is None:
            return y, back
        if self.merge_mode == "concat":
            return ops.concatenate([y, back], -1)
        if self.merge_mode == "mul":
            return y * back
        return y + back if self.merge_mode == "sum" else (y + back) * 0.5

    def compute_output_shape(self, input_shape: Any, *_: Any, **__: Any) -> Any:
        """The layer's shapes, with twice its last axis for "concat" and all twice for None."""
        shape = self.forward_layer.compute_output_shape(input_shape)
        shape, *states = shape if self.return_state else [shape]
        merged = [shape, shape] if self.merge_mode is None else [shape]
        if self.merge_mode == "concat":
            merged = [(*shape[:-1], 2 * shape[-1])]
        return merged[0] if len(merged) == 1 and not states else [*merged, *states, *states]

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:  # noqa: ARG002  the mask alone decides
        """The inputs' mask for every sequence that comes out."""
        if not self.return_sequences or mask is None:
            return None
        return [mask, mask] if self.merge_mode is None else [mask]

    def reset_state(self) -> None:
        """Let both layers start from zeros again."""
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    reset_states = reset_state

    def get_config(self) -> dict[str, Any]:
        """Both layers and merge_mode."""
        config = super().get_config()
        config["layer"] = serialize(self.forward_layer)
        config["backward_layer"] = serialize(self.backward_layer)
        config.pop("weights", None)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """A new layer, both directions rebuilt from their own configurations."""
        return cls(**deserialize(config))


def _renamed(layer: RNN, direction: str, go_backwards: bool) -> Any:
    """A copy with new weights, called `forward_lstm`, or by the direction and the caller's own name."""
    word = snake_case(type(layer).__name__)
    stem = layer.name.removeprefix(f"{direction}_")
    automatic = re.fullmatch(rf"{re.escape(word)}(_[0-9]+)?", stem) is not None
    name = f"{direction}_{word if automatic else stem}"
    config = layer.get_config() | {"name": name, "go_backwards": go_backwards}
    return type(layer).from_config(config)
