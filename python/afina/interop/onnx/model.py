"""An ONNX graph as a model: it runs, trains, is saved, and goes back to ONNX."""

from __future__ import annotations

import base64
import os
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._C import Tensor
from ...errors import ArgumentError, FileFormatError
from ...layers.layer import Layer
from ...models.model import Model
from ...parameter import Parameter
from ...registry import CustomObjects, register
from ...tensor import tensor
from .graph import Graph, Node, Port
from .reader import opset_of, parse, read_proto
from .values import Value, as_tensor, as_value, host, plain

if TYPE_CHECKING:
    from typing_extensions import Self

# Operators whose stored floats are weights; elsewhere (scales of Resize, bounds of Clip) they are constants.
LEARNING = frozenset(
    {
        *("Add", "Sub", "Mul", "Div", "Sum", "MatMul", "Gemm", "Einsum", "Gather", "PRelu"),
        *("Conv", "ConvTranspose", "RNN", "LSTM", "GRU"),
        *("BatchNormalization", "InstanceNormalization", "GroupNormalization"),
        *("LayerNormalization", "RMSNormalization"),
    }
)
_ALWAYS = frozenset({"Conv", "ConvTranspose", "BatchNormalization", "Gemm", "LSTM", "GRU", "RNN", "PRelu"})


