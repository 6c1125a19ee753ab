"""JAX's adapter: ops jitted one by one, forward, and with gradients by its vjp."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from ..case import Array, Case, Timing
from .base import Library, Runner


def _matmul(a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False) -> Any:
    return (a.T if transpose_a else a) @ (b.T if transpose_b else b)


def _conv(x: Any, kernel: Any, strides: Any, padding: Any, groups: int = 1) -> Any:
    return jax.lax.conv_general_dilated(
        x, kernel, strides, padding, dimension_numbers=("NHWC", "HWIO", "NHWC"), feature_group_count=groups
    )


def _depthwise(x: Any, kernel: Any, strides: Any, padding: Any) -> Any:
    return _conv(x, kernel.transpose(0, 1, 3, 2), strides, padding, x.shape[-1])


def _linear(x: Any, kernel: Any, bias: Any, activation: str = "linear") -> Any:
    y = x @ kernel + bias
    return jax.nn.relu(y) if activation == "relu" else y


def _cross_entropy(labels: Any, logits: Any) -> Any:
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], 1).mean()


class Jax(Library):
    """Whatever is in this table; the rest of the cases are left to the other peers."""

    OPS: ClassVar[dict[str, Callable[..., Any]]] = {
        "matmul": _matmul,
        "linear": _linear,
        "conv2d": _conv,
        "depthwise_conv2d": _depthwise,
        "cross_entropy": _cross_entropy,
        "softmax": jax.nn.softmax,
        "relu": jax.nn.relu,
        "leaky_relu": jax.nn.leaky_relu,
        "elu": jax.nn.elu,
        "gelu": lambda x: jax.nn.gelu(x, approximate=False),
        "gelu_tanh": jax.nn.gelu,
        "sigmoid": jax.nn.sigmoid,
        "tanh": jnp.tanh,
        "exp": jnp.exp,
        "add": jnp.add,
        "multiply": jnp.multiply,
        "sum": jnp.sum,
        "embedding": lambda indices, table: table[indices],
        "transpose": jnp.transpose,
        "concatenate": lambda *parts: jnp.concatenate(parts, -1),
    }

    def supports(self, case: Case, timing: Timing) -> bool:
        """Ops of the table; gradients only together with the forward pass, as jit has them."""
        return case.op in self.OPS and timing.forward and timing.direction != "forward recorded"

    def runner(self, case: Case, timing: Timing) -> Runner:
        """One jitted function, waited for."""
        inputs = [jnp.asarray(a) for a in case.arrays()]
        op, settings, wanted = self.OPS[case.op], case.settings, timing.wanted
        if not wanted:
            function = jax.jit(lambda *a: [op(*a, **settings)])
        else:
            shape = jax.eval_shape(lambda *a: op(*a, **settings), *inputs).shape
            inputs.append(jnp.asarray(case.seed(shape)))

            def gradients(*arguments: Any) -> Any:
                *a, seed = arguments

                def of_wanted(*values: Any) -> Any:
                    full = list(a)
                    for i, value in zip(wanted, values, strict=True):
                        full[i] = value
                    return op(*full, **settings)

                # the output is returned too: a training step has it, and jit would drop it otherwise
                output, pull = jax.vjp(of_wanted, *[a[i] for i in wanted])
                return pull(seed), output

            function = jax.jit(gradients)

        def run() -> Any:
            return jax.block_until_ready(function(*inputs))

        def results() -> list[Array]:
            found = run()
            return [np.asarray(a) for a in (found[0] if wanted else found)]

        return Runner(run, results)
