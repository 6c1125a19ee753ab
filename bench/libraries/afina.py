"""Our own adapter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

import afina
from afina import Tensor, ops

from .. import setting
from ..case import Array, Case, Timing
from ..networks import keras_runner
from .base import Library, Runner


def _dense(x: Tensor, kernel: Tensor, bias: Tensor) -> Any:
    layer = afina.layers.Dense(kernel.shape[1], kernel_initializer="zeros")
    layer.build(x.shape)
    layer.set_weights([kernel.numpy(), bias.numpy()])
    return layer


def _chain(x: Tensor, length: int) -> Tensor:
    for _ in range(length):
        x = ops.relu(x)
    return x.sum()


class Afina(Library):
    """afina.ops by the names of the cases; exceptions are listed here."""

    OPS: ClassVar[dict[str, Any]] = {
        "leaky_relu": lambda x: ops.leaky_relu(x, 0.01),
        "gelu_tanh": lambda x: ops.gelu(x, True),
        "double": lambda x: x * 2.0,
        "add": lambda a, b: a + b,
        "batch_norm": lambda *a, **k: ops.batch_norm(*a, **k)[0],
        "global_average_pool": lambda x: ops.mean(x, (1, 2)),
        "cross_entropy": lambda labels, logits: ops.sparse_categorical_crossentropy(labels, logits, True),
        "affine": lambda x, matrices: afina.augment.affine_transform(
            x, matrices.numpy(), fill_mode="nearest"
        ),
        "copy": lambda x: x.copy(),
        "concatenate": lambda *parts: ops.concatenate(list(parts), axis=-1),
        "relu_chain": _chain,
    }

    def __init__(self, threads: int, options: list[str]) -> None:
        super().__init__(threads, options)
        afina.set_thread_count(threads)
        afina.set_float32_matmul_precision(setting.precision())

    def finished(self) -> None:
        """Wait for the device, if there is one."""
        if setting.device() == "cuda":
            afina.synchronize()

    def _function(self, case: Case) -> Callable[..., Any] | None:
        return self.OPS.get(case.op) or getattr(ops, case.op, None)

    def supports(self, case: Case, timing: Timing) -> bool:
        """Most ops; those that are not there yet are left out."""
        if case.op in ("dense_layer", "training", "transfer"):
            return True
        if case.op.startswith("update_"):
            return hasattr(ops, "sgd_update")
        return self._function(case) is not None

    def runner(self, case: Case, timing: Timing) -> Runner:
        """Tensors copied from the case's arrays, gradients only for `timing.wanted`."""
        if case.op in ("training", "transfer"):
            return _network(case, timing)
        inputs = [afina.tensor(a) for a in case.arrays()]
        if case.op.startswith("update_"):
            return _update(case, inputs)
        if case.op == "dense_layer":
            return _dense_layer(timing, inputs)
        function = self._function(case)
        assert function is not None
        settings = case.settings
        for i in timing.wanted:
            inputs[i].requires_grad = True
        if not timing.wanted or timing.direction == "forward recorded":
            run = _call(function, inputs, settings)
            return Runner(run, lambda: [run().detach().numpy()])
        leaves = [inputs[i] for i in timing.wanted]
        output = function(*inputs, **settings)
        seed = afina.tensor(case.seed(output.shape))
        gradients = afina._C.gradients
        if timing.forward:
            del output

            def both() -> Any:
                return gradients(function(*inputs, **settings), leaves, seed)

            return Runner(both, lambda: _arrays(both()))

        def backward() -> Any:
            return gradients(output, leaves, seed, True)

        return Runner(backward, lambda: _arrays(backward()))


def _network(case: Case, timing: Timing) -> Runner:
    if case.op == "training":
        return keras_runner(afina, case, timing, _floats)
    from .afina_transfer import transfer

    return transfer(case, timing)


def _call(function: Callable[..., Any], inputs: list[Any], settings: dict[str, Any]) -> Callable[[], Any]:
    """The shortest way to call the function, so that small ops are not charged for the harness."""
    if settings:
        return lambda: function(*inputs, **settings)
    if len(inputs) == 1:
        x = inputs[0]
        return lambda: function(x)
    if len(inputs) == 2:
        a, b = inputs
        return lambda: function(a, b)
    return lambda: function(*inputs)


def _arrays(tensors: list[Any]) -> list[Array]:
    return [t.numpy() for t in tensors]


def _floats(loss: Any) -> float:
    return float(loss[0] if isinstance(loss, list) else loss)


def _dense_layer(timing: Timing, inputs: list[Tensor]) -> Runner:
    layer = _dense(*inputs)
    x = inputs[0]
    if not timing.wanted:

        def forward() -> Any:
            with afina.no_grad():
                return layer(x)

        layer(x)
        layer.trainable = False
        for weight in layer.weights:
            weight.requires_grad = False
        return Runner(lambda: layer(x), lambda: [forward().numpy()])

    def both() -> None:
        layer(x).sum().backward()

    def results() -> list[Array]:
        both()
        return [np.array(w.grad.numpy()) for w in layer.weights]

    return Runner(both, results)


def _update(case: Case, inputs: list[Tensor]) -> Runner:
    count = len(inputs) // 2
    parameters, gradients = inputs[:count], inputs[count:]
    first = [afina.zeros_like(p) for p in parameters]
    if case.op == "update_sgd_momentum":

        def run() -> None:
            ops.sgd_update(parameters, gradients, first, 0.01, 0.9)
    else:
        second = [afina.zeros_like(p) for p in parameters]
        step = 0

        def run() -> None:
            nonlocal step
            step += 1
            ops.adam_update(parameters, gradients, first, second, 0.001, 0.9, 0.999, 1e-7, step)

    def results() -> list[Array]:
        run()
        return [p.numpy() for p in parameters]

    return Runner(run, results)
