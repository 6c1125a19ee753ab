"""TensorProto and NumPy arrays; declared sizes are checked before memory is taken."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...errors import FileFormatError, UnsupportedOperatorError
from ...utils.shapes import RANK_LIMIT, is_possible
from .values import Array

FLOAT, INT64, BOOL = 1, 7, 9
_TYPES: dict[int, np.dtype[Any]] = {
    FLOAT: np.dtype("<f4"),
    2: np.dtype("uint8"),
    3: np.dtype("int8"),
    4: np.dtype("<u2"),
    5: np.dtype("<i2"),
    6: np.dtype("<i4"),
    INT64: np.dtype("<i8"),
    BOOL: np.dtype("bool"),
    10: np.dtype("<f2"),
    11: np.dtype("<f8"),
    12: np.dtype("<u4"),
    13: np.dtype("<u8"),
}
BFLOAT16 = 16
_NAMES = {8: "string", 14: "complex64", 15: "complex128", BFLOAT16: "bfloat16"}


def numpy_dtype(code: int, where: str) -> np.dtype[Any]:
    """NumPy's name of an ONNX element type; bfloat16 is computed as float32."""
    if code == BFLOAT16:
        return np.dtype(np.float32)
    if code not in _TYPES:
        raise UnsupportedOperatorError(f"{where}: the element type {_NAMES.get(code, code)} is not supported")
    return _TYPES[code].newbyteorder("=")


def onnx_code(dtype: np.dtype[Any]) -> int:
    """The ONNX element type of a NumPy one."""
    return next(code for code, known in _TYPES.items() if known == dtype)


def to_array(proto: Any, where: str) -> Array:
    """The values of a TensorProto; refused if they lie in another file, or are not as many as dims say."""
    name = f"{where}: tensor {str(proto.name)[:80]!r}"
    if proto.data_location or proto.external_data:
        raise FileFormatError(f"{name}: lies in another file; allowed: tensors inside the model's own file")
    dims = list(proto.dims)
    if not is_possible(dims, 8):
        allowed = f"at most {RANK_LIMIT}, none below 0, fewer than 2**63 bytes"
        raise FileFormatError(f"{name}: dims {dims[:40]}; allowed: {allowed}")
    if proto.HasField("segment"):
        raise FileFormatError(f"{name}: is one segment of a tensor; allowed: whole tensors")
    code = proto.data_type
    half = code == BFLOAT16
    dtype = np.dtype("<u2") if half else numpy_dtype(code, name).newbyteorder("<")
    count = math.prod(dims)
    if proto.HasField("raw_data"):
        if len(proto.raw_data) != count * dtype.itemsize:
            raise FileFormatError(
                f"{name}: has {len(proto.raw_data)} bytes; allowed: {count * dtype.itemsize} for shape {dims}"
            )
        array = np.frombuffer(proto.raw_data, dtype)
    else:
        field = {
            FLOAT: "float_data",
            INT64: "int64_data",
            11: "double_data",
            12: "uint64_data",
            13: "uint64_data",
        }
        given = getattr(proto, field.get(code, "int32_data"))
        if len(given) != count:
            raise FileFormatError(f"{name}: has {len(given)} values; allowed: {count} for shape {dims}")
        array = _narrowed(name, np.array(given), dtype, as_bits=half or code == 10)
    if half:
        array = (array.astype("<u4") << 16).view("<f4")
    if dtype == np.bool_:
        array = array.view(np.uint8) != 0
    return array.astype(array.dtype.newbyteorder("="), copy=True).reshape(dims)


def _narrowed(name: str, given: Array, dtype: np.dtype[Any], as_bits: bool) -> Array:
    """Values stored wide in the type they stand for."""
    if dtype.kind == "f" and not as_bits:
        return given.astype(dtype)
    target = np.dtype("<u2") if as_bits else np.dtype("uint8") if dtype == np.bool_ else dtype
    limits = np.iinfo(target)
    if given.size and (given.min() < limits.min or given.max() > limits.max):
        raise FileFormatError(f"{name}: has values outside {target}; allowed: {limits.min} to {limits.max}")
    return given.astype(target).view(dtype) if as_bits else given.astype(target)
