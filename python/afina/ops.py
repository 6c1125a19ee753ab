"""The ops: kernels with their gradients, one row of the C++ op table each.

>>> from afina import ops, tensor
>>> ops.flip(tensor([1.0, 2.0, 3.0])).tolist()
[3.0, 2.0, 1.0]
"""

from __future__ import annotations

from afina import _C
from afina._C.ops import *  # noqa: F403  (the table is the list: nothing here repeats it)

__all__ = [row["name"] for row in _C.OPS]
