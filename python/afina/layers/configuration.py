"""Constructor arguments: reading them back into a configuration, and the shapes they state."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from .. import activations
from ..errors import ArgumentError
from ..registry import serialize
from .symbolic import SymbolicShape

if TYPE_CHECKING:
    from .layer import Layer

_BASE = ("name", "trainable", "dtype", "activity_regularizer")


def _base_arguments(cls: Any) -> tuple[str, ...]:
    """Those of the arguments of every layer that a class's constructor takes, by name or by **kwargs."""
    parameters = inspect.signature(cls.__init__).parameters
    open_ended = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
    return _BASE if open_ended else tuple([name for name in _BASE if name in parameters])


def constructor_arguments(cls: Any) -> tuple[str, ...]:
    """The names of the arguments of a class's constructor, without those of every layer."""
    fixed = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    return tuple(p.name for p in parameters if p.kind in fixed and p.name not in _BASE)


def config_of(layer: Layer, *, complete: bool) -> dict[str, Any]:
    """The arguments that would make this layer again; `complete` insists that each is found on the layer."""
    config: dict[str, Any] = {}
    for argument in _base_arguments(type(layer)):
        value = layer.dtype_policy.name if argument == "dtype" else getattr(layer, argument)
        if value is not None:
            config[argument] = serialize(value)
    if layer.batch_shape is not None:
        config["batch_input_shape"] = list(layer.batch_shape)
    for argument in constructor_arguments(type(layer)):
        if argument in vars(layer):
            value = getattr(layer, argument)
            word = activations.name_of(value) if argument.endswith("activation") else None
            config[argument] = word or serialize(value)
        elif complete:
            raise ArgumentError(
                f"{layer.label}: get_config finds no self.{argument} for the argument {argument!r}; "
                "keep it under that name or write get_config"
            )
    return config


def opening_shape(layer: Layer, kwargs: dict[str, Any]) -> SymbolicShape | None:
    """Take input_shape, input_dim, batch_input_shape, batch_size out of `kwargs`; one shape, or None."""
    batch = kwargs.pop("batch_size", None)
    if kwargs.get("batch_input_shape") is not None:
        return tuple(kwargs.pop("batch_input_shape"))
    kwargs.pop("batch_input_shape", None)
    shape = kwargs.pop("input_shape", None)
    if shape is None and "input_dim" in kwargs:
        shape = (kwargs.pop("input_dim"),)
    if shape is None:
        return None
    if isinstance(shape, int):
        raise ArgumentError(f"{layer.label}: input_shape must be a tuple such as ({shape},), got {shape}")
    return (batch, *shape)
