"""Networks of torch as models: the same parameters, the same names, our kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..._C import Tensor
from ...errors import ArgumentError, UnsupportedOperatorError
from ...layers.layer import Layer
from ...models.model import Model
from ...parameter import Parameter
from ...registry import CustomObjects, register
from ...tensor import zeros
from . import modules as _modules  # noqa: F401  fills the table
from .functions import ATTRIBUTES, FUNCTIONS
from .table import row

if TYPE_CHECKING:
    from typing_extensions import Self

Array = npt.NDArray[Any]


@register
class TorchLayer(Layer):
    """One module of torch: its class, settings and the names, shapes and roles of its parameters."""

    def __init__(self, kind: str, path: str, options: Any, parameters: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind, self.path = kind, path
        self.options = dict(options)
        self.parameters = [list(p) for p in parameters]
        self._function = row(kind).function
        self._by_name: dict[str, Parameter] = {}
        for name, shape, dtype, trainable in self.parameters:
            full = f"{path}.{name}" if path else name
            value = zeros(tuple(shape), dtype)
            weight = Parameter(value, name.replace(".", "_"), dtype=dtype, trainable=trainable, path=full)
            self._own_weights.append(weight)
            self._by_name[name] = weight
            setattr(self, "weight_" + name.replace(".", "_"), weight)
        self.training = False
        self.built = True

    def get(self, name: str) -> Parameter | None:
        """A parameter or buffer, None where the module has none of that name."""
        return self._by_name.get(name)

    def unsupported(self, what: str) -> Any:
        """Raise `UnsupportedOperatorError` with the module's class and place."""
        raise UnsupportedOperatorError(f"convert: {self.kind} {self.path!r}: {what} is not supported")

    def call(self, inputs: Any, *args: Any, training: bool = False, **kwargs: Any) -> Any:
        """What the module computes."""
        self.training = training and self._trainable
        return self._function(self, inputs, *args, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """kind, path, options and parameters."""
        return {
            "name": self.name, "kind": self.kind, "path": self.path, "options": self.options,
            "parameters": self.parameters, "trainable": self._trainable,
        }  # fmt: skip


@register
class TorchModel(Model):
    """A torch network; made by `afina.interop.torch.convert`.

    `modules`: the configurations of its `TorchLayer`s. `steps`: name, kind ("input", "module", "function",
    "output"), target and arguments of each step, in which {"step": name} stands for an earlier result.
    """

    def __init__(self, modules: Any, steps: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.parts = [TorchLayer(**config) for config in modules]
        self._by_path = {part.path: part for part in self.parts}
        self.steps = [dict(step) for step in steps]
        for step in self.steps:
            known: Any = {"module": self._by_path, "function": FUNCTIONS}.get(step["kind"])
            if known is not None and step["target"] not in known:
                raise UnsupportedOperatorError(f"{self.label}: torch's {step['target']!r} is not supported")
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """The outputs, as the torch network gives them."""
        given = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
        values: dict[str, Any] = {}

        def filled(item: Any) -> Any:
            if isinstance(item, dict):
                if item.keys() == {"step"}:
                    return values[item["step"]]
                if item.keys() == {"slice"}:
                    return slice(*[filled(part) for part in item["slice"]])
                return {key: filled(part) for key, part in item.items()}
            if isinstance(item, list):
                return [filled(part) for part in item]
            return item

        for step in self.steps:
            args, kwargs = filled(step["args"]), filled(step["kwargs"])
            if step["kind"] == "input":
                if not given:
                    raise ArgumentError(f"{self.label}: needs an input {step['name']!r} more")
                values[step["name"]] = given.pop(0)
            elif step["kind"] == "module":
                values[step["name"]] = self._by_path[step["target"]](*args, training=training, **kwargs)
            elif step["kind"] == "output":
                return args[0]
            else:
                values[step["name"]] = _call_function(step["target"], args, kwargs)
        raise ArgumentError(f"{self.label}: has no output step")

    def get_config(self) -> dict[str, Any]:
        """modules and steps as plain data."""
        return {
            "name": self.name,
            "modules": [part.get_config() for part in self.parts],
            "steps": self.steps,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: CustomObjects | None = None) -> Self:
        """A model from `get_config`'s data; its weights are zeros."""
        del custom_objects
        return cls(**config)


def _call_function(word: str, args: Any, kwargs: Any) -> Any:
    if word == "getattr" and args[1] not in ATTRIBUTES:
        raise UnsupportedOperatorError(f"convert: the attribute {args[1]!r} is not supported")
    if word == "getitem" and isinstance(args[0], Tensor) and isinstance(args[1], list):
        args = [args[0], tuple(args[1])]
    return FUNCTIONS[word](*args, **kwargs)


def state_of(model: TorchModel) -> dict[str, Array]:
    """The parameters and buffers by torch's names, as arrays in torch's layouts."""
    found: dict[str, Array] = {}
    for part in model.parts:
        found.update({weight.path: np.array(weight.numpy()) for weight in part.weights})
    return found
