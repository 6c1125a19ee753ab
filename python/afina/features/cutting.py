"""Where a trained network ends being general: the features in front of its classifier."""

from __future__ import annotations

from typing import Any

from ..errors import ArgumentError
from ..layers import Conv2D, Dense, Dropout, GlobalAveragePooling2D, GlobalMaxPooling2D, InputLayer
from ..layers.symbolic import SymbolicTensor


def feature_tensor(model: Any, layer: str | None = None) -> SymbolicTensor:
    """What goes into the classifier of `model`: the output of `layer`, or what is found by looking back.

    The classifier is the last layer with weights, if that is a `Dense`, or a 1 x 1 convolution that is
    averaged over the image (SqueezeNet); dropout in front of it belongs to it. A model that ends otherwise
    has none, and its output is the features. `ArgumentError` for several outputs.

    >>> from afina.applications import MobileNetV2
    >>> feature_tensor(MobileNetV2(weights=None, alpha=0.35, input_shape=(64, 64, 3))).node.layer.name
    'avg_pool'
    """
    if layer is not None:
        found: SymbolicTensor = model.get_layer(layer).output
        return found
    if len(model.outputs) != 1:
        names = model.output_names
        raise ArgumentError(f"{model.label}: has several outputs {names}; say at which layer to cut")
    end: SymbolicTensor = model.outputs[0]
    t: Any = end
    passed = []
    while not t.node.layer.weights:
        if isinstance(t.node.layer, InputLayer) or len(t.node.parents) != 1:
            return end
        passed.append(t.node.layer)
        t = t.node.parents[0]
    last = t.node.layer
    averaged = any(isinstance(one, GlobalAveragePooling2D | GlobalMaxPooling2D) for one in passed)
    pointwise = isinstance(last, Conv2D) and last.kernel_size == (1, 1) and averaged
    if not isinstance(last, Dense) and not pointwise:
        return end
    t = t.node.parents[0]
    while isinstance(t.node.layer, Dropout):
        t = t.node.parents[0]
    cut: SymbolicTensor = t
    return cut
