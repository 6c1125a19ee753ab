"""Attention without projections: Luong's dot products and Bahdanau's sums."""

from __future__ import annotations

from typing import Any

from .. import ops
from .._C import Tensor
from ..errors import ArgumentError, ShapeError
from ..parameter import Parameter
from ..registry import register
from .arguments import probability
from .attention_masks import causal_mask, joined_mask, masked_softmax
from .masks import mask_of_rank
from .seeded import SeededLayer
from .symbolic import SymbolicTensor


class _Attention(SeededLayer):
    """softmax(scores(query, key)) value for [query, value] or [query, value, key]; subclasses score."""

    _one_tensor = False
    _same_shape = False

    def __init__(self, use_scale: bool, dropout: float, seed: int | None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        self.use_scale = use_scale
        self.dropout = probability(self.label, "dropout", dropout)
        self.scale: Parameter | None = None

    def scores(self, query: Tensor, key: Tensor) -> Tensor:
        """(n, queries, keys)."""
        raise NotImplementedError

    def attended(
        self, query: Tensor, value: Tensor, key: Tensor, mask: Tensor | None, causal: bool, rate: float
    ) -> tuple[Tensor, Tensor | None]:
        """The result, and the probabilities where they were formed."""
        scores = self.scores(query, key)
        shape = scores.shape
        if causal:
            mask = joined_mask([mask, causal_mask(shape[1], shape[2])], (shape[0], 1, *shape[1:]))
        if mask is not None:
            mask = ops.reshape(mask, (mask.shape[0], *mask.shape[2:]))
        weights = masked_softmax(scores, mask)
        if rate > 0:
            weights = ops.dropout(weights, rate, seed=self.next_seed())
        return ops.matmul(weights, value), weights

    def call(
        self,
        inputs: Any,
        mask: Any = None,
        return_attention_scores: bool = False,
        training: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        """The attended values, and the probabilities (n, queries, keys) where they are wanted."""
        query, value, key = self._parts(inputs)
        seen, wanted = None, None
        if mask is not None:
            if not isinstance(mask, list | tuple) or not 2 <= len(mask) <= 3:
                raise ArgumentError(f"{self.label}: mask must be [query_mask, value_mask], got {mask!r}")
            wanted = mask_of_rank(self.label, "mask[0]", mask[0], 2)
            seen = mask_of_rank(self.label, "mask[1]", mask[1], 2)
        if seen is not None:
            seen = ops.reshape(seen, (seen.shape[0], 1, 1, seen.shape[1]))
        rate = self.dropout if training else 0.0
        if return_attention_scores:
            y, weights = _Attention.attended(self, query, value, key, seen, use_causal_mask, rate)
        else:
            y, weights = self.attended(query, value, key, seen, use_causal_mask, rate)
        if wanted is not None:
            y = ops.where(ops.expand_dims(wanted, -1), y, 0.0)
        return (y, weights) if return_attention_scores else y

    def _parts(self, inputs: Any) -> tuple[Any, Any, Any]:
        """query, value and key; their shapes are checked."""
        if not isinstance(inputs, list | tuple) or not 2 <= len(inputs) <= 3:
            raise ArgumentError(
                f"{self.label}: inputs must be a list [query, value] or [query, value, key], "
                f"got {type(inputs).__name__}"
            )
        self._check_shapes([tuple(x.shape) for x in inputs])
        return inputs[0], inputs[1], inputs[-1] if len(inputs) == 3 else inputs[1]

    def _check_shapes(self, shapes: Any) -> None:
        if not isinstance(shapes, list) or any(s is None or len(s) != 3 for s in shapes):
            raise ShapeError(
                f"{self.label}: inputs must be a list of query, value and key of shapes (n, length, dim), "
                f"got {shapes}"
            )

    def build(self, input_shape: Any) -> None:
        """Weights, for [query's shape, value's shape]."""
        self._check_shapes(input_shape)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:  # noqa: ARG002
        """The mask of the queries."""
        return None if mask is None else mask[0]

    def compute_output_shape(self, input_shape: Any) -> Any:
        """(n, queries, value's dim)."""
        return (*input_shape[0][:-1], input_shape[1][-1])

    def compute_output_spec(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The result, and the probabilities where they are wanted."""
        query, value, key = self._parts(inputs)
        y = SymbolicTensor(self.compute_output_shape([query.shape, value.shape]), self.dtype)
        if not (kwargs.get("return_attention_scores") or (len(args) > 1 and args[1])):
            return y
        return y, SymbolicTensor((*query.shape[:-1], key.shape[-2]), self.dtype)


@register
class Attention(_Attention):
    """softmax(query . key) value (Luong et al. 2015).

    Inputs [query (n, t, d), value (n, s, v), key (n, s, d)]; `key` may be left out and is `value` then.
    `score_mode` "dot": scores are dot products, times a learned number with `use_scale`; "concat":
    w sum(tanh(scale (query + key))) with a learned w. `dropout` drops probabilities in training. `mask`:
    [query_mask (n, t), value_mask (n, s)]; masked queries give zeros.

    >>> import numpy as np
    >>> query, value = np.ones((2, 3, 4), "float32"), np.ones((2, 5, 4), "float32")
    >>> Attention()([query, value]).shape
    (2, 3, 4)
    """

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(use_scale, dropout, seed, **kwargs)
        if score_mode not in ("dot", "concat"):
            raise ArgumentError(f"{self.label}: score_mode must be 'dot' or 'concat', got {score_mode!r}")
        self.score_mode = score_mode
        self.concat_score_weight: Parameter | None = None

    def build(self, input_shape: Any) -> None:
        """scale () and concat_score_weight (), where they are used."""
        super().build(input_shape)
        if self.use_scale:
            self.scale = self.add_weight((), "ones", name="scale")
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight((), "ones", name="concat_score_weight")

    def scores(self, query: Tensor, key: Tensor) -> Tensor:
        """query . key, or the sum of tanh(query + key)."""
        if self.score_mode == "dot":
            scores = ops.matmul(query, key, transpose_b=True)
            return scores if self.scale is None else scores * self.scale
        sums = _pairwise_sums(query, key)
        y = ops.sum(ops.tanh(sums if self.scale is None else sums * self.scale), -1)
        return y if self.concat_score_weight is None else y * self.concat_score_weight

    def attended(
        self, query: Tensor, value: Tensor, key: Tensor, mask: Tensor | None, causal: bool, rate: float
    ) -> tuple[Tensor, Tensor | None]:
        """Dot products never form the probabilities in memory."""
        if self.score_mode == "concat":
            return super().attended(query, value, key, mask, causal, rate)
        scaled = query if self.scale is None else query * self.scale
        q, k, v = (ops.expand_dims(x, 2) for x in (scaled, key, value))
        seed = self.next_seed() if rate > 0 else None
        y = ops.dot_product_attention(
            q, k, v, mask=mask, scale=1.0, is_causal=causal, dropout=rate, seed=seed
        )
        return ops.squeeze(y, 2), None


@register
class AdditiveAttention(_Attention):
    """softmax(sum over d of scale tanh(query + key)) value (Bahdanau et al. 2015).

    Inputs are `Attention`'s. `scale` (d,) is learned, or 1 without `use_scale`.

    >>> import numpy as np
    >>> query, value = np.ones((2, 3, 4), "float32"), np.ones((2, 5, 4), "float32")
    >>> AdditiveAttention()([query, value]).shape
    (2, 3, 4)
    """

    def __init__(
        self, use_scale: bool = True, dropout: float = 0.0, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(use_scale, dropout, seed, **kwargs)

    def build(self, input_shape: Any) -> None:
        """scale (d,), where it is used."""
        super().build(input_shape)
        if self.use_scale:
            self.scale = self.add_weight((input_shape[0][-1],), "glorot_uniform", name="scale")

    def scores(self, query: Tensor, key: Tensor) -> Tensor:
        """The weighted sum of tanh(query + key)."""
        bent = ops.tanh(_pairwise_sums(query, key))
        return ops.sum(bent if self.scale is None else bent * self.scale, -1)


def _pairwise_sums(query: Tensor, key: Tensor) -> Tensor:
    """query[t] + key[s]: (n, t, s, d)."""
    return ops.expand_dims(query, 2) + ops.expand_dims(key, 1)
