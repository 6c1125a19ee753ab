"""Layers that multiply in bfloat16 and keep everything else in float32, under Keras's names.

>>> from afina import layers, mixed_precision
>>> mixed_precision.set_global_policy("mixed_bfloat16")
>>> hidden, output = layers.Dense(64, "relu"), layers.Dense(10, "softmax", dtype="float32")
>>> mixed_precision.set_global_policy("float32")
>>> hidden.compute_dtype, hidden.dtype, output.compute_dtype
('bfloat16', 'float32', 'float32')
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .config import floatx
from .errors import DTypeError

_COMPUTE = {"float32": "float32", "float64": "float64", "mixed_bfloat16": "bfloat16"}


@dataclass(frozen=True)
class DTypePolicy:
    """What a layer's weights are and how it multiplies: "float32", "float64" or "mixed_bfloat16".

    Under "mixed_bfloat16" the factors of the layer's products and convolutions, forward and in both
    gradients, are rounded to bfloat16 (8 significant bits: relative error up to 2^-9 each) and their sums
    are float32 (Micikevicius et al. 2018; Kalamkar et al. 2019).  Weights, their updates and, unlike in
    Keras, the activations in memory stay float32, so that a layer before the loss needs no `dtype="float32"`,
    and memory is not saved.  It is what `afina.set_float32_matmul_precision("medium")` does for all layers:
    by tensor cores of a CUDA device and AVX512-BF16 of a CPU; other CPUs compute in float32.  A layer without
    a matrix of weights of its own (Dot, normalization, pooling) and the steps of recurrent layers round
    nothing.  bfloat16 has the range of float32: losses need no scaling, `loss_scale_factor` of every
    optimizer scales them all the same.

    Raises `DTypeError` for any other name; "mixed_float16" among them, for there are no kernels for it.

    >>> DTypePolicy("mixed_bfloat16").variable_dtype
    'float32'
    """

    name: str

    def __post_init__(self) -> None:
        if self.name not in _COMPUTE:
            raise DTypeError(f"DTypePolicy: name must be one of {list(_COMPUTE)}, got {self.name!r}")

    @property
    def compute_dtype(self) -> str:
        """What the factors of products are rounded to."""
        return _COMPUTE[self.name]

    @property
    def variable_dtype(self) -> str:
        """What weights, gradients and activations are."""
        return "float32" if self.rounds else self.name

    @property
    def rounds(self) -> bool:
        """Whether products are computed in fewer digits than the weights have."""
        return self.name == "mixed_bfloat16"


Policy = DTypePolicy  # the older name

_global: list[DTypePolicy] = []  # the chosen one, unless it follows floatx


def set_global_policy(policy: str | DTypePolicy) -> None:
    """The policy of layers that are made from now on without a `dtype` of their own."""
    chosen = policy_of("set_global_policy", policy)
    _global[:] = [] if chosen.name == floatx() else [chosen]


def global_policy() -> DTypePolicy:
    """The policy of new layers; at the start it is named after `config.floatx()`.

    >>> global_policy()
    DTypePolicy(name='float32')
    """
    return _global[0] if _global else DTypePolicy(floatx())


set_dtype_policy, dtype_policy = set_global_policy, global_policy  # Keras 3's names


def policy_of(owner: str, dtype: Any) -> DTypePolicy:
    """The policy that a layer's argument `dtype` names; None is the global one."""
    if dtype is None:
        return global_policy()
    if isinstance(dtype, DTypePolicy):
        return dtype
    if dtype not in _COMPUTE:
        raise DTypeError(f"{owner}: dtype must be one of {list(_COMPUTE)}, got {dtype!r}")
    return DTypePolicy(dtype)
