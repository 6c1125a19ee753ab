"""The containers: Module, whose subclasses write `forward`, and Sequential."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...errors import ArgumentError
from ...layers import layer as calling
from ...layers.layer import Layer
from ...models import Model
from ...parameter import Parameter
from ...refusal import shown

if TYPE_CHECKING:
    from typing_extensions import Self


class Module(Model):
    """A network whose subclasses write `forward(x)`; parts assigned to attributes are its own.

    >>> from afina.compat import nn
    >>> class Net(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.hidden, self.out = nn.Linear(4, 8), nn.Linear(8, 2)
    ...     def forward(self, x):
    ...         return self.out(self.hidden(x))
    >>> sum(p.size for p in Net().parameters())
    58
    """

    def __init__(self) -> None:
        super().__init__()
        self.training = True
        self.built = True  # the parts have their weights from the start

    def forward(self, x: Any, *args: Any) -> Any:
        """The outputs for `x`."""
        raise NotImplementedError(f"{self.label}: write forward(self, x)")

    def call(self, inputs: Any, *args: Any, training: bool = False) -> Any:  # noqa: ARG002  the parts are told
        """`forward`."""
        return self.forward(inputs, *args)

    def __call__(self, inputs: Any, *args: Any, training: bool | None = None, **kwargs: Any) -> Any:
        if training is None and calling._state.depth == 0:  # inside another network its mode counts
            training = self.training
        return super().__call__(inputs, *args, training=training, **kwargs)

    def train(self, mode: bool = True) -> Self:
        """Direct calls are in training mode (dropout on, statistics of the batch), or not."""
        self.training = bool(mode)
        return self

    def eval(self) -> Self:
        """Direct calls are in inference mode."""
        return self.train(False)

    def parameters(self) -> Iterator[Parameter]:
        """The weights that train."""
        return iter(self.trainable_weights)

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Paths and weights."""
        return ((weight.path, weight) for weight in self.trainable_weights)

    def zero_grad(self) -> None:
        """Forget what `backward` has added to the weights' `.grad`."""
        for weight in self.trainable_weights:
            weight.grad = None


class Sequential(Module):
    """Modules one after the other.

    >>> from afina import tensor
    >>> from afina.compat import nn
    >>> model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    >>> len(model), model(tensor([[1.0, 2.0]])).shape
    (3, (1, 1))
    """

    def __init__(self, *modules: Any) -> None:
        super().__init__()
        for number, module in enumerate(modules):
            if not isinstance(module, Layer):
                raise ArgumentError(f"nn.Sequential: entry {number} must be a module, got {shown(module)}")
        self.chain = list(modules)

    def forward(self, x: Any, *args: Any) -> Any:  # noqa: ARG002  modules take one input
        """The last module's output."""
        for module in self.chain:
            x = module(x)
        return x

    def append(self, module: Any) -> Self:
        """One more module at the end."""
        if not isinstance(module, Layer):
            raise ArgumentError(f"nn.Sequential: append takes a module, got {shown(module)}")
        self.chain = [*self.chain, module]
        return self

    def __len__(self) -> int:
        return len(self.chain)

    def __getitem__(self, index: int | slice) -> Any:
        return type(self)(*self.chain[index]) if isinstance(index, slice) else self.chain[index]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.chain)
