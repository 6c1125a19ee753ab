"""The interface of `onnx.backend`: other tools, and ONNX's own tests, run models through it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import AfinaError
from ...gradient import no_grad
from ...utils.optional import import_optional
from .model import OnnxModel
from .values import Value, host


class BackendRep:
    """A model that is ready to run."""

    def __init__(self, model: OnnxModel) -> None:
        self.model = model

    def run(self, inputs: Any, **_kwargs: Any) -> tuple[Any, ...]:
        """The outputs for a list of arrays, as arrays of the types the graph declares."""
        with no_grad():
            values = self.model.run(list(inputs) if isinstance(inputs, list | tuple) else [inputs])
        return tuple([_as_array(v, p.dtype) for v, p in zip(values, self.model.output_ports, strict=True)])


class Backend:
    """`prepare(model)`, `run_model(model, inputs)`, `is_compatible(model)` and `supports_device(device)`.

    >>> Backend.supports_device("CPU")
    True
    """

    @classmethod
    def prepare(cls, model: Any, device: str = "CPU", **_kwargs: Any) -> BackendRep:
        """The model (a ModelProto) ready to run; UnsupportedOperatorError names what it cannot."""
        del device
        return BackendRep(OnnxModel(model))

    @classmethod
    def run_model(cls, model: Any, inputs: Any, device: str = "CPU", **kwargs: Any) -> tuple[Any, ...]:
        """`prepare` and `run` in one."""
        return cls.prepare(model, device, **kwargs).run(inputs)

    @classmethod
    def run_node(
        cls, node: Any, inputs: Any, device: str = "CPU", outputs_info: Any = None, **kwargs: Any
    ) -> tuple[Any, ...]:
        """One NodeProto on arrays."""
        del outputs_info
        helper = import_optional("onnx.helper", "running one ONNX node")
        ports = [
            helper.make_tensor_value_info(
                name, helper.np_dtype_to_tensor_dtype(np.asarray(x).dtype), np.shape(x)
            )
            for name, x in zip(node.input, inputs, strict=True)
        ]
        outputs = [helper.make_empty_tensor_value_info(name) for name in node.output]
        graph = helper.make_graph([node], "node", ports, outputs)
        return cls.run_model(helper.make_model(graph), inputs, device, **kwargs)

    @classmethod
    def is_compatible(cls, model: Any, device: str = "CPU", **_kwargs: Any) -> bool:
        """Whether every operator is there."""
        try:
            cls.prepare(model, device)
        except AfinaError:
            return False
        return True

    @classmethod
    def supports_device(cls, device: str) -> bool:
        """The CPU."""
        return device.split(":", maxsplit=1)[0] == "CPU"


def _as_array(value: Value, dtype: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, list):
        return [_as_array(item, None) for item in value]
    array = host(value)
    return array if dtype is None or array.dtype == dtype else array.astype(dtype)
