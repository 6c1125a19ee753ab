"""Attention of several heads, with projections that are learned."""

from __future__ import annotations

import math
from typing import Any

from .. import constraints, initializers, ops, regularizers
from .._C import Tensor
from ..errors import ArgumentError, ShapeError
from ..masked import as_mask
from ..parameter import Parameter
from ..registry import register
from .arguments import check_positive, probability
from .attention_masks import causal_mask, joined_mask, masked_softmax
from .input_spec import InputSpec
from .masks import mask_of_rank
from .seeded import SeededLayer
from .symbolic import SymbolicShape, SymbolicTensor


@register
class MultiHeadAttention(SeededLayer):
    """softmax(Q K^T / sqrt(key_dim)) V of several heads, side by side and projected (Vaswani et al. 2017).

    query (n, t, d), value and key (n, s, ...), result (n, t, d), or (n, t, *output_shape). `key` defaults to
    `value`, `value_dim` to `key_dim`. Kernels are (d, num_heads, key_dim) for query and key, (d, num_heads,
    value_dim) for value and (num_heads, value_dim, *output_shape) for the result. `dropout` drops
    probabilities in training.

    Inputs with more axes: attention runs over `attention_axes` (None: all but the first and the last).
    `flash_attention`: False forms all probabilities in memory; otherwise memory is linear in t and s.

    Masks, true where something may be seen: `attention_mask` (n, t, s) or (n, num_heads, t, s) or (t, s),
    `query_mask` (n, t), `value_mask` and `key_mask` (n, s). With `use_causal_mask` position t sees positions
    up to t. A position that sees nothing attends to zeros. With `return_attention_scores` the probabilities
    (n, num_heads, t, s) are returned, too.

    >>> import numpy as np
    >>> layer = MultiHeadAttention(num_heads=2, key_dim=8)
    >>> x = np.ones((3, 5, 16), "float32")
    >>> layer(x, x, use_causal_mask=True).shape, layer.count_params()
    ((3, 5, 16), 1088)
    """

    _same_shape = False

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: Any = None,
        attention_axes: Any = None,
        flash_attention: bool | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, activity_regularizer=activity_regularizer, **kwargs)
        check_positive(self.label, num_heads=num_heads, key_dim=key_dim)
        self.num_heads = num_heads
        self.key_dim = key_dim
        self.value_dim = key_dim if value_dim is None else value_dim
        check_positive(self.label, value_dim=self.value_dim)
        self.dropout = probability(self.label, "dropout", dropout)
        self.use_bias = use_bias
        self._sizes_out = _sizes(self.label, "output_shape", output_shape)
        self.attention_axes = _sizes(self.label, "attention_axes", attention_axes)
        self.flash_attention = flash_attention
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.input_spec = InputSpec(min_ndim=3)

    def __call__(  # type: ignore[override]
        self, query: Any, value: Any = None, key: Any = None, **kwargs: Any
    ) -> Any:
        if value is None:
            raise ArgumentError(f"{self.label}: needs a query and a value, got no value")
        return super().__call__(query, value, key, **kwargs)

    def build(  # type: ignore[override]
        self, query_shape: SymbolicShape, value_shape: SymbolicShape, key_shape: SymbolicShape | None = None
    ) -> None:
        """Kernels and biases of query, key, value and result, in this order."""
        heads, queries = self.num_heads, self._last(query_shape, "query")
        values = self._last(value_shape, "value")
        keys = values if key_shape is None else self._last(key_shape, "key")
        self._sizes_out = self._sizes_out or (queries,)
        self._query = self._projection("query", (queries, heads, self.key_dim), 2)
        self._key = self._projection("key", (keys, heads, self.key_dim), 2)
        self._value = self._projection("value", (values, heads, self.value_dim), 2)
        self._output = self._projection(
            "attention_output", (heads, self.value_dim, *self._sizes_out), len(self._sizes_out)
        )
        self.input_spec = InputSpec(ndim=len(query_shape), axes={-1: queries})

    def _last(self, shape: SymbolicShape, argument: str) -> int:
        if len(shape) < 3 or shape[-1] is None:
            raise ShapeError(
                f"{self.label}: {argument} needs at least three axes and a known last one, got shape {shape}"
            )
        return shape[-1]

    def _projection(
        self, name: str, shape: tuple[int, ...], outputs: int
    ) -> tuple[Parameter, Parameter | None]:
        """A kernel, and a bias of its last `outputs` axes."""
        kernel = self.add_weight(
            shape,
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name=f"{name}/kernel",
        )
        if not self.use_bias:
            return kernel, None
        bias = self.add_weight(
            shape[-outputs:],
            self.bias_initializer,
            regularizer=self.bias_regularizer,
            constraint=self.bias_constraint,
            name=f"{name}/bias",
        )
        return kernel, bias

    def call(
        self,
        query: Tensor,
        value: Tensor,
        key: Tensor | None = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        """The attended values, and the probabilities where they are wanted."""
        flat = _Flattened(self.label, query, value, self.attention_axes)
        key = value if key is None else key
        q = _projected(flat.rows(query, "query"), *self._query, (self.num_heads, self.key_dim))
        k = _projected(flat.rows(key, "key"), *self._key, (self.num_heads, self.key_dim))
        v = _projected(flat.rows(value, "value"), *self._value, (self.num_heads, self.value_dim))
        shape = (q.shape[0], self.num_heads, q.shape[1], k.shape[1])
        mask = joined_mask(
            [
                self._attention_mask(attention_mask, shape),
                _side_mask(self.label, "query_mask", query_mask, (-1, 1, shape[2], 1)),
                _side_mask(self.label, "value_mask", value_mask, (-1, 1, 1, shape[3])),
                _side_mask(self.label, "key_mask", key_mask, (-1, 1, 1, shape[3])),
            ],
            shape,
        )
        rate = self.dropout if training else 0.0
        scores: Tensor | None = None
        if return_attention_scores or self.flash_attention is False:
            scores, y = self._in_memory(q, k, v, mask, rate, use_causal_mask)
        else:
            seed = self.next_seed() if rate > 0 else None
            y = ops.dot_product_attention(
                q, k, v, mask=mask, is_causal=use_causal_mask, dropout=rate, seed=seed
            )
        kernel, bias = self._output
        y = flat.restored(_projected_back(y, kernel, bias), kernel.shape[2:])
        return (y, scores) if return_attention_scores else y

    def _in_memory(
        self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, rate: float, causal: bool
    ) -> tuple[Tensor, Tensor]:
        """(probabilities, attended values), the probabilities formed in memory."""
        q, k, v = (ops.transpose(x, (0, 2, 1, 3)) for x in (q * self.key_dim**-0.5, k, v))
        if causal:
            parts = [mask, causal_mask(q.shape[2], k.shape[2])]
            mask = joined_mask(parts, (q.shape[0], self.num_heads, q.shape[2], k.shape[2]))
        scores = masked_softmax(ops.matmul(q, k, transpose_b=True), mask)
        dropped = ops.dropout(scores, rate, seed=self.next_seed()) if rate > 0 else scores
        return scores, ops.transpose(ops.matmul(dropped, v), (0, 2, 1, 3))

    def _attention_mask(self, mask: Any, shape: tuple[int, ...]) -> Tensor | None:
        """(queries, keys), (n, queries, keys) or (n, heads, queries, keys) as four axes."""
        if mask is None:
            return None
        converted = as_mask(f"{self.label}, attention_mask", mask)
        rank = converted.ndim
        if not 2 <= rank <= 4:
            raise ShapeError(f"{self.label}: attention_mask needs 2 to 4 axes, got shape {converted.shape}")
        sizes = converted.shape
        four = (1, 1, *sizes) if rank == 2 else (sizes[0], 1, *sizes[1:]) if rank == 3 else sizes
        if any(m not in (1, n) for m, n in zip(four, shape, strict=True)):
            raise ShapeError(
                f"{self.label}: attention_mask of shape {sizes} does not fit scores of shape {shape}"
            )
        return ops.reshape(converted, four)

    def compute_output_shape(self, query_shape: SymbolicShape) -> SymbolicShape:
        """The query's shape, its last axis replaced by output_shape."""
        return (*query_shape[:-1], *(self._sizes_out or (query_shape[-1],)))

    def compute_output_spec(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The result, and the probabilities where they are wanted."""
        if kwargs.get("return_attention_scores") or (len(args) > 6 and args[6]):
            return self.inferred_spec(inputs, *args, **kwargs)
        return SymbolicTensor(self.compute_output_shape(inputs.shape), self.dtype)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        config = super().get_config()
        config["output_shape"] = None if self._sizes_out is None else list(self._sizes_out)
        return config


def _sizes(owner: str, argument: str, value: Any) -> tuple[int, ...] | None:
    if value is None:
        return None
    sizes = (value,) if isinstance(value, int) else tuple(value)
    if not sizes or any(not isinstance(size, int) or isinstance(size, bool) or size < 1 for size in sizes):
        raise ArgumentError(f"{owner}: {argument} must be a positive int or several, got {value!r}")
    return sizes


def _side_mask(owner: str, argument: str, mask: Any, shape: tuple[int, ...]) -> Tensor | None:
    """(n, length) as four axes."""
    given = mask_of_rank(owner, argument, mask, 2)
    if given is None:
        return None
    if given.shape[1] != max(shape[1:]):
        raise ShapeError(
            f"{owner}: {argument} needs shape (n, {max(shape[1:])}), one entry a position, got {given.shape}"
        )
    return ops.reshape(given, (given.shape[0], *shape[1:]))


def _projected(x: Tensor, kernel: Tensor, bias: Tensor | None, heads: tuple[int, int]) -> Tensor:
    """(n, t, d) times (d, heads, dim): (n, t, heads, dim)."""
    width = heads[0] * heads[1]
    flat_bias = None if bias is None else ops.reshape(bias, (width,))
    y = ops.linear(x, ops.reshape(kernel, (kernel.shape[0], width)), flat_bias)
    return ops.reshape(y, (*x.shape[:2], *heads))


def _projected_back(y: Tensor, kernel: Tensor, bias: Tensor | None) -> Tensor:
    """(n, t, heads, dim) times (heads, dim, ...): (n, t, product of ...)."""
    inputs, outputs = kernel.shape[0] * kernel.shape[1], math.prod(kernel.shape[2:])
    flat_bias = None if bias is None else ops.reshape(bias, (outputs,))
    rows = ops.reshape(y, (*y.shape[:2], inputs))
    return ops.linear(rows, ops.reshape(kernel, (inputs, outputs)), flat_bias)


class _Flattened:
    """Inputs of any rank as (rows, positions, features): the attention axes become one, the others rows."""

    def __init__(self, owner: str, query: Tensor, value: Tensor, axes: tuple[int, ...] | None) -> None:
        self.owner = owner
        self.shape = query.shape
        rank = query.ndim
        chosen = tuple(range(1, rank - 1)) if axes is None else axes
        if any(not 1 <= axis < rank - 1 for axis in chosen) or len(set(chosen)) < len(chosen):
            raise ArgumentError(
                f"{owner}: attention_axes must be different axes from 1 to {rank - 2}, got {axes}"
            )
        self.rest = [axis for axis in range(1, rank - 1) if axis not in chosen]
        self.order = (0, *self.rest, *chosen, rank - 1)
        self.moved = self.order != tuple(range(rank))
        if value.ndim != rank:
            raise ShapeError(
                f"{owner}: value needs {rank} axes like query, {query.shape}, got shape {value.shape}"
            )

    def rows(self, x: Tensor, argument: str) -> Tensor:
        """x with three axes."""
        if x.ndim != len(self.shape) or any(x.shape[a] != self.shape[a] for a in (0, *self.rest)):
            raise ShapeError(
                f"{self.owner}: {argument} of shape {x.shape} does not fit query of shape {self.shape}"
            )
        if x.ndim == 3:
            return x
        x = ops.transpose(x, self.order) if self.moved else x
        count = 1 + len(self.rest)
        return ops.reshape(x, (math.prod(x.shape[:count]), math.prod(x.shape[count:-1]), x.shape[-1]))

    def restored(self, y: Tensor, outputs: tuple[int, ...]) -> Tensor:
        """The result with the query's axes and the output's."""
        if len(self.shape) == 3 and len(outputs) == 1:
            return y
        y = ops.reshape(y, (*[self.shape[axis] for axis in self.order[:-1]], *outputs))
        if not self.moved:
            return y
        back = sorted(range(len(self.shape) - 1), key=self.order.__getitem__)
        return ops.transpose(y, (*back, *range(len(back), y.ndim)))
