"""ONNX out: a model is traced, and each op is a row of a table of nodes."""
