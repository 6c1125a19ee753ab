"""ONNX models in and out: `load` makes a model that runs and trains, `export` writes one.

Needs the extra `onnx`. Imported graphs keep ONNX's order of axes (images are channels-first).
"""

from .backend import Backend as Backend
from .graph import Graph as Graph
from .model import OnnxModel as OnnxModel, load as load
from .registry import operators as operators
from .writing.export import export as export, to_proto as to_proto
