"""The gradients of depthwise convolutions, which one walk computes together and two kernels alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import afina
from afina import ops

WINDOWS: dict[str, tuple[tuple[int, ...], dict[str, Any]]] = {
    "side by side": ((2, 13, 21, 19), {"padding": "same"}),
    "two apart": ((2, 13, 20, 19), {"padding": "same", "strides": 2}),
    "padded by more than they see": ((1, 4, 5, 19), {"padding": ((3, 4), (5, 3))}),
    "three apart": ((2, 13, 20, 19), {"strides": 3}),
}


@pytest.mark.parametrize("name", WINDOWS)
def test_a_gradient_alone_is_the_one_computed_beside_the_other(name: str) -> None:
    shape, arguments = WINDOWS[name]
    rng = np.random.default_rng(0)
    x, kernel = afina.tensor(rng.standard_normal(shape)), afina.tensor(rng.standard_normal((3, 3, 19, 1)))

    def gradients(*wanted: afina.Tensor) -> list[afina.Tensor | None]:
        for tensor in (x, kernel):
            tensor.requires_grad = any(tensor is one for one in wanted)
        y = ops.depthwise_conv2d(x, kernel, **arguments)
        weights = np.random.default_rng(1).standard_normal(y.shape)
        return afina.gradients(y, list(wanted), afina.tensor(weights))

    for both, (alone,) in zip(gradients(x, kernel), (gradients(x), gradients(kernel)), strict=True):
        assert both is not None
        assert alone is not None
        np.testing.assert_allclose(both.numpy(), alone.numpy(), rtol=1e-12, atol=1e-12)
