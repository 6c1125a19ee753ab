"""Cases of the family `attention`."""

from __future__ import annotations

import numpy as np

from afina.errors import ArgumentError, DTypeError, ShapeError
from cases.case import Array, Call, Case, Make, Refusal, booleans, fixed, normal

Q = np.zeros((2, 3, 2, 4), dtype="float32")
K = np.zeros((2, 5, 2, 4), dtype="float32")
NONE = fixed(None)


def dot_product_attention(
    query: Array,
    key: Array,
    value: Array,
    bias: Array | None = None,
    mask: Array | None = None,
    scale: float | None = None,
    is_causal: bool = False,
    dropout: float = 0.0,
) -> Array:
    assert dropout == 0.0  # tests/test_attention_ops.py looks at the dropped ones
    scores = np.einsum("bthd,bshd->bhts", query, key)
    scores = scores * (query.shape[3] ** -0.5 if scale is None else scale) + (0 if bias is None else bias)
    seen = np.ones(scores.shape, bool) if mask is None else np.broadcast_to(mask, scores.shape)
    if is_causal:
        seen = seen & np.tri(*scores.shape[2:], dtype=bool)
    largest = np.max(scores, axis=3, where=seen, initial=-1e300, keepdims=True)
    weights = np.exp(np.where(seen, scores - largest, -np.inf))
    total = weights.sum(axis=3, keepdims=True)
    return np.einsum("bhts,bshd->bthd", weights / np.where(total == 0, 1, total), value)


def heads(batch: int, queries: int, keys: int, count: int, dim: int, value_dim: int) -> list[Make]:
    """query, key and value."""
    return [
        normal(batch, queries, count, dim),
        normal(batch, keys, count, dim),
        normal(batch, keys, count, value_dim),
    ]


CASES = [
    Case(
        "dot_product_attention",
        dot_product_attention,
        [
            Call(heads(2, 3, 5, 2, 4, 4)),
            Call(heads(2, 5, 5, 2, 3, 7), {"is_causal": True}),
            Call(heads(1, 4, 7, 1, 4, 4), {"is_causal": True, "scale": 0.3}),
            Call(heads(1, 7, 4, 1, 4, 4), {"is_causal": True}),  # keys that nobody sees: none
            Call(heads(1, 1, 1, 1, 1, 1)),
            Call([*heads(2, 3, 5, 2, 4, 4), NONE, booleans(2, 2, 3, 5)]),
            Call([*heads(2, 3, 5, 2, 4, 4), NONE, booleans(2, 1, 1, 5)]),
            Call([*heads(2, 3, 3, 2, 4, 4), NONE, booleans(1, 1, 3, 3)], {"is_causal": True}),
            Call([*heads(1, 3, 5, 2, 4, 4), NONE, fixed(np.zeros((1, 1, 1, 5), bool))]),
            Call([*heads(2, 3, 5, 2, 4, 4), normal(2, 2, 3, 5)]),
            Call([*heads(2, 3, 5, 2, 4, 4), normal(1, 2, 3, 5), booleans(2, 1, 3, 5)]),
            Call([*heads(2, 3, 5, 3, 4, 4), normal(1, 1, 1, 5)], {"scale": -0.5}),
            # more than one block of queries and of keys, with few and with many heads
            Call(heads(1, 150, 140, 1, 20, 33)),
            Call(heads(1, 150, 200, 2, 8, 8), {"is_causal": True}),
            Call(heads(4, 131, 67, 4, 5, 6), {"is_causal": True}),
            Call(heads(2, 67, 150, 8, 5, 6), {"is_causal": True}),
            Call([*heads(2, 131, 131, 8, 16, 16), normal(1, 8, 131, 131), booleans(2, 1, 1, 131)]),
            Call(heads(1, 30, 30, 1, 256, 300)),
            Call(heads(1, 2, 1100, 2, 3, 4)),
            Call(heads(0, 3, 5, 2, 4, 4)),
            Call(heads(2, 0, 5, 2, 4, 4)),
        ],
        [
            Refusal(
                [Q[0], K, K], ShapeError, r"query needs shape \(batch, length, heads, dim\), got \(3, 2, 4"
            ),
            Refusal([Q, K[0], K], ShapeError, "dot_product_attention: key needs shape"),
            Refusal([Q, K, K[..., 0]], ShapeError, "dot_product_attention: value needs shape"),
            Refusal([Q[..., :0], K[..., :0], K], ShapeError, "query needs at least one head and one dim"),
            Refusal([Q, K, K[..., :0]], ShapeError, "value needs at least one head and one dim"),
            Refusal([Q, K[:1], K], ShapeError, "key of shape .* has not the batch and the heads of query"),
            Refusal([Q, K, K[:, :, :1]], ShapeError, "value of shape .* has not the batch and the heads"),
            Refusal([Q, K[..., :3], K], ShapeError, "query and key need the same last axis, got"),
            Refusal([Q, K, K[:, :4]], ShapeError, "key and value need the same length, got"),
            Refusal([Q, K[:, :0], K[:, :0]], ShapeError, "has nothing to attend to"),
            Refusal([Q, K.astype("float64"), K], DTypeError, "key is float64 but query is float32"),
            Refusal([Q.astype("int32"), K, K], DTypeError, "query needs float32 or float64, got int32"),
            Refusal([Q, K, K, np.zeros((2, 2, 3, 1), "float32")], ShapeError, "bias needs a shape that"),
            Refusal([Q, K, K, np.zeros((3, 5), "float32")], ShapeError, "bias needs a shape that"),
            Refusal([Q, K, K, np.zeros((1, 1, 1, 5))], DTypeError, "bias is float64 but query is float32"),
            Refusal(
                [Q, K, K, None, np.ones((2, 3, 5), bool)], ShapeError, r"mask .*= \(2, 2, 3, 5\) with all"
            ),
            Refusal([Q, K, K, None, np.ones((2, 1, 2, 5), bool)], ShapeError, r"got \(2, 1, 2, 5\)"),
            Refusal([Q, K, K, None, np.ones((1, 1, 1, 5))], DTypeError, "mask needs bool, got float64"),
            Refusal([Q, K, K], ArgumentError, "scale must be finite, got nan", {"scale": float("nan")}),
            Refusal([Q, K, K], ArgumentError, r"dropout must lie in \[0, 1\), got 1", {"dropout": 1.0}),
            Refusal([Q, K, K], ArgumentError, "got -0.5", {"dropout": -0.5}),
        ],
        atol=5e-6,
    ),
]
