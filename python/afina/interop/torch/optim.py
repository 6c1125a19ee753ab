"""Optimizers for torch's parameters that step by Afina's fused kernels, in torch's own memory.

They have torch's arguments, `param_groups` with a changeable "lr", `step()` and `zero_grad()`, nothing else
of `torch.optim.Optimizer`. Parameters are on the CPU, float32 or float64 and contiguous.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ... import ops
from ..._C import Tensor, from_dlpack
from ...errors import ArgumentError
from ...tensor import zeros_like


class _Stepping(NamedTuple):
    """Parameters of a group that have the same age after this step, and what belongs to them."""

    age: int
    weights: list[Tensor]
    gradients: list[Tensor]
    slots: list[list[Tensor]]  # a list for each of the optimizer's slots


class _Optimizer:
    """The groups, and a state of tensors for each parameter."""

    slots: tuple[str, ...] = ()

    def __init__(self, params: Iterable[Any], **defaults: Any) -> None:
        given = list(params)
        groups = given if given and isinstance(given[0], dict) else [{"params": given}]
        self.param_groups = [{**defaults, **group, "params": list(group["params"])} for group in groups]
        if not any(group["params"] for group in self.param_groups):
            raise ArgumentError(f"{type(self).__name__}: params must hold parameters, got none")
        self._states: dict[int, dict[str, Any]] = {}

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.grad = None

    def step(self) -> None:
        """Update every parameter that has a gradient, all of a group in one parallel loop."""
        for group in self.param_groups:
            with_gradients = [p for p in group["params"] if p.grad is not None]
            ages: dict[int, list[Any]] = {}
            for parameter in with_gradients:
                ages.setdefault(self._state(parameter)["age"] + 1, []).append(parameter)
            for age, parameters in ages.items():
                states = [self._state(p) for p in parameters]
                weights = [_shared(p) for p in parameters]
                gradients = [_shared(p.grad) for p in parameters]
                columns = [[s[slot] for s in states] for slot in self.slots]
                self.update(group, _Stepping(age, weights, gradients, columns))
                for state in states:
                    state["age"] = age

    def _state(self, parameter: Any) -> dict[str, Any]:
        if id(parameter) not in self._states:
            shared = _shared(parameter)
            slots = {slot: zeros_like(shared) for slot in self.slots}
            self._states[id(parameter)] = {"age": 0, "parameter": parameter, **slots}
        return self._states[id(parameter)]

    def update(self, group: dict[str, Any], of: _Stepping) -> None:
        """One call of the kernel."""
        raise NotImplementedError


def _shared(t: Any) -> Tensor:
    """The torch tensor's own memory as ours."""
    if not t.is_contiguous():
        raise ArgumentError(f"step: parameters and gradients must be contiguous, got strides {t.stride()}")
    return from_dlpack(t.detach())


class SGD(_Optimizer):
    """torch.optim.SGD without dampening."""

    slots = ("velocity",)

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(params, lr=lr, momentum=momentum, weight_decay=weight_decay, nesterov=nesterov)

    def update(self, group: dict[str, Any], of: _Stepping) -> None:
        """v = m v + g, p -= lr v."""
        velocities = of.slots[0] if group["momentum"] else []
        ops.sgd_update(
            of.weights, of.gradients, velocities, group["lr"], group["momentum"], group["nesterov"], "torch",
            group["weight_decay"],
        )  # fmt: skip


class Adam(_Optimizer):
    """torch.optim.Adam."""

    slots = ("m", "v", "largest_v")
    decoupled = False

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
    ) -> None:
        super().__init__(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad)

    def update(self, group: dict[str, Any], of: _Stepping) -> None:
        """Bias-corrected moments."""
        first, second = group["betas"]
        ops.adam_update(
            of.weights, of.gradients, of.slots[0], of.slots[1], group["lr"], first, second, group["eps"],
            of.age, group["weight_decay"], self.decoupled, of.slots[2] if group["amsgrad"] else [],
        )  # fmt: skip


class AdamW(Adam):
    """torch.optim.AdamW."""

    decoupled = True

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad)


class RMSprop(_Optimizer):
    """torch.optim.RMSprop."""

    slots = ("square", "mean", "momentum")

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr=lr,
            alpha=alpha,
            eps=eps,
            weight_decay=weight_decay,
            momentum=momentum,
            centered=centered,
        )

    def update(self, group: dict[str, Any], of: _Stepping) -> None:
        """The gradient over the root of its mean square."""
        lr, decay = group["lr"], group["weight_decay"]
        means = of.slots[1] if group["centered"] else []
        momenta = of.slots[2] if group["momentum"] else []
        before = group.setdefault("lr_before", lr)
        if momenta and before != lr:  # torch's momentum has no rate in it, the kernel's has the last one
            for momentum in momenta:
                momentum.copy_(momentum * (lr / before))
        group["lr_before"] = lr
        ops.rmsprop_update(
            of.weights, of.gradients, of.slots[0], means, momenta, lr, group["alpha"], group["momentum"],
            group["eps"], group["centered"], False, decay,
        )  # fmt: skip


class Adagrad(_Optimizer):
    """torch.optim.Adagrad without decay of the rate."""

    slots = ("sum",)

    def __init__(self, params: Any, lr: float = 1e-2, weight_decay: float = 0.0, eps: float = 1e-10) -> None:
        super().__init__(params, lr=lr, weight_decay=weight_decay, eps=eps)

    def update(self, group: dict[str, Any], of: _Stepping) -> None:
        """The gradient over the root of the sum of its squares."""
        ops.adagrad_update(
            of.weights, of.gradients, of.slots[0], group["lr"], group["eps"], group["weight_decay"]
        )


class Adadelta(_Optimizer):
    """torch.optim.Adadelta."""

    slots = ("square", "delta")

    def __init__(
        self, params: Any, lr: float = 1.0, rho: float = 0.9, eps: float = 1e-6, weight_decay: float = 0.0
    ) -> None:
        super().__init__(params, lr=lr, rho=rho, eps=eps, weight_decay=weight_decay)

    def update(self, group: dict[str, Any], of: _Stepping) -> None:
        """The gradient in units of the steps before."""
        lr, rho, eps, decay = (group[word] for word in ("lr", "rho", "eps", "weight_decay"))
        ops.adadelta_update(of.weights, of.gradients, of.slots[0], of.slots[1], lr, rho, eps, decay)
