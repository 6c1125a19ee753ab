"""What all optimizers share: the learning rate of each update, clipping, decay of the weights, slots."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from .. import ops, registry, schedules
from .._C import Tensor, call_each_time, capturing
from ..checked import Checked
from ..errors import ArgumentError, DTypeError, GradientError
from ..refusal import shown
from ..schedules import Schedule
from ..tensor import zeros_like
from .layer_rates import LayerRates

if TYPE_CHECKING:
    from ..parameter import Parameter

LearningRate = float | Schedule | Callable[[int], float]

DECAY_FORMULAS = {
    "inverse_time": "lr_t = lr / (1 + decay * t), legacy Keras's decay=",
    "geometric": "lr_t = lr * (1 - decay) ** t, i.e. lr <- lr * (1 - decay) at each update",
}


class Common(TypedDict, total=False):
    """The keyword arguments every optimizer takes; `Optimizer` says what they mean."""

    lr: LearningRate | None
    decay: float
    decay_style: str
    weight_decay: float | None
    weight_decay_style: str
    clipvalue: float | None
    clipnorm: float | None
    global_clipnorm: float | None
    loss_scale_factor: float | None
    layer_rates: LayerRates | None
    name: str | None


class Optimizer(Checked):
    """Base class: turns gradients into in-place updates of parameters, one whole-list kernel call each.

    Arguments, all by keyword but the first:
        learning_rate: a number, a `Schedule`, or a function of the update count t = 0, 1, 2, ...
        lr: the old spelling of `learning_rate`.
        decay: with `decay_style="inverse_time"` (default, what Keras's `decay=` meant)
            lr_t = lr / (1 + decay * t); with `"geometric"` lr_t = lr * (1 - decay) ** t.
        weight_decay: w; `weight_decay_style="decoupled"` (default, Keras's and AdamW's):
            theta <- theta - lr_t * w * theta before the update; `"coupled"`: g <- g + w * theta.
        clipvalue: each gradient element is cut to [-clipvalue, clipvalue].
        clipnorm: each gradient whose norm exceeds clipnorm is scaled down to it.
        global_clipnorm: all gradients together are scaled down to this norm. At most one of the three.
        loss_scale_factor: k; `fit` differentiates k * loss and every update divides by k before anything
            else, so that tiny gradients do not vanish on their way (deck D0: "scale the functions"). A power
            of two leaves the updates as they were to the last bit.
        layer_rates: `afina.transfer.Multipliers` or `AdaptiveLayerRates`, which multiply lr_t layer by layer.

    Raises `ArgumentError` for values outside their range, `GradientError` when no parameter has a gradient.
    """

    slot_names: tuple[str, ...] = ()
    formula = ""

    def __init__(
        self,
        learning_rate: LearningRate,
        *,
        lr: LearningRate | None = None,
        decay: float = 0.0,
        decay_style: str = "inverse_time",
        weight_decay: float | None = None,
        weight_decay_style: str = "decoupled",
        clipvalue: float | None = None,
        clipnorm: float | None = None,
        global_clipnorm: float | None = None,
        loss_scale_factor: float | None = None,
        layer_rates: LayerRates | None = None,
        name: str | None = None,
    ) -> None:
        owner = type(self).__name__
        self.name = name or owner.lower()
        self._schedule: Schedule | None = None
        self._base_rate = 0.0
        self._set_rate(learning_rate if lr is None else lr)
        _check(owner, "decay", decay, low=0.0)
        if decay_style not in DECAY_FORMULAS:
            raise ArgumentError(
                f"{owner}: decay_style must be one of {list(DECAY_FORMULAS)}, got {decay_style!r}"
            )
        if decay_style == "geometric" and decay >= 1.0:
            raise ArgumentError(f"{owner}: a geometric decay must lie in [0, 1), got {decay}")
        if decay and self._schedule is not None:
            raise ArgumentError(f"{owner}: give decay or a schedule as learning_rate, not both")
        if weight_decay_style not in ("decoupled", "coupled"):
            raise ArgumentError(
                f'{owner}: weight_decay_style must be "decoupled" or "coupled", got {weight_decay_style!r}'
            )
        _check(owner, "weight_decay", weight_decay, low=0.0)
        clips = {"clipvalue": clipvalue, "clipnorm": clipnorm, "global_clipnorm": global_clipnorm}
        given = [key for key, value in clips.items() if value is not None]
        for key in given:
            _check(owner, key, clips[key], low=0.0, strict=True)
        if len(given) > 1:
            raise ArgumentError(f"{owner}: only one kind of clipping at a time, got {' and '.join(given)}")
        _check(owner, "loss_scale_factor", loss_scale_factor, low=0.0, strict=True)
        self.loss_scale_factor = loss_scale_factor
        self.decay = float(decay)
        self.decay_style = decay_style
        self.weight_decay = None if weight_decay is None else float(weight_decay)
        self.weight_decay_style = weight_decay_style
        self.clipvalue = clipvalue
        self.clipnorm = clipnorm
        self.global_clipnorm = global_clipnorm
        if layer_rates is not None and not isinstance(layer_rates, LayerRates):
            raise ArgumentError(
                f"{owner}: layer_rates must be Multipliers or AdaptiveLayerRates, got {shown(layer_rates)}"
            )
        self.layer_rates = layer_rates
        self.iterations = 0
        self.parameters: list[Parameter] = []
        self.slots: dict[str, list[Tensor]] = {slot: [] for slot in self.slot_names}
        self._constrained: list[Parameter] = []

    # -- the learning rate ------------------------------------------------------------------------

    def _set_rate(self, value: LearningRate) -> None:
        rate = schedules.get(value)
        if isinstance(rate, Schedule):
            self._schedule = rate
        else:
            _check(type(self).__name__, "learning_rate", rate, low=0.0)
            self._schedule = None
            self._base_rate = rate

    @property
    def learning_rate(self) -> float:
        """The base rate (before `decay`), or the value of the schedule for the next update; settable."""
        return self._base_rate if self._schedule is None else self._schedule(self.iterations)

    @learning_rate.setter
    def learning_rate(self, value: LearningRate) -> None:
        if self._schedule is not None and not isinstance(value, Schedule):
            raise ArgumentError(
                f"{type(self).__name__}: the learning rate follows {self._schedule.describe()}; "
                "it can be replaced by another schedule but not set to a number"
            )
        self._set_rate(value)

    lr = learning_rate

    @property
    def current_learning_rate(self) -> float:
        """The rate the next update uses: schedule or base rate with `decay` applied."""
        if self._schedule is not None:
            return self._schedule(self.iterations)
        if not self.decay:
            return self._base_rate
        if self.decay_style == "geometric":
            return float(self._base_rate * (1.0 - self.decay) ** self.iterations)
        return self._base_rate / (1.0 + self.decay * self.iterations)

    # -- updates ----------------------------------------------------------------------------------

    def build(self, parameters: Sequence[Parameter]) -> None:
        """Create the slots of `parameters`; those already known keep theirs."""
        for parameter in parameters:
            if not isinstance(parameter, Tensor):
                raise DTypeError(f"{type(self).__name__}: weights must be tensors, got {shown(parameter)}")
        known = {id(parameter): index for index, parameter in enumerate(self.parameters)}
        for slot, tensors in self.slots.items():
            self.slots[slot] = [
                tensors[known[id(parameter)]] if id(parameter) in known else self.new_slot(slot, parameter)
                for parameter in parameters
            ]
        self.parameters = list(parameters)
        self._constrained = [p for p in self.parameters if getattr(p, "constraint", None) is not None]

    def new_slot(self, slot: str, parameter: Parameter) -> Tensor:  # noqa: ARG002 - subclasses look at `slot`
        """The first value of a slot: zeros of the parameter's shape."""
        return zeros_like(parameter)

    def apply(
        self, gradients: Sequence[Tensor | None], parameters: Sequence[Parameter] | None = None
    ) -> None:
        """One update of `parameters` (those of the last `build` when left out) by `gradients`, in order.

        A parameter whose gradient is None stays as it is; when all are None, `GradientError`. The gradients
        are those of `scale_loss(loss)`: with a `loss_scale_factor` they are divided by it.
        """
        if capturing():  # its numbers change from step to step
            call_each_time(functools.partial(self.apply, gradients, parameters))
            return
        if parameters is not None and not self._knows(parameters):
            self.build(parameters)
        if len(gradients) != len(self.parameters):
            raise ArgumentError(
                f"{type(self).__name__}: got {len(gradients)} gradients for {len(self.parameters)} parameters"
            )
        slots = self.slots
        updated: Sequence[Parameter] = self.parameters
        present = [gradient for gradient in self.unscaled(gradients) if gradient is not None]
        if len(present) != len(gradients):
            if not present:
                raise GradientError(
                    f"{type(self).__name__}: the loss depends on none of the trainable weights "
                    f"({_names(self.parameters)}): no gradient reaches them"
                )
            kept = [index for index, gradient in enumerate(gradients) if gradient is not None]
            updated = [self.parameters[index] for index in kept]
            slots = {name: [tensors[index] for index in kept] for name, tensors in slots.items()}
        if self.clipvalue is not None:
            ops.clip_by_value(present, self.clipvalue)
        elif self.clipnorm is not None:
            ops.clip_by_norm(present, self.clipnorm)
        elif self.global_clipnorm is not None:
            ops.clip_by_global_norm(present, self.global_clipnorm)
        rate = self.current_learning_rate
        if self.layer_rates is None:
            self.update(updated, present, slots, rate)
        else:
            self._update_layers(self.layer_rates, updated, present, slots, rate)
        self.iterations += 1
        for parameter in self._constrained:
            parameter.assign(parameter.constraint(parameter))  # type: ignore[misc]

    def _update_layers(
        self,
        layer_rates: LayerRates,
        parameters: Sequence[Parameter],
        gradients: Sequence[Tensor],
        slots: dict[str, list[Tensor]],
        rate: float,
    ) -> None:
        """One kernel call for all parameters with the same factor."""
        groups: dict[float, list[int]] = {}
        for index, factor in enumerate(layer_rates.factors(parameters, gradients)):
            groups.setdefault(factor, []).append(index)
        for factor, members in groups.items():
            if factor:
                self.update(
                    [parameters[i] for i in members],
                    [gradients[i] for i in members],
                    {name: [tensors[i] for i in members] for name, tensors in slots.items()},
                    rate * factor,
                )

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Tensor | None, Parameter]]) -> None:
        """Keras's spelling of `apply`: pairs of gradient and parameter."""
        pairs = list(grads_and_vars)
        self.apply([gradient for gradient, _ in pairs], [parameter for _, parameter in pairs])

    def scale_loss(self, loss: Tensor) -> Tensor:
        """What to differentiate: the loss times `loss_scale_factor`."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    def unscaled(self, gradients: Sequence[Tensor | None]) -> list[Tensor | None]:
        """The gradients of the loss, from those of `scale_loss(loss)`."""
        scale = self.loss_scale_factor
        if scale is None:
            return list(gradients)
        return [None if gradient is None else gradient * (1.0 / scale) for gradient in gradients]

    def update(
        self,
        parameters: Sequence[Any],
        gradients: Sequence[Tensor],
        slots: dict[str, list[Tensor]],
        rate: float,
    ) -> None:
        """The paper's update: one call of a kernel over the whole list."""
        raise NotImplementedError(
            f"{type(self).__name__} must define update(parameters, gradients, slots, rate)"
        )

    @property
    def decoupled(self) -> bool:
        """Whether the kernel shrinks the weights instead of changing their gradients."""
        return self.weight_decay_style == "decoupled"

    def _knows(self, parameters: Sequence[Parameter]) -> bool:
        return len(parameters) == len(self.parameters) and all(
            mine is theirs for mine, theirs in zip(self.parameters, parameters, strict=True)
        )

    # -- state and description --------------------------------------------------------------------

    def get_state(self) -> dict[str, Any]:
        """The numbers a checkpoint keeps beside the slots; `set_state` puts them back."""
        return {"iterations": self.iterations, "base_rate": self._base_rate}

    def set_state(self, state: dict[str, Any]) -> None:
        """Put back what `get_state` returned."""
        self.iterations = int(state["iterations"])
        self._base_rate = float(state["base_rate"])

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments in a form that JSON can hold."""
        rate: Any = self._base_rate if self._schedule is None else schedules.serialize(self._schedule)
        config = {"learning_rate": rate, "decay": self.decay, "decay_style": self.decay_style}
        config.update({"weight_decay": self.weight_decay, "weight_decay_style": self.weight_decay_style})
        for name in ("clipvalue", "clipnorm", "global_clipnorm", "loss_scale_factor"):
            config[name] = getattr(self, name)
        if self.layer_rates is not None:
            config["layer_rates"] = registry.serialize(self.layer_rates)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Optimizer:
        """The optimizer that `get_config` described."""
        rates = registry.deserialize(config.get("layer_rates"))
        rate = schedules.get(config["learning_rate"])
        return cls(**{**config, "learning_rate": rate, "layer_rates": rates})

    def describe(self) -> str:
        """The formulas in force with their numbers, one a line."""
        lines = [f"{type(self).__name__}: {self.formula}"]
        if self._schedule is not None:
            lines.append(f"learning rate: {self._schedule.describe()}")
        elif self.decay:
            formula = DECAY_FORMULAS[self.decay_style]
            lines.append(f"learning rate: {formula}, lr={self._base_rate!r}, decay={self.decay!r}")
        else:
            lines.append(f"learning rate: constant, lr={self._base_rate!r}")
        if self.weight_decay:
            formula = (
                "theta <- theta - lr * w * theta (decoupled)"
                if self.weight_decay_style == "decoupled"
                else "g <- g + w * theta (coupled, an L2 penalty of w/2 * ||theta||^2)"
            )
            lines.append(f"weight decay: {formula}, w={self.weight_decay!r}, all parameters, biases included")
        for clip in ("clipvalue", "clipnorm", "global_clipnorm"):
            if getattr(self, clip) is not None:
                lines.append(f"gradient clipping: {clip}={getattr(self, clip)!r}")
        if self.loss_scale_factor is not None:
            lines.append(f"loss scaling: g = grad(k * loss) / k, k={self.loss_scale_factor!r}")
        if self.layer_rates is not None:
            lines.append(self.layer_rates.describe())
        return "\n".join(lines)


def _check(owner: str, name: str, value: float | None, *, low: float, strict: bool = False) -> None:
    if value is None:
        return
    if not math.isfinite(value) or value < low or (strict and value == low):
        bound = "above" if strict else "at least"
        raise ArgumentError(f"{owner}: {name} must be a finite number {bound} {low:g}, got {value!r}")


def check_fraction(owner: str, **values: float) -> None:
    """Raise unless each value lies in [0, 1)."""
    for name, value in values.items():
        if not 0.0 <= value < 1.0:
            raise ArgumentError(f"{owner}: {name} must lie in [0, 1), got {value!r}")


def _names(parameters: Sequence[Parameter]) -> str:
    names = [str(getattr(p, "path", None) or getattr(p, "name", "?")) for p in parameters]
    return ", ".join(names[:4]) + (", ..." if len(names) > 4 else "")
