"""How weights start. Each initializer is a callable (shape, dtype) -> Tensor.

Without a seed the numbers come from the library's generator (`afina.utils.set_random_seed` makes a program
repeatable); with an integer seed every call gives the same numbers.

>>> Constant(0.5)((2,)).tolist()
[0.5, 0.5]
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from . import ops
from ._C import Tensor
from .checked import Checked
from .config import floatx
from .errors import ArgumentError
from .registry import deserialize, find_class, register
from .tensor import full, tensor

Shape = tuple[int, ...]
Seed = int | None

# standard deviation of N(0, 1) cut at -2 and 2: dividing by it restores the variance that was asked for
_STDDEV_OF_TRUNCATED = 0.87962566103423978


class Initializer(Checked):
    """Base: a callable (shape, dtype=None) -> Tensor."""

    _explains_calls = True

    def __call__(self, shape: Shape, dtype: str | None = None) -> Tensor:
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return dict(vars(self))

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Initializer:
        """An initializer with the arguments in `config`."""
        return cls(**config)


def _pair(seed: Seed) -> tuple[int, int] | None:
    return None if seed is None else (seed, 0)


@register
class Zeros(Initializer):
    """0 everywhere."""

    def __call__(self, shape: Shape, dtype: str | None = None) -> Tensor:
        return full(shape, 0.0, dtype or floatx())


@register
class Ones(Initializer):
    """1 everywhere."""

    def __call__(self, shape: Shape, dtype: str | None = None) -> Tensor:
        return full(shape, 1.0, dtype or floatx())


@register
class Constant(Initializer):
    """`value` everywhere."""

    def __init__(self, value: float = 0.0) -> None:
        self.value = value

    def __call__(self, shape: Shape, dtype: str | None = None) -> Tensor:
        return full(shape, self.value, dtype or floatx())


@register
class RandomNormal(Initializer):
    """N(mean, stddev^2); the decks' N(0, 1) is stddev=1, their N(0, variance 0.01) is stddev=0.1."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Seed = None) -> None:
        self.mean = mean
        self.stddev = _not_negative("RandomNormal", "stddev", stddev)
        self.seed = seed

    def __call__(self, shape: Shape, dtype: str | None = None) -> Tensor:
        return ops.random_normal(shape, self.mean, self.stddev, dtype or floatx(), seed=_pair(self.seed))


@register
class RandomUniform(Initializer):
    """U[minval, maxval)."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: Seed = None) -> None:
        if minval > maxval:
            raise ArgumentError(f"RandomUniform: minval must not exceed maxval, got {minval} and {maxval}")
        self.minval = minval
        self.maxval = maxval
        self.seed = seed

    def __call__(self, shape: Shape, dtype: str | None = None) -> Tensor:
        return ops.random_uniform(shape, self.minval, self.maxval, dtype or floatx(), seed=_pair(self.seed))


@register
class TruncatedNormal(Initializer):
    """N(mean, stddev^2), draws beyond two deviations drawn again (that leaves a deviation of 0.88 stddev)."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Seed = None) -> None:
        self.mean = mean
        self.stddev = _not_negative("TruncatedNormal", "stddev", stddev)
        self.seed = seed

    def __call__(self, shape: Shape, dtype: str | None = None) -> Tensor:
        return ops.truncated_normal(shape, self.mean, self.stddev, dtype or floatx(), seed=_pair(self.seed))


def _not_negative(owner: str, name: str, value: float) -> float:
    if not 0 <= value < math.inf:
        raise ArgumentError(f"{owner}: {name} must be finite and not negative, got {value}")
    return value


def fans(shape: Shape) -> tuple[float, float]:
    """(fan_in, fan_out) of a kernel (..., inputs, outputs), receptive field included.

    >>> fans((784, 512)), fans((3, 3, 16, 32))
    ((784, 512), (144, 288))
    """
    if len(shape) == 0:
        return 1, 1
    if len(shape) == 1:
        return shape[0], shape[0]
    receptive_field = math.prod(shape[:-2])
    return receptive_field * shape[-2], receptive_field * shape[-1]


Mode = Literal["fan_in", "fan_out", "fan_avg"]
Distribution = Literal["truncated_normal", "untruncated_normal", "uniform"]


