"""Dropout and noise: active in training, the identity otherwise."""

from __future__ import annotations

from typing import Any

from .. import ops
from .._C import Tensor
from ..config import standardize_data_format
from ..errors import ArgumentError, ShapeError
from ..registry import register
from .arguments import probability
from .input_spec import InputSpec
from .seeded import SeededLayer


@register
class Dropout(SeededLayer):
    """In training every value is dropped (made 0) with probability `rate`; otherwise the identity.

    mode="inverted": survivors are multiplied by 1 / (1 - rate) in training, nothing happens in inference.
    mode="classic" (the first paper): survivors stay as they are, inference multiplies by 1 - rate.
    `keep_prob` = 1 - rate may be given instead of `rate`. `noise_shape` shares the mask along its axes of 1.

    >>> Dropout(0.5)([[1.0, 2.0]]).tolist()
    [[1.0, 2.0]]
    """

    def __init__(
        self,
        rate: float | None = None,
        noise_shape: Any = None,
        seed: int | None = None,
        *,
        keep_prob: float | None = None,
        mode: str = "inverted",
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, **kwargs)
        if (rate is None) == (keep_prob is None):
            raise ArgumentError(
                f"{self.label}: give rate (probability to drop) or keep_prob (to keep), one of them; "
                f"got rate={rate}, keep_prob={keep_prob}"
            )
        if rate is None:
            if not isinstance(keep_prob, int | float) or not 0 < keep_prob <= 1:
                raise ArgumentError(f"{self.label}: keep_prob must lie in (0, 1], got {keep_prob!r}")
            rate = 1.0 - keep_prob
        if mode not in ("inverted", "classic"):
            raise ArgumentError(f"{self.label}: mode must be 'inverted' or 'classic', got {mode!r}")
        self.rate = probability(self.label, "rate", rate)
        self.noise_shape = None if noise_shape is None else tuple(noise_shape)
        self.mode = mode
        self._inverted = mode == "inverted"

    @property
    def formula(self) -> str:
        """Which of the two dropouts is in force."""
        if self._inverted:
            return f"training: drop with probability {self.rate:g}, survivors * 1/(1 - {self.rate:g})"
        return f"training: drop with probability {self.rate:g}; inference: x * (1 - {self.rate:g})"

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """The thinned inputs in training, the (classic: scaled) inputs otherwise."""
        if not training or self.rate == 0.0:
            return inputs if self._inverted or self.rate == 0.0 else inputs * (1.0 - self.rate)
        if self.noise_shape is None:
            return ops.dropout(inputs, self.rate, self._inverted, seed=self.next_seed())
        return inputs * self._mask(inputs)

    def _mask(self, x: Tensor) -> Tensor:
        wanted = self.noise_shape or ()
        if len(wanted) != x.ndim or any(m not in (None, 1, n) for m, n in zip(wanted, x.shape, strict=True)):
            raise ShapeError(
                f"{self.label}: noise_shape must have 1, None or the input's size on every axis, "
                f"got {wanted} for inputs of shape {x.shape}"
            )
        shape = tuple([n if m is None else m for m, n in zip(wanted, x.shape, strict=True)])
        kept = ops.cast(ops.random_bernoulli(shape, 1.0 - self.rate, seed=self.next_seed()), x.dtype)
        return kept * (1.0 / (1.0 - self.rate)) if self._inverted else kept

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, with `rate` in force."""
        config = super().get_config()
        config.pop("keep_prob", None)
        config["mode"] = self.mode
        return config


@register
class SpatialDropout1D(Dropout):
    """Dropout of whole channels of sequences (n, steps, c): masks (n, 1, c) (Tompson et al. 2015)."""

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(rate, (None, 1, None), seed, **kwargs)
        self.input_spec = InputSpec(ndim=3)


@register
class SpatialDropout2D(Dropout):
    """Dropout of whole channels of images: (n, 1, 1, c) masks, or (n, c, 1, 1) in channels_first."""

    def __init__(
        self, rate: float, seed: int | None = None, data_format: str | None = None, **kwargs: Any
    ) -> None:
        layout = standardize_data_format(data_format)
        shape = (None, None, 1, 1) if layout == "channels_first" else (None, 1, 1, None)
        super().__init__(rate, shape, seed, **kwargs)
        self.data_format = layout
        self.input_spec = InputSpec(ndim=4)


@register
class GaussianNoise(SeededLayer):
    """x + N(0, stddev^2) in training, the identity otherwise."""

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        if not 0 <= stddev < float("inf"):
            raise ArgumentError(f"{self.label}: stddev must be finite and not negative, got {stddev}")
        self.stddev = float(stddev)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """inputs + noise in training."""
        if not training or self.stddev == 0.0:
            return inputs
        return inputs + ops.random_normal(inputs.shape, 0.0, self.stddev, inputs.dtype, seed=self.next_seed())


@register
class GaussianDropout(SeededLayer):
    """x * N(1, rate / (1 - rate)) in training, the identity otherwise."""

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        self.rate = probability(self.label, "rate", rate)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """inputs * noise in training."""
        if not training or self.rate == 0.0:
            return inputs
        stddev = (self.rate / (1.0 - self.rate)) ** 0.5
        return inputs * ops.random_normal(inputs.shape, 1.0, stddev, inputs.dtype, seed=self.next_seed())
