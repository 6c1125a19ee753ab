"""Small ONNX models, written node by node, and what ONNX Runtime makes of a model."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def network(nodes, inputs, outputs, weights=None, opset=21):
    """A checked ModelProto; inputs and outputs are (name, shape) pairs of floats."""
    ports = [
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in side]
        for side in (inputs, outputs)
    ]
    stored = [numpy_helper.from_array(np.asarray(array), name) for name, array in (weights or {}).items()]
    graph = helper.make_graph(nodes, "network", *ports, stored)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
    onnx.checker.check_model(model, full_check=True)
    return model


def classifier(seed=0):
    """Two convolutions, a normalization, ReLU, a residual sum, pooling, and a Gemm."""
    numbers = np.random.default_rng(seed)

    def weight(*shape):
        return (numbers.standard_normal(shape) * 0.3).astype(np.float32)

    nodes = [
        helper.make_node("Conv", ["x", "w1"], ["a"], name="stem", pads=[1, 1, 1, 1]),
        helper.make_node("BatchNormalization", ["a", "g", "b", "m", "v"], ["n"], name="norm"),
        helper.make_node("Relu", ["n"], ["r"]),
        helper.make_node("Conv", ["r", "w2", "c2"], ["d"], name="depthwise", group=6, pads=[1, 1, 1, 1]),
        helper.make_node("Add", ["r", "d"], ["s"]),
        helper.make_node("MaxPool", ["s"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("GlobalAveragePool", ["p"], ["q"]),
        helper.make_node("Flatten", ["q"], ["f"]),
        helper.make_node("Gemm", ["f", "w3", "c3"], ["y"], name="head", transB=1),
    ]
    weights = {
        "w1": weight(6, 3, 3, 3),
        "g": 1 + weight(6),
        "b": weight(6),
        "m": weight(6),
        "v": np.abs(weight(6)) + 0.5,
        "w2": weight(6, 1, 3, 3),
        "c2": weight(6),
        "w3": weight(4, 6),
        "c3": weight(4),
    }
    return network(nodes, [("x", ["n", 3, 8, 8])], [("y", ["n", 4])], weights)


def by_onnxruntime(model, *inputs):
    """The outputs ONNX Runtime computes."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    content = model if isinstance(model, bytes) else model.SerializeToString()
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    return session.run(
        None, {port.name: np.asarray(x) for port, x in zip(session.get_inputs(), inputs, strict=True)}
    )
