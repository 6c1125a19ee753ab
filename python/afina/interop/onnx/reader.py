"""ONNX files, opened as data that may be hostile: one regular file, no code, no other file."""

from __future__ import annotations

import os
from typing import Any

from ...errors import FileFormatError
from ...utils.optional import import_optional
from ...utils.regular_file import open_regular

SIZE_LIMIT = 2 << 30  # protobuf's own: a bigger model keeps its weights elsewhere, which is refused
OLDEST, NEWEST = 7, 28


def read_proto(path: str | os.PathLike[str] | bytes, *, strict: bool = False) -> Any:
    """The ModelProto in a file (or in bytes), parsed and looked at from outside.

    Raises `FileFormatError` when it is no ONNX model; `OSError` when the file cannot be opened.
    """
    if isinstance(path, bytes):
        return parse(path, "the model's bytes")
    where = os.fspath(path)
    with open_regular(path, strict=strict) as file:
        size = os.fstat(file.fileno()).st_size
        if size > SIZE_LIMIT:
            raise FileFormatError(f"{where}: has {size} bytes; allowed: at most {SIZE_LIMIT}")
        content = file.read(size + 1)
    return parse(content, where)


def parse(content: bytes, where: str) -> Any:
    """The ModelProto that `content` is."""
    onnx = import_optional("onnx", "reading ONNX models")
    proto = onnx.ModelProto()
    try:
        proto.ParseFromString(content)
    except Exception as error:  # the class lies in protobuf, whose names are not ours to import
        raise FileFormatError(f"{where}: not an ONNX model: {type(error).__name__}") from None
    if not proto.HasField("graph") or not proto.graph.node:
        raise FileFormatError(f"{where}: not an ONNX model: it has no graph with nodes")
    if proto.functions:
        raise FileFormatError(f"{where}: has functions of its own; allowed: operators of the standard")
    return proto


def opset_of(proto: Any, where: str) -> dict[str, int]:
    """The version of each domain's operators."""
    versions = {"" if o.domain == "ai.onnx" else str(o.domain): int(o.version) for o in proto.opset_import}
    version = versions.get("", OLDEST)
    if not OLDEST <= version <= NEWEST:
        raise FileFormatError(f"{where}: opset {version}; allowed: {OLDEST} to {NEWEST}")
    return versions
