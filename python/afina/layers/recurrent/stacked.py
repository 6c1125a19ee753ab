"""Several cells as one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import ops
from ..._C import Tensor
from ...errors import AfinaError, ArgumentError
from ...registry import deserialize, register
from ...tensor import zeros
from ..layer import Layer
from ..nested import leaves
from .cell import RecurrentCell

if TYPE_CHECKING:
    from typing_extensions import Self


@register
class StackedRNNCells(Layer):
    """`cells` on top of each other: the output of one is the input of the next; a list of states for each.

    >>> import numpy as np
    >>> from afina.layers import LSTMCell
    >>> stack = StackedRNNCells([LSTMCell(4), LSTMCell(3)])
    >>> output, states = stack(np.ones((2, 5), "float32"), stack.get_initial_state(2))
    >>> output.shape
    (2, 3)
    """

    _one_tensor = True

    def __init__(self, cells: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(cells, list | tuple) or not cells:
            raise ArgumentError(f"{self.label}: cells must be a list of cells, got {cells!r}")
        for cell in cells:
            if not callable(getattr(cell, "call", None)) or not hasattr(cell, "state_size"):
                raise ArgumentError(
                    f"{self.label}: cells must have call(x, states) and state_size, got {cell!r}"
                )
        self.cells = list(cells)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """A new stack, its cells rebuilt from their own configurations."""
        return cls(**deserialize(config))

    @property
    def state_size(self) -> list[Any]:
        """The cells' state sizes."""
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self) -> int:
        """That of the last cell."""
        return _output_size(self.cells[-1])

    def get_initial_state(self, batch_size: int) -> list[Any]:
        """A list of first states for each cell."""
        return [_first_states(cell, batch_size, self.dtype) for cell in self.cells]

    def build(self, input_shape: Any) -> None:
        """Build every cell for the output of the one before."""
        for cell in self.cells:
            if isinstance(cell, Layer) and not cell.built:
                cell.build(input_shape)
                cell.built = True
            input_shape = (input_shape[0], _output_size(cell))

    def call(self, inputs: Any, states: Any, training: bool = False) -> tuple[Any, list[Any]]:
        """(the last cell's output, every cell's new states)."""
        new = []
        for cell, own in zip(self.cells, states, strict=True):
            options = {"training": training} if isinstance(cell, Layer) and cell._takes_training else {}
            try:
                inputs, after = (cell if isinstance(cell, Layer) else cell.call)(inputs, own, **options)
            except AfinaError as error:
                raise type(error)(f"{self.label}: {error}") from error
            new.append(list(after) if isinstance(after, list | tuple) else [after])
        return inputs, new

    def compute_output_shape(self, input_shape: Any, *_: Any, **__: Any) -> Any:
        """The shapes of the output and of the states."""
        states = [[(input_shape[0], size) for size in leaves(sizes)] for sizes in self.state_size]
        return [(input_shape[0], self.output_size), states]

    # --- whole sequences ---

    def kernel_activations(self) -> tuple[str, ...] | None:
        """Whether every cell has a kernel for whole sequences: names, or None."""
        names: tuple[str, ...] = ()
        for cell in self.cells:
            own = cell.kernel_activations() if isinstance(cell, RecurrentCell | StackedRNNCells) else None
            if own is None:
                return None
            names += own
        return names

    def whole_sequence(
        self, x: Tensor, states: Any, mask: Tensor | None, go_backwards: bool, training: bool
    ) -> tuple[Tensor, Tensor, list[Any]]:
        """(every output, the last one, the last states): cell by cell, each over the whole sequence."""
        last, ends = x, []
        for cell, own in zip(self.cells, states, strict=True):
            x, last, end = cell.whole_sequence(x, own, mask, go_backwards, training)
            ends.append(end)
            if go_backwards:  # from here on the steps lie in the order of the walk
                mask, go_backwards = None if mask is None else ops.flip(mask, 1), False
        return x, last, ends


def _output_size(cell: Any) -> int:
    size = getattr(cell, "output_size", None)
    return next(leaves(cell.state_size)) if size is None else size  # type: ignore[no-any-return]


def _first_states(cell: Any, batch_size: int, dtype: str) -> list[Any]:
    make = getattr(cell, "get_initial_state", None)
    if make is None:
        return [zeros((batch_size, size), dtype) for size in leaves(cell.state_size)]
    found = make(batch_size)
    return list(found) if isinstance(found, list | tuple) else [found]
