"""Layers that are one cell over sequences: what LSTM, GRU and SimpleRNN share."""

from __future__ import annotations

from typing import Any, ClassVar

from ...parameter import Parameter
from ..configuration import constructor_arguments
from ..input_spec import InputSpec
from .cell import RecurrentCell
from .rnn import RNN

_OF_RNN = ("return_sequences", "return_state", "go_backwards", "stateful", "unroll")


class CellLayer(RNN):
    """An RNN whose constructor takes the arguments of its cell, which it makes itself."""

    cell_class: ClassVar[Any]
    cell: RecurrentCell

    def __init__(self, arguments: dict[str, Any]) -> None:
        """From the arguments of the subclass's constructor: its `locals()`."""
        kwargs = dict(arguments["kwargs"])
        kwargs.pop("implementation", None)  # of Keras: chooses nothing here
        names = constructor_arguments(self.cell_class)
        cell = self.cell_class(**{name: arguments[name] for name in names}, dtype=kwargs.get("dtype"))
        options = {name: arguments[name] for name in _OF_RNN}
        super().__init__(cell, **options, activity_regularizer=arguments["activity_regularizer"], **kwargs)
        self.input_spec = InputSpec(ndim=3)
        if "use_cudnn" in arguments:
            self.use_cudnn = arguments["use_cudnn"]

    def build(self, input_shape: Any) -> None:
        """Build the cell, and hold later inputs to its number of features."""
        super().build(input_shape)
        self.input_spec = InputSpec(ndim=3, axes={-1: input_shape[-1]})

    @property
    def units(self) -> int:
        """Size of the state and of the output."""
        return self.cell.units

    @property
    def kernel(self) -> Parameter:
        """The cell's kernel (inputs, gates * units)."""
        return self.cell.kernel

    @property
    def recurrent_kernel(self) -> Parameter:
        """The cell's recurrent kernel (units, gates * units)."""
        return self.cell.recurrent_kernel

    @property
    def bias(self) -> Parameter | None:
        """The cell's bias, or None."""
        return self.cell.bias

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments: the cell's and those of RNN."""
        config = super().get_config()
        own = self.cell.get_config()
        config.update({name: own[name] for name in constructor_arguments(self.cell_class)})
        if self.zero_output_for_mask:
            config["zero_output_for_mask"] = True
        return config
