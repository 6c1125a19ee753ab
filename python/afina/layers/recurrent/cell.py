"""What the cells LSTM, GRU and SimpleRNN share: the weights of all gates side by side, and their dropout."""

from __future__ import annotations

from typing import Any, ClassVar

from ... import activations, constraints, initializers, ops, regularizers
from ..._C import Tensor
from ...activations import Activation
from ...errors import ArgumentError, ShapeError
from ...parameter import Parameter
from ...tensor import ones, zeros
from ..arguments import check_positive
from ..configuration import constructor_arguments
from ..input_spec import InputSpec
from ..seeded import SeededLayer
from ..symbolic import SymbolicShape

# What the kernels can apply to a gate: functions whose slope follows from their value.
_OF_GATES = frozenset(
    {
        *("linear", "relu", "relu6", "leaky_relu", "sigmoid", "hard_sigmoid"),
        *("tanh", "elu", "selu", "softplus", "softsign"),
    }
)

# What an argument's last word makes of its value.
_KINDS: dict[str, Any] = {
    "activation": activations,
    "initializer": initializers,
    "regularizer": regularizers,
    "constraint": constraints,
}

States = list[Tensor]


def check_fraction(owner: str, argument: str, value: Any) -> None:
    """ArgumentError naming the argument unless it is a number in [0, 1]."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ArgumentError(f"{owner}: {argument} must lie in [0, 1], got {value!r}")


class RecurrentCell(SeededLayer):
    """One step of a recurrent layer: `cell(x, states)` is (output, new states), x (batch, inputs).

    `whole_sequence` walks all steps in one kernel, when `kernel_activations` finds names for it.
    """

    gates: ClassVar[int] = 1
    supports_masking = True
    _one_tensor = True

    units: int
    activation: Activation
    use_bias: bool
    dropout: float
    recurrent_dropout: float

    def __init__(self, arguments: dict[str, Any]) -> None:
        """From the arguments of the subclass's constructor: its `locals()`."""
        super().__init__(arguments["seed"], **arguments["kwargs"])
        check_positive(self.label, units=arguments["units"])
        for name in constructor_arguments(type(self)):
            kind = name.rpartition("_")[2]
            value = _KINDS[kind].get(arguments[name]) if kind in _KINDS else arguments[name]
            setattr(self, name, value)
        for name in ("dropout", "recurrent_dropout"):
            check_fraction(self.label, name, arguments[name])
        self.input_spec = InputSpec(ndim=2)
        self.bias: Parameter | None = None
        self._factors: dict[str, Tensor | None] | None = (
            None  # of dropout, the same in all steps of a sequence
        )

    # --- states ---

    @property
    def state_size(self) -> Any:
        """Units of the state, or a list of them for several states."""
        return self.units

    @property
    def output_size(self) -> int:
        """Size of the output's last axis."""
        return self.units

    def get_initial_state(self, batch_size: int) -> States:
        """Zeros (batch_size, units), once for each state."""
        count = len(self.state_size) if isinstance(self.state_size, list) else 1
        return [zeros((batch_size, self.units), self.dtype) for _ in range(count)]

    # --- weights ---

    def build(self, input_shape: SymbolicShape) -> None:
        """kernel (inputs, gates * units), recurrent_kernel (units, gates * units) and bias."""
        inputs = input_shape[-1]
        if inputs is None:
            raise ShapeError(
                f"{self.label}: the last axis of the inputs must be known, got shape {input_shape}"
            )
        self.kernel = self._weight("kernel", (inputs, self.gates * self.units), "kernel")
        self.recurrent_kernel = self._weight(
            "recurrent_kernel", (self.units, self.gates * self.units), "recurrent"
        )
        if self.use_bias:
            self.bias = self._weight("bias", self.bias_shape, "bias")
        self.input_spec = InputSpec(ndim=2, axes={-1: inputs})

    @property
    def bias_shape(self) -> tuple[int, ...]:
        """(gates * units,)."""
        return (self.gates * self.units,)

    def _weight(self, name: str, shape: tuple[int, ...], arguments: str) -> Parameter:
        found = vars(self)
        return self.add_weight(
            shape,
            found[f"{arguments}_initializer"],
            regularizer=found[f"{arguments}_regularizer"],
            constraint=found[f"{arguments}_constraint"],
            name=name,
        )

    # --- dropout ---

    def hold_dropout(self) -> None:
        """A sequence begins: the factors drawn from now on stay until `release_dropout`."""
        # Kept for a while: no change of the layer (afina/changes.py).
        object.__setattr__(self, "_factors", {})

    def release_dropout(self) -> None:
        """The sequence is over."""
        object.__setattr__(self, "_factors", None)

    def input_factors(self, x: Tensor, training: bool) -> Tensor | None:
        """0 or 1 / (1 - dropout) for every input of every sample, (batch, inputs); None: all stay."""
        return self._drawn("input", self.dropout, (x.shape[0], x.shape[-1]), training)

    def state_factors(self, batch: int, training: bool) -> Tensor | None:
        """The same for the state where it is multiplied, (batch, units)."""
        return self._drawn("state", self.recurrent_dropout, (batch, self.units), training)

    def _drawn(self, which: str, rate: float, shape: tuple[int, ...], training: bool) -> Tensor | None:
        if not training or rate in (0.0, 1.0):  # Keras drops nothing at 1
            return None
        held = self._factors if self._factors is not None else {}
        if which not in held:
            held[which] = ops.dropout(ones(shape, self.dtype), rate, True, seed=self.next_seed())
        return held[which]

    # --- steps ---

    def call(self, inputs: Tensor, states: Any, training: bool = False) -> tuple[Tensor, Any]:
        """(output, new states), by the cell's formula."""
        given = list(states) if isinstance(states, list | tuple) else [states]
        inputs = inputs if inputs.dtype == self.dtype else inputs.astype(self.dtype)
        factors = self.input_factors(inputs, training)
        x = inputs if factors is None else inputs * factors
        kept = self.state_factors(inputs.shape[0], training)
        new = self.step(x, given, given[0] if kept is None else given[0] * kept)
        return new[0], new if isinstance(states, list | tuple) else new[0]

    def step(self, x: Tensor, states: States, state: Tensor) -> States:
        """The new states, of which the first is the output; `state` is states[0] as it is multiplied."""
        raise NotImplementedError

    def compute_output_shape(self, input_shape: SymbolicShape, *_: Any, **__: Any) -> Any:
        """The shapes of the output and of the states."""
        one = (input_shape[0], self.units)
        return [one, [one for _ in self.get_initial_state(1)]]

    # --- whole sequences ---

    def kernel_activations(self) -> tuple[str, ...] | None:
        """The names of the activations for the kernel; None when it does not have one of them."""
        names = [activations.name_of(f) for f in self._activations()]
        return tuple(str(name) for name in names) if all(name in _OF_GATES for name in names) else None

    def _activations(self) -> list[Activation]:
        return [self.activation]

    def whole_sequence(
        self, x: Tensor, states: States, mask: Tensor | None, go_backwards: bool, training: bool
    ) -> tuple[Tensor, Tensor, States]:
        """(every output, the last output, the last states) of x (batch, steps, inputs)."""
        factors = self.input_factors(x, training)
        if factors is not None:
            x = x * ops.expand_dims(factors, 1)
        every, *last = self.run_kernel(
            x, states, mask, self.state_factors(x.shape[0], training), go_backwards
        )
        return every, last[0], last

    def run_kernel(
        self, x: Tensor, states: States, mask: Tensor | None, scale: Tensor | None, go_backwards: bool
    ) -> list[Tensor]:
        """[every output, the last states...], by the cell's op."""
        raise NotImplementedError
