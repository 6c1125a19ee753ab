"""A function as a layer."""

from __future__ import annotations

from typing import Any

from ..errors import ArgumentError
from ..registry import register
from .layer import Layer


@register
class Lambda(Layer):
    """function(inputs, **arguments), without weights.

    It can be saved only when the function is registered (`@afina.utils.register`): files hold no code.

    >>> Lambda(lambda x: x * 2.0)([[1.0, 2.0]]).tolist()
    [[2.0, 4.0]]
    """

    runs_callers_code = True

    def __init__(
        self, function: Any, output_shape: Any = None, arguments: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if not callable(function):
            raise ArgumentError(f"{self.label}: function must be callable, got {function!r}")
        self.function = function
        self.output_shape_per_sample = output_shape
        self.arguments = dict(arguments or {})

    def call(self, inputs: Any) -> Any:
        """function(inputs, **arguments)."""
        return self.function(inputs, **self.arguments)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """`output_shape` after the batch where it was given; otherwise found by running the function."""
        if self.output_shape_per_sample is None:
            return super().compute_output_shape(input_shape)
        if callable(self.output_shape_per_sample):
            return self.output_shape_per_sample(input_shape)
        return (input_shape[0], *self.output_shape_per_sample)

    def compute_output_spec(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Run on zeros unless the shape was given."""
        if self.output_shape_per_sample is None:
            return self.inferred_spec(inputs, *args, **kwargs)
        return super().compute_output_spec(inputs, *args, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """The function by its registered name, output_shape and arguments."""
        config = super().get_config()
        shape = self.output_shape_per_sample
        config["output_shape"] = list(shape) if isinstance(shape, tuple) else shape
        return config