class OnnxLayer(Layer):
    """One node of a graph that has weights: named as the node, so that it can be found and frozen."""

    def __init__(self, node: Node, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.node = node
        self.built = True

    def call(self, inputs: Any, scope: Any = None, training: bool = False) -> Any:
        """The node's outputs; a frozen batch normalization keeps its statistics."""
        return self.node.run(inputs, scope, training and self.trainable)


@register
class OnnxModel(Model):
    """The model in an ONNX file; make it by `afina.interop.onnx.load`.

    Inputs and outputs are those of the graph, images channels-first. Stored floats that operators like Conv,
    Gemm or Add read are weights; those of BatchNormalization's statistics move in training and have no
    gradient. `layers` are the nodes with weights, in order.
    """

    def __init__(self, proto: Any, *, where: str = "the model", weights: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._proto = proto
        graph = Graph(proto.graph, opset_of(proto, where), where)
        self._onnx = graph
        self._names: dict[str, Parameter] = {}
        self._layers_of: dict[int, OnnxLayer] = {}
        taken: set[str] = set()
        for index, node in enumerate(graph.nodes):
            found = [
                n for n in dict.fromkeys(node.inputs) if n not in self._names and _learns(graph, node, n)
            ]
            if weights is not None:
                found = [name for name in node.inputs if name in weights and name not in self._names]
            if not found:
                continue
            layer = OnnxLayer(node, name=_free(node.context.name, taken))
            for name in found:
                self._names[name] = _weight(layer, node, name, graph.arrays[name])
                del graph.constants[name]
            self._layers_of[index] = layer
            setattr(self, f"node_{index}", layer)
        self.built = True

    @property
    def input_ports(self) -> list[Port]:
        """Names, dtypes and shapes of the inputs."""
        return self._onnx.inputs

    @property
    def output_ports(self) -> list[Port]:
        """Names, dtypes and shapes of the outputs."""
        return self._onnx.outputs

    def call(self, inputs: Any, training: bool = False) -> Any:
        """The outputs as tensors: one, or a list."""
        results = [_as_output(value) for value in self.run(inputs, training)]
        return results[0] if len(results) == 1 else results

    def run(self, inputs: Any, training: bool = False) -> list[Value]:
        """The outputs as the graph has them: floats as tensors, all else as arrays."""
        ports = self._onnx.inputs
        if isinstance(inputs, dict):
            missing = [port.name for port in ports if port.name not in inputs]
            if missing:
                raise ArgumentError(
                    f"{self.label}: inputs must have the names {[p.name for p in ports]}, got {list(inputs)}"
                )
            inputs = [inputs[port.name] for port in ports]
        given = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
        if len(given) != len(ports):
            raise ArgumentError(
                f"{self.label}: needs {len(ports)} inputs {[p.name for p in ports]}, got {len(given)}"
            )
        values = [_as_input(self.label, value, port) for value, port in zip(given, ports, strict=True)]
        runs = {index: layer.call for index, layer in self._layers_of.items()}
        return [plain(v) for v in self._onnx.run(values, self._names, training, runs)]

    def proto(self) -> Any:
        """The ModelProto with the weights as they are now."""
        result = type(self._proto)()
        result.CopyFrom(self._proto)
        for stored in result.graph.initializer:
            weight = self._names.get(stored.name)
            if weight is not None:
                _store(stored, weight.numpy())
        return result

    def get_config(self) -> dict[str, Any]:
        """The graph without its weights, which a file keeps apart."""
        bare = type(self._proto)()
        bare.CopyFrom(self._proto)
        for stored in bare.graph.initializer:
            if stored.name in self._names:
                _store(stored, None)
        graph = base64.b64encode(bare.SerializeToString()).decode()
        return {"name": self.name, "dtype": self.dtype, "graph": graph, "weights": list(self._names)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: CustomObjects | None = None) -> Self:
        """A model from `get_config`'s data, its weights zeros."""
        del custom_objects
        from ...layers.weights import spend

        try:
            proto = parse(base64.b64decode(config["graph"], validate=True), "the configuration")
            wanted = set(config["weights"])
        except (KeyError, TypeError, ValueError) as error:
            raise FileFormatError(f"the configuration of an OnnxModel is damaged: {error}") from error
        for stored in proto.graph.initializer:
            if stored.name in wanted:
                shape = tuple(stored.dims)
                if any(size < 0 for size in shape):
                    raise FileFormatError(f"the configuration of an OnnxModel has the shape {shape}")
                spend(shape, "float64" if stored.data_type == 11 else "float32")
                _store(stored, np.zeros(shape, np.float64 if stored.data_type == 11 else np.float32))
        return cls(proto, weights=wanted, name=config.get("name"), dtype=config.get("dtype"))


def load(path: str | os.PathLike[str] | bytes, *, name: str | None = None, strict: bool = False) -> OnnxModel:
    """The model in an ONNX file (opset 7 to 21 and most of what came after), ready to run and to train.

    Tensors in other files, functions and sparse tensors are refused. Raises `FileFormatError` for a damaged
    or hostile file, `UnsupportedOperatorError` (naming it) for an operator that is not in `operators()`.
    strict: refuse symbolic links and hard links.
    """
    where = "the model's bytes" if isinstance(path, bytes) else os.fspath(path)
    return OnnxModel(read_proto(path, strict=strict), where=where, name=name)


def _learns(graph: Graph, node: Node, name: str) -> bool:
    array = graph.arrays.get(name)
    operator = node.context.operator
    if array is None or array.dtype.kind != "f" or operator not in LEARNING:
        return False
    if operator == "Gather":
        return node.inputs[0] == name and array.ndim > 1
    return operator in _ALWAYS or array.size > 1


def _weight(layer: OnnxLayer, node: Node, name: str, array: Any) -> Parameter:
    statistics = node.context.operator == "BatchNormalization" and name in node.inputs[3:]
    word = re.sub(r"[^\w.-]", "_", name).strip("._") or "weight"
    dtype = "float64" if array.dtype == np.float64 else "float32"
    weight = Parameter(array, word[-80:], dtype=dtype, trainable=not statistics, path=f"{layer.name}/{word}")
    layer._own_weights.append(weight)
    setattr(layer, f"weight_{len(layer._own_weights)}", weight)
    return weight


def _free(name: str, taken: set[str]) -> str:
    """A layer's name from a node's, in letters that files allow, each once."""
    word = re.sub(r"[^\w-]+", "_", name).strip("_-")[-80:] or "node"
    number, free = 1, word
    while free in taken:
        number, free = number + 1, f"{word}_{number + 1}"
    taken.add(free)
    return free


def _as_input(label: str, value: Any, port: Port) -> Value:
    if isinstance(value, list) or value is None:
        return value  # a sequence, or an optional without a value
    shape = tuple(value.shape) if hasattr(value, "shape") else np.shape(value)
    if port.shape is not None and (
        len(shape) != len(port.shape)
        or any(a not in (None, b) for a, b in zip(port.shape, shape, strict=True))
    ):
        raise ArgumentError(f"{label}: input {port.name!r} must have shape {port.shape}, got {shape}")
    if port.dtype is None or port.dtype.kind == "f":
        like = value if isinstance(value, Tensor) else as_value(np.asarray(value))
        if port.dtype is None:
            return like
        return as_tensor(like, tensor(0.0, "float64" if port.dtype == np.float64 else "float32"))
    return host(value).astype(port.dtype)


def _as_output(value: Value) -> Any:
    if value is None or isinstance(value, Tensor):
        return value
    if isinstance(value, list):
        return [_as_output(item) for item in value]
    array = np.asarray(value)
    return tensor(array if array.dtype in (bool, np.uint8, np.int32, np.int64) else array.astype(np.int64))


def _store(stored: Any, array: Any) -> None:
    """Put an array into a TensorProto, or take its numbers out; halves become what they are computed as."""
    for field in ("float_data", "double_data", "int32_data", "raw_data"):
        stored.ClearField(field)
    if array is not None:
        stored.data_type = 11 if array.dtype == np.float64 else 1
        stored.raw_data = array.astype(array.dtype.newbyteorder("<")).tobytes()