@register
class VarianceScaling(Initializer):
    """Draws of variance scale / n, where n is fan_in, fan_out or their mean.

    'uniform' is U[-sqrt(3 v), sqrt(3 v)]; 'truncated_normal' is cut at two deviations and then widened so
    that the variance is v (Keras's convention; torch does not truncate: 'untruncated_normal').
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: Mode = "fan_in",
        distribution: Distribution = "truncated_normal",
        seed: Seed = None,
    ) -> None:
        if not scale > 0:
            raise ArgumentError(f"VarianceScaling: scale must be positive, got {scale}")
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ArgumentError(f"VarianceScaling: mode must be fan_in, fan_out or fan_avg, got {mode!r}")
        if distribution not in ("truncated_normal", "untruncated_normal", "uniform"):
            raise ArgumentError(
                "VarianceScaling: distribution must be truncated_normal, untruncated_normal or uniform, "
                f"got {distribution!r}"
            )
        self.scale = scale
        self.mode = mode
        self.distribution = distribution
        self.seed = seed

    def __call__(self, shape: Shape, dtype: str | None = None) -> Tensor:
        fan_in, fan_out = fans(shape)
        count = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        variance = self.scale / max(1.0, count)
        dtype, seed = dtype or floatx(), _pair(self.seed)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            return ops.random_uniform(shape, -limit, limit, dtype, seed=seed)
        if self.distribution == "untruncated_normal":
            return ops.random_normal(shape, 0.0, math.sqrt(variance), dtype, seed=seed)
        return ops.truncated_normal(shape, 0.0, math.sqrt(variance) / _STDDEV_OF_TRUNCATED, dtype, seed=seed)


class _Scaled(VarianceScaling):
    """A VarianceScaling whose only argument is the seed."""

    recipe: tuple[float, Mode, Distribution]

    def __init__(self, seed: Seed = None) -> None:
        super().__init__(*self.recipe, seed=seed)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"seed": self.seed}


@register
class GlorotUniform(_Scaled):
    """U[-limit, limit], limit = sqrt(6 / (fan_in + fan_out)); 784 -> 512 gives 0.06804."""

    recipe = (1.0, "fan_avg", "uniform")


@register
class GlorotNormal(_Scaled):
    """Truncated normal of variance 2 / (fan_in + fan_out)."""

    recipe = (1.0, "fan_avg", "truncated_normal")


@register
class HeUniform(_Scaled):
    """U[-limit, limit], limit = sqrt(6 / fan_in)."""

    recipe = (2.0, "fan_in", "uniform")


@register
class HeNormal(_Scaled):
    """Truncated normal of variance 2 / fan_in."""

    recipe = (2.0, "fan_in", "truncated_normal")


@register
class LecunUniform(_Scaled):
    """U[-limit, limit], limit = sqrt(3 / fan_in)."""

    recipe = (1.0, "fan_in", "uniform")


@register
class LecunNormal(_Scaled):
    """Truncated normal of variance 1 / fan_in."""

    recipe = (1.0, "fan_in", "truncated_normal")


@register
class Orthogonal(Initializer):
    """gain * Q with orthonormal rows or columns: the Q of a normal matrix's QR, its signs made unique."""

    def __init__(self, gain: float = 1.0, seed: Seed = None) -> None:
        self.gain = gain
        self.seed = seed

    def __call__(self, shape: Shape, dtype: str | None = None) -> Tensor:
        if len(shape) < 2:
            raise ArgumentError(f"Orthogonal: shape must have at least two axes, got {shape}")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        drawn = ops.random_normal(
            (max(rows, columns), min(rows, columns)), 0.0, 1.0, "float64", seed=_pair(self.seed)
        )
        q, r = np.linalg.qr(drawn.numpy())
        q = q * np.where(np.diag(r) < 0, -1.0, 1.0)
        q = q if rows >= columns else q.T
        return tensor(np.ascontiguousarray(self.gain * q.reshape(shape)), dtype or floatx())


@register
class Identity(Initializer):
    """gain on the main diagonal, 0 elsewhere; for matrices."""

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Shape, dtype: str | None = None) -> Tensor:
        if len(shape) != 2:
            raise ArgumentError(f"Identity: shape must have two axes, got {shape}")
        return tensor(self.gain * np.eye(*shape), dtype or floatx())


zeros, ones, constant, identity, orthogonal = Zeros, Ones, Constant, Identity, Orthogonal
random_normal, random_uniform, truncated_normal = RandomNormal, RandomUniform, TruncatedNormal
glorot_uniform, glorot_normal, he_uniform, he_normal = GlorotUniform, GlorotNormal, HeUniform, HeNormal
lecun_uniform, lecun_normal, variance_scaling = LecunUniform, LecunNormal, VarianceScaling

_WORDS: dict[str, type[Initializer]] = {
    "zeros": Zeros, "zero": Zeros, "ones": Ones, "one": Ones, "constant": Constant,
    "random_normal": RandomNormal, "normal": RandomNormal,
    "random_uniform": RandomUniform, "uniform": RandomUniform, "truncated_normal": TruncatedNormal,
    "glorot_uniform": GlorotUniform, "glorot_normal": GlorotNormal, "he_uniform": HeUniform,
    "he_normal": HeNormal, "lecun_uniform": LecunUniform, "lecun_normal": LecunNormal,
    "variance_scaling": VarianceScaling, "orthogonal": Orthogonal, "identity": Identity,
}  # fmt: skip


def get(identifier: Any) -> Any:
    """An initializer from a name, a configuration, a class, an object or any callable (shape, dtype)."""
    if isinstance(identifier, type) and issubclass(identifier, Initializer):
        return identifier()
    if callable(identifier):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        found = _WORDS.get(identifier) or find_class(identifier)
        if issubclass(found, Initializer):
            return found()
    raise ArgumentError(f"initializer: must be one of {sorted(_WORDS)} or a callable, got {identifier!r}")
