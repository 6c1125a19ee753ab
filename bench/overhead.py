"""Cases where the arithmetic is nothing and the way to it is everything: 64 elements, a 4x16 Dense layer."""

from __future__ import annotations

from .case import Case, Timing, normal

_FORWARD = Timing("forward")
_LAYER = ((4, 16), (16, 16), (16,))


def _chain(length: int) -> Case:
    both = Timing("forward+backward", (0,))
    return Case(f"{length} relus and a sum", "relu_chain", normal((64,)), (both,), {"length": length})


CASES = [
    Case("add 64", "add", normal((64,), (64,)), (_FORWARD, Timing("forward recorded", (0, 1)))),
    Case("multiply by 2, 64", "double", normal((64,)), (_FORWARD, Timing("forward recorded", (0,)))),
    Case("relu 64", "relu", normal((64,)), (_FORWARD, Timing("forward recorded", (0,)))),
    Case("sum 64", "sum", normal((64,)), (_FORWARD,)),
    Case("reshape 64", "reshape", normal((64,)), (_FORWARD,), {"shape": (8, 8)}),
    Case("matmul 4x16 @ 16x16", "matmul", normal((4, 16), (16, 16)), (_FORWARD,)),
    Case("linear 4x16 -> 16", "linear", normal(*_LAYER), (_FORWARD, Timing("forward recorded", (1, 2)))),
    Case("Dense layer 4x16", "dense_layer", normal(*_LAYER), (_FORWARD, Timing("forward+backward", (1, 2)))),
    _chain(10),
    _chain(110),
]
