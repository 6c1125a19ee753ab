"""Cells walked over sequences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import ops
from ..._C import Tensor
from ...errors import AfinaError, ArgumentError, ShapeError
from ...masked import as_mask
from ...parameter import Parameter
from ...registry import deserialize, register
from ...tensor import tensor, zeros
from ..conversion import to_tensor
from ..input_spec import InputSpec
from ..layer import Layer
from ..nested import leaves, map_nested
from ..symbolic import SymbolicShape
from .cell import RecurrentCell
from .stacked import StackedRNNCells

if TYPE_CHECKING:
    from typing_extensions import Self


@register
class RNN(Layer):
    """`cell` walked over sequences (batch, steps, ...): each step gets x[:, t] and the states of the step
    before.

    cell: a layer with `call(x, states)` that returns (output, new states) and with `state_size`, an int or a
    list of ints; or a list of such cells, one on top of the other. The result is the last output, (batch,
    units); with return_sequences=True every output, (batch, steps, units); with return_state=True a tuple
    with the last states behind it. `initial_state` of a call (a tensor, or a list with one for each state)
    replaces the zeros.

    go_backwards: from the last step to the first; outputs come in the order of the walk. stateful: a batch
    starts from the states the one before ended with (`reset_state()` makes them zero again); needs an Input
    with batch_size. Where the mask is False, states pass through and the output is repeated
    (zero_output_for_mask=True: is 0). unroll chooses nothing here: it is taken so that scripts written for
    Keras run.

    >>> import numpy as np
    >>> from afina.layers import LSTMCell
    >>> RNN([LSTMCell(4), LSTMCell(3)])(np.ones((2, 5, 6), "float32")).shape
    (2, 3)
    """

    supports_masking = True
    _one_tensor = True

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        cell = StackedRNNCells(cell) if isinstance(cell, list | tuple) else cell
        if not callable(getattr(cell, "call", None)) or not hasattr(cell, "state_size"):
            raise ArgumentError(f"{self.label}: cell must have call(x, states) and state_size, got {cell!r}")
        self.cell = cell
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.unroll = unroll
        self.zero_output_for_mask = zero_output_for_mask
        self.input_spec = InputSpec(min_ndim=3)
        self.states: Any = None  # of a stateful layer, in the structure of the cell's

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """A new layer, its cell rebuilt from its own configuration."""
        return cls(**deserialize(config))

    # --- shapes ---

    def build(self, input_shape: Any) -> None:
        """Build the cell for one step; a stateful layer gets its states."""
        if not isinstance(input_shape, tuple) or len(input_shape) < 3:
            raise ShapeError(
                f"{self.label}: inputs must be (batch, steps, features), got shape {input_shape}"
            )
        if isinstance(self.cell, Layer) and not self.cell.built:
            try:
                self.cell.build((input_shape[0], *input_shape[2:]))
            except AfinaError as error:
                raise type(error)(f"{self.label}: {error}") from error
            self.cell.built = True
        if self.stateful:
            if input_shape[0] is None:
                raise ArgumentError(
                    f"{self.label}: stateful=True needs a known batch: give Input a batch_size, "
                    f"got shape {input_shape}"
                )
            self.states = map_nested(self._variable, self.get_initial_state(input_shape[0]))

    def _variable(self, value: Tensor) -> Parameter:
        return Parameter(value, "state", dtype=value.dtype, trainable=False, path=f"{self.name}/state")

    def own_variables(self) -> list[Parameter]:
        """The states of a stateful layer: what a checkpoint keeps and `weights` leaves out."""
        return [] if self.states is None else list(leaves(self.states))

    def compute_output_shape(self, input_shape: SymbolicShape, *_: Any, **__: Any) -> Any:
        """(batch, units) or (batch, steps, units), and the states' shapes with return_state."""
        size = getattr(self.cell, "output_size", None) or next(leaves(self.cell.state_size))
        batch, steps = input_shape[:2]
        output = (batch, steps, size) if self.return_sequences else (batch, size)
        if not self.return_state:
            return output
        return [output, *_state_shapes(batch, self.cell.state_size)]

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:  # noqa: ARG002  the mask alone decides
        """The inputs' mask for every output, None for a last one and for states."""
        output = mask if self.return_sequences else None
        if not self.return_state:
            return output
        sizes = self.cell.state_size
        return [output, *map_nested(lambda _: None, sizes if isinstance(sizes, list | tuple) else [sizes])]

    # --- states ---

    def get_initial_state(self, batch_size: int) -> list[Any]:
        """The cell's first states, or zeros, as a list."""
        make = getattr(self.cell, "get_initial_state", None)
        if make is not None:
            found = make(batch_size)
            return list(found) if isinstance(found, list | tuple) else [found]
        return [zeros((batch_size, size), self.dtype) for size in leaves(self.cell.state_size)]

    def reset_state(self) -> None:
        """Let a stateful layer start from zeros again."""
        if not self.stateful:
            raise ArgumentError(f"{self.label}: reset_state needs stateful=True")
        for state in self.own_variables():
            state.fill_(0.0)

    reset_states = reset_state

    def _first_states(self, x: Tensor, given: Any) -> list[Any]:
        if given is None and self.states is not None:
            batch = self.own_variables()[0].shape[0]
            if batch != x.shape[0]:
                raise ShapeError(
                    f"{self.label}: stateful=True was built for batches of {batch}, got {x.shape[0]}"
                )
            return map_nested(lambda state: state.copy(), self.states)  # type: ignore[no-any-return]
        zero = self.get_initial_state(x.shape[0])
        if given is None:
            return zero
        values, places = list(leaves(given)), list(leaves(zero))
        if len(values) != len(places):
            raise ArgumentError(f"{self.label}: initial_state needs {len(places)} tensors, got {len(values)}")
        for value, place in zip(values, places, strict=True):
            if tuple(value.shape) != place.shape:
                raise ShapeError(
                    f"{self.label}: initial_state needs tensors of shape {place.shape}, "
                    f"got {tuple(value.shape)}"
                )
        rest = iter(values)
        return map_nested(lambda _: self._float(next(rest)), zero)  # type: ignore[no-any-return]

    def _float(self, value: Any) -> Tensor:
        found: Tensor = to_tensor(self, value)
        return found if found.dtype == self.dtype else found.astype(self.dtype)

    # --- the walk ---

    def call(self, inputs: Any, initial_state: Any = None, mask: Any = None, training: bool = False) -> Any:
        """The outputs as the constructor asked for, from `initial_state` or zeros."""
        x = self._float(inputs)
        if x.shape[1] == 0:
            raise ShapeError(f"{self.label}: inputs must have one step or more, got shape {x.shape}")
        kept = None if mask is None else as_mask(self.label, mask)
        if kept is not None and kept.shape != x.shape[:2]:
            raise ShapeError(f"{self.label}: mask must have shape {x.shape[:2]}, got {kept.shape}")
        first = self._first_states(x, initial_state)
        cells = self._library_cells()
        for cell in cells:
            cell.hold_dropout()
        try:
            walk = self.cell.whole_sequence if self._has_kernel() else self._loop
            every, output, states = walk(x, first, kept, self.go_backwards, training)
        finally:
            for cell in cells:
                cell.release_dropout()
        if self.states is not None:
            for state, value in zip(self.own_variables(), leaves(states), strict=True):
                state.copy_(value.detach())
        if self.return_sequences:
            output = every
            if kept is not None and self.zero_output_for_mask:
                order = ops.flip(kept, 1) if self.go_backwards else kept
                output = every * ops.cast(ops.expand_dims(order, -1), every.dtype)
        return (output, *states) if self.return_state else output

    def _library_cells(self) -> list[RecurrentCell]:
        inside = self.cell.flatten_layers() if isinstance(self.cell, Layer) else []
        return [cell for cell in inside if isinstance(cell, RecurrentCell)]

    def _has_kernel(self) -> bool:
        """Whether one kernel walks all steps: the cell is ours, with activations that the kernel knows."""
        ours = isinstance(self.cell, RecurrentCell | StackedRNNCells)
        return ours and self.cell.kernel_activations() is not None

    def _loop(
        self, x: Tensor, states: Any, mask: Tensor | None, go_backwards: bool, training: bool
    ) -> tuple[Tensor, Tensor, Any]:
        """(every output, the last one, the last states), a call of the cell for every step."""
        options = {"training": training} if isinstance(self.cell, Layer) and self.cell._takes_training else {}
        call = self.cell if isinstance(self.cell, Layer) else self.cell.call
        outputs: list[Tensor] = []
        steps = range(x.shape[1])
        for t in reversed(steps) if go_backwards else steps:
            output, new = call(x[:, t], states, **options)
            new = list(new) if isinstance(new, list | tuple) else [new]
            if mask is not None:
                counts = mask[:, t : t + 1]
                before = outputs[-1] if outputs else _resting_output(self.cell, states, output)
                output = ops.where(counts, output, before)
                new = _chosen(counts, new, states)
            outputs.append(output)
            states = new
        every = ops.stack(outputs, 1) if self.return_sequences else outputs[-1]
        return every, outputs[-1], states


def _state_shapes(batch: int | None, sizes: Any) -> list[Any]:
    sizes = sizes if isinstance(sizes, list | tuple) else [sizes]
    return [_state_shapes(batch, s) if isinstance(s, list | tuple) else (batch, s) for s in sizes]


def _resting_output(cell: Any, states: Any, output: Tensor) -> Tensor:
    """What is repeated before the first step that counts: the state that is its output, or zeros."""
    while isinstance(cell, StackedRNNCells):
        cell, states = cell.cells[-1], states[-1]
    return states[0] if isinstance(cell, RecurrentCell) else tensor(output.detach()) * 0.0


def _chosen(counts: Tensor, new: Any, before: Any) -> Any:
    """`new` where the step counts, else `before`, in their structure."""
    if isinstance(new, list | tuple):
        return [_chosen(counts, n, b) for n, b in zip(new, before, strict=True)]
    return ops.where(counts, new, before)
