"""The same architecture again, with weights of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..registry import CustomObjects

if TYPE_CHECKING:
    from .model import Model


def clone_model(model: Model, custom_objects: CustomObjects | None = None) -> Any:
    """A new model from `model`'s configuration; its weights are new, so two clones start differently.

    `copy.deepcopy(model)` keeps the weights' values instead.

    >>> from afina.layers import Dense
    >>> from afina.models import Sequential
    >>> clone_model(Sequential([Dense(2, input_shape=(3,))])).count_params()
    8
    """
    return type(model).from_config(model.get_config(), custom_objects=custom_objects)
