"""Matrix products."""

from __future__ import annotations

import math

from .... import ops
from ...._C import Tensor
from ..registry import Context, operator
from ..values import Value, as_tensor, host


@operator("MatMul")
def matmul(context: Context, a: Value, b: Value) -> Value:
    """NumPy's matmul, vectors included."""
    del context
    if not isinstance(a, Tensor) and not isinstance(b, Tensor):
        return host(a) @ host(b)
    a, b = as_tensor(a), as_tensor(b)
    left, right = a.ndim == 1, b.ndim == 1
    product = ops.matmul(ops.expand_dims(a, 0) if left else a, ops.expand_dims(b, 1) if right else b)
    shape = list(product.shape)
    if right:
        shape.pop()
    if left:
        shape.pop(-1 if right else -2)
    return ops.reshape(product, shape) if left or right else product


@operator("Gemm")
def gemm(context: Context, a: Value, b: Value, c: Value = None) -> Value:
    """alpha a b + beta c, either factor transposed."""
    a, b = as_tensor(a), as_tensor(b)
    product = ops.matmul(a, b, bool(context.get("transA", 0)), bool(context.get("transB", 0)))
    alpha, beta = context.get("alpha", 1.0), context.get("beta", 1.0)
    product = product if alpha == 1 else product * alpha
    if c is None:
        return product
    c = as_tensor(c, product)
    return product + (c if beta == 1 else c * beta)


@operator("Einsum")
def einsum(context: Context, *inputs: Value) -> Value:
    """Einstein's sums: products two by two, each one batched matrix product."""
    terms, result = _parsed(context, [len(x.shape) for x in inputs])
    operands = [_diagonal(as_tensor(x), t) for x, t in zip(inputs, terms, strict=True)]
    value, labels = operands[0]
    for index, (right, right_labels) in enumerate(operands[1:], 1):
        later = set(result).union(*[labels for _, labels in operands[index + 1 :]])
        value, labels = _product(value, labels, right, right_labels, later)
    gone = [i for i, label in enumerate(labels) if label not in result]
    if gone:
        value = ops.sum(value, gone)
        labels = [label for label in labels if label in result]
    return ops.transpose(value, [labels.index(label) for label in result]) if result else value


def _parsed(context: Context, ranks: list[int]) -> tuple[list[list[str]], list[str]]:
    """The labels of the operands and of the result; an ellipsis stands for labels "0", "1", ..."""
    equation = context.need("equation").replace(" ", "")
    left, arrow, right = equation.partition("->")
    words = left.split(",")
    if len(words) != len(ranks):
        context.refuse(f"equation {equation!r} is for {len(words)} operands, got {len(ranks)}")
    widest = max(
        [r - len(w.replace("...", "")) for r, w in zip(ranks, words, strict=True) if "..." in w] or [0]
    )

    def labels(word: str, rank: int) -> list[str]:
        head, dots, tail = word.partition("...")
        inner = rank - len(head) - len(tail) if dots else 0
        return [*head, *[str(i) for i in range(widest - inner, widest)], *tail]

    terms = [labels(word, rank) for word, rank in zip(words, ranks, strict=True)]
    if arrow:
        return terms, labels(right, len(right.replace("...", "")) + widest)
    letters = sorted({c for c in left if c.isalpha() and left.count(c) == 1})
    return terms, [*[str(i) for i in range(widest)], *letters]


def _diagonal(x: Tensor, labels: list[str]) -> tuple[Tensor, list[str]]:
    """x without repeated labels: those axes' diagonal."""
    from ..values import moved

    repeated = next((label for label in labels if labels.count(label) > 1), None)
    if repeated is None:
        return x, labels
    first = labels.index(repeated)
    second = labels.index(repeated, first + 1)
    rest = [label for i, label in enumerate(labels) if i not in (first, second)]
    return _diagonal(moved(x, lambda a: a.diagonal(axis1=first, axis2=second)), [*rest, repeated])


def _product(a: Tensor, la: list[str], b: Tensor, lb: list[str], later: set[str]) -> tuple[Tensor, list[str]]:
    """The product of two operands, summed over what nothing later asks for."""
    batch = [c for c in la if c in lb and c in later]
    inner = [c for c in la if c in lb and c not in later]
    left = [c for c in la if c not in lb]
    right = [c for c in lb if c not in la]
    size = {**dict(zip(lb, b.shape, strict=True)), **dict(zip(la, a.shape, strict=True))}

    def arranged(x: Tensor, labels: list[str], order: list[list[str]]) -> Tensor:
        flat = [c for group in order for c in group]
        x = ops.transpose(x, [labels.index(c) for c in flat]) if flat else x
        return ops.reshape(x, [math.prod(size[c] for c in group) for group in order])

    product = ops.matmul(arranged(a, la, [batch, left, inner]), arranged(b, lb, [batch, inner, right]))
    labels = [*batch, *left, *right]
    return ops.reshape(product, [size[c] for c in labels]), labels
