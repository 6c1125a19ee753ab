"""The weights of a layer and of the layers inside it: creation, collection, freezing, copying."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import constraints, initializers, regularizers
from .._C import current_device
from ..changes import Counted
from ..checked import Checked
from ..errors import FileFormatError, NotBuiltError, ShapeError
from ..parameter import Parameter
from .nested import leaves

if TYPE_CHECKING:
    from typing_extensions import Self

structure = [0]  # grows whenever a layer or weight is created or attached: caches of layer lists compare it

_NOT_CHILDREN = frozenset({"_inbound_nodes", "_found", "_own_weights"})


# (bytes left, file): what a model that is being loaded may still allocate for weights
_budget: ContextVar[list[Any] | None] = ContextVar("budget", default=None)


@contextlib.contextmanager
def weight_budget(size: int, where: str) -> Iterator[None]:
    """Inside, weights of more than `size` bytes together are a FileFormatError naming the file."""
    token = _budget.set([size, where])
    try:
        yield
    finally:
        _budget.reset(token)


def spend(shape: tuple[int, ...], dtype: str) -> None:
    """Count a weight against the budget of the file it is for."""
    budget = _budget.get()
    if budget is None:
        return
    budget[0] -= math.prod(shape) * np.dtype(dtype).itemsize
    if budget[0] < 0:
        raise FileFormatError(f"{budget[1]}: its configuration asks for more weights than the file holds")


class WeightOwner(Counted, Checked):
    """What layers and models know about their weights."""

    name: str
    dtype: str
    built: bool
    _trainable: bool
    _own_weights: list[Parameter]

    @property
    def label(self) -> str:
        """Class and name, as error messages quote them: `Dense 'dense_1'`."""
        return f"{type(self).__name__} {self.name!r}"

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, WeightOwner | Parameter | list | tuple | dict):
            structure[0] += 1
        super().__setattr__(name, value)

    def add_weight(
        self,
        shape: Any = (),
        initializer: Any = "glorot_uniform",
        dtype: str | None = None,
        trainable: bool = True,
        *,
        regularizer: Any = None,
        constraint: Any = None,
        name: str | None = None,
    ) -> Parameter:
        """Create a weight of `shape`; every size must be known. Returns the Parameter."""
        if isinstance(shape, str):  # the old order: add_weight(name, shape, ...)
            name, shape = shape, initializer if isinstance(initializer, tuple | list) else ()
            initializer = "glorot_uniform"
        shape = (shape,) if isinstance(shape, int) else tuple(shape)
        word = name or f"weight_{len(self._own_weights)}"
        for size in shape:
            if size is None or size < 1:
                raise ShapeError(
                    f"{self.label}: weight {word!r} needs known positive sizes, got shape {shape}; "
                    "give the input's axis a size"
                )
        spend(shape, dtype or self.dtype)
        chosen = initializers.get(initializer)
        value = chosen(shape, dtype=dtype or self.dtype)
        parameter = Parameter(
            value,
            word,
            trainable=trainable,
            regularizer=regularizers.get(regularizer),
            constraint=constraints.get(constraint),
            initializer=chosen,
            path=f"{self.name}/{word}",
        )
        self._own_weights.append(parameter)
        structure[0] += 1
        return parameter

    def _children(self) -> Iterator[Any]:
        """Layers held in attributes, also inside lists, tuples and dicts, in the order of assignment."""
        for name, value in vars(self).items():
            if name in _NOT_CHILDREN:
                continue
            if isinstance(value, WeightOwner):
                yield value
            elif isinstance(value, list | tuple | dict):
                for leaf in leaves(value):
                    if isinstance(leaf, WeightOwner):
                        yield leaf

    def _until_changed(self, find: Callable[[], list[Any]], also: Any = None) -> list[Any]:
        """What `find`, a method of self, gives: the same list until a layer or weight is created or attached
        anywhere, or `also` is another.
        """
        found: dict[str, tuple[Any, list[Any]]] | None = self.__dict__.get("_found")
        if found is None:
            found = {}
            object.__setattr__(self, "_found", found)
        key = (structure[0], also)
        kept = found.get(find.__name__)
        if kept is None or kept[0] != key:
            kept = found[find.__name__] = (key, find())
        return kept[1]

    def flatten_layers(self) -> list[Any]:
        """This layer and every layer inside it, each once."""
        return self._until_changed(self._find_layers)

    def _find_layers(self) -> list[Any]:
        found: dict[int, WeightOwner] = {}
        pending = [self]
        while pending:
            layer = pending.pop()
            if id(layer) not in found:
                found[id(layer)] = layer
                pending.extend(reversed(list(layer._children())))
        return list(found.values())

    def _assigned_weights(self) -> list[Parameter]:
        """Weights from add_weight, then Parameters that were simply assigned to attributes."""
        own = list(self._own_weights)
        known = {id(w) for w in own}
        own += [v for v in vars(self).values() if isinstance(v, Parameter) and id(v) not in known]
        return own

    def _collect(self, *, trainable: bool | None = None) -> list[Parameter]:
        """Own weights in order of creation, then those of the layers inside; each once."""
        found: dict[int, Parameter] = {}

        def visit(layer: WeightOwner, frozen: bool, seen: set[int]) -> None:
            frozen = frozen or not layer._trainable
            if id(layer) in seen:
                return
            seen.add(id(layer))
            for w in layer._assigned_weights():
                if trainable is None or trainable == (w.trainable and not frozen):
                    found.setdefault(id(w), w)
            for child in layer._children():
                visit(child, frozen, seen)

        visit(self, False, set())
        return list(found.values())

    def _all_weights(self) -> list[Parameter]:
        """`weights`, as long as nothing was created or attached the same list; not to be changed."""
        return self._until_changed(self._collect)

    @property
    def weights(self) -> list[Parameter]:
        """All weights, in order of creation, each once."""
        return list(self._all_weights())

    @property
    def trainable_weights(self) -> list[Parameter]:
        """The weights that training may change; empty when `trainable` is False."""
        return self._collect(trainable=True)

    @property
    def non_trainable_weights(self) -> list[Parameter]:
        """Moving statistics and the weights of frozen layers."""
        return self._collect(trainable=False)

    @property
    def variables(self) -> list[Parameter]:
        """`weights`, and the counters of draws of seeded layers: all the state that a checkpoint needs."""
        return self.weights + [v for layer in self.flatten_layers() for v in layer.own_variables()]

    @property
    def device(self) -> str:
        """Where the weights are, "cpu" or "cuda:0"; without any, where new tensors are made."""
        weights = self._all_weights()
        return weights[0].device if weights else current_device()

    def to(self, device: str) -> Self:
        """Move the weights, and their gradients, to "cpu" or "cuda"; returns the layer itself.

        A layer whose weights do not exist yet raises `NotBuiltError`: build it, or make it inside
        `with afina.device("cuda"):`.
        """
        if not self.weights:
            raise NotBuiltError(f"{self.label}: to({device!r}) has no weights to move; build the layer first")
        for weight in self.weights:
            weight.to_(device)
        return self

    def own_variables(self) -> list[Parameter]:
        """State of this layer alone that is not a weight."""
        return []

    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights

    @property
    def trainable(self) -> bool:
        """Whether training may change the weights; setting it sets every layer inside as well.

        A compiled model keeps the list of weights it was compiled with: compile again after a change.
        """
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        for layer in self.flatten_layers():
            layer._trainable = bool(value)

    def get_weights(self) -> list[np.ndarray[Any, Any]]:
        """Copies of all weights as NumPy arrays, in the order of `weights`."""
        return [np.array(w.numpy()) for w in self.weights]

    def set_weights(self, weights: Any) -> None:
        """Overwrite all weights with arrays of the same shapes, in the order of `weights`."""
        own, given = self.weights, [np.asarray(w) for w in weights]
        if len(own) != len(given):
            raise ShapeError(f"{self.label}: set_weights needs {len(own)} arrays, got {len(given)}")
        for w, value in zip(own, given, strict=True):
            if w.shape != value.shape:
                raise ShapeError(f"{self.label}: {w.path} has shape {w.shape}, got {value.shape}")
        for w, value in zip(own, given, strict=True):
            w.assign(value)

    def count_params(self) -> int:
        """Number of weights' elements; NotBuiltError before the layer has seen an input shape."""
        if not self.built and not self.weights:
            raise NotBuiltError(f"{self.label}: count_params needs a built layer; call it or build it first")
        return sum(math.prod(w.shape) for w in self.weights)
