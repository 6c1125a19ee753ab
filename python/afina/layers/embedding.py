"""Integers to vectors."""

from __future__ import annotations

from typing import Any

from .. import constraints, initializers, ops, regularizers
from .._C import Tensor
from ..registry import register
from .arguments import check_positive
from .layer import TensorLayer
from .symbolic import SymbolicShape


@register
class Embedding(TensorLayer):
    """embeddings[i] for every integer i in [0, input_dim): (n, ...) -> (n, ..., output_dim).

    An index outside raises IndexRangeError. `input_length` is the old way to state the input's length.
    mask_zero=True: 0 is padding; the outputs carry a mask that is False there.

    >>> Embedding(10, 4)([[1, 2, 3]]).shape
    (1, 3, 4)
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        **kwargs: Any,
    ) -> None:
        length = kwargs.pop("input_length", None)
        if length is not None:
            kwargs.setdefault("input_shape", (length,))
        super().__init__(**kwargs)
        check_positive(self.label, input_dim=input_dim, output_dim=output_dim)
        self.input_dim = input_dim
        self.output_dim = output_dim
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self.mask_zero = mask_zero
        self.supports_masking = mask_zero
        self._makes_mask = mask_zero

    def build(self, input_shape: SymbolicShape) -> None:  # noqa: ARG002  the table does not depend on it
        """embeddings (input_dim, output_dim)."""
        self.embeddings = self.add_weight(
            (self.input_dim, self.output_dim),
            self.embeddings_initializer,
            regularizer=self.embeddings_regularizer,
            constraint=self.embeddings_constraint,
            name="embeddings",
        )

    def call(self, inputs: Tensor) -> Tensor:
        """One row of the table per integer; whole numbers stored as floats are taken too, as Keras does."""
        if inputs.dtype not in ("int32", "int64"):
            inputs = ops.cast(inputs, "int32")
        return ops.embedding(inputs, self.embeddings)

    def compute_mask(self, inputs: Tensor, mask: Any = None) -> Tensor | None:  # noqa: ARG002
        """False where the integer is 0, with mask_zero."""
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def compute_output_shape(self, input_shape: SymbolicShape) -> SymbolicShape:
        """One more axis, of size output_dim."""
        return (*input_shape, self.output_dim)
