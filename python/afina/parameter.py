"""A weight: a Tensor that a layer owns and an optimizer may change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ._C import Tensor
from .errors import ShapeError
from .tensor import tensor


class Parameter(Tensor):
    """A Tensor with a name, a role and rules: `name trainable regularizer constraint initializer path`.

    Every op accepts it as a Tensor. A trainable one records gradients.

    >>> w = Parameter([[1.0, 2.0]], name="kernel")
    >>> w.assign([[3.0, 4.0]]).tolist()
    [[3.0, 4.0]]
    """

    name: str
    trainable: bool
    regularizer: Callable[[Tensor], Tensor] | None
    constraint: Callable[[Tensor], Tensor] | None
    initializer: Callable[..., Tensor] | None
    path: str

    def __init__(
        self,
        value: Any,
        name: str = "parameter",
        *,
        dtype: str | None = None,
        trainable: bool = True,
        regularizer: Callable[[Tensor], Tensor] | None = None,
        constraint: Callable[[Tensor], Tensor] | None = None,
        initializer: Callable[..., Tensor] | None = None,
        path: str | None = None,
    ) -> None:
        super().__init__(tensor(value, dtype))
        self.name = name
        self.path = path or name
        self.trainable = trainable
        self.regularizer = regularizer
        self.constraint = constraint
        self.initializer = initializer
        if trainable:
            self.requires_grad = True

    def assign(self, value: Any) -> Parameter:
        """Overwrite the values in place with `value`, an array or tensor of exactly this shape."""
        array = value.numpy() if isinstance(value, Tensor) else np.asarray(value)
        if array.shape != self.shape:
            raise ShapeError(f"{self.path}: assign needs shape {self.shape}, got {array.shape}")
        self.copy_(tensor(np.asarray(array, order="C"), self.dtype))
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        """A parameter with the same values in memory of its own; makes `copy.deepcopy(model)` work."""
        twin = Parameter(
            self,
            self.name,
            dtype=self.dtype,
            trainable=self.trainable,
            regularizer=self.regularizer,
            constraint=self.constraint,
            initializer=self.initializer,
            path=self.path,
        )
        memo[id(self)] = twin
        return twin

    def __repr__(self) -> str:
        return f"Parameter({self.path!r}, shape={self.shape}, dtype={self.dtype}, trainable={self.trainable})"
