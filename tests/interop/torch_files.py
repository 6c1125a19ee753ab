"""Tiny files in the two layouts of torch.save, put together word by word, so that any word can be wrong."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile

import numpy as np

MAGIC = pickle.dumps(0x1950A86A20F9469CFC6C, 2)
VERSION = pickle.dumps(1001, 2)
SYSTEM = pickle.dumps({"protocol_version": 1001, "little_endian": True, "type_sizes": {"int": 4}}, 2)
KINDS = {"float32": "FloatStorage", "float64": "DoubleStorage", "int64": "LongStorage", "bool": "BoolStorage"}


def text(word):
    raw = word.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def name(module, word):
    return f"c{module}\n{word}\n".encode()


def number(value):
    return pickle.dumps(value, 2)[2:-1]


def storage(key, array, *, count=None, kind=None, legacy=True):
    length = array.size if count is None else count
    words = [text("storage"), name("torch", kind or KINDS[str(array.dtype)]), text(key), text("cpu")]
    return b"(" + b"".join(words) + number(length) + (b"N" if legacy else b"") + b"tQ"


def tensor(key, array, *, shape=None, strides=None, offset=0, **declared):
    shape = array.shape if shape is None else shape
    if strides is None:
        strides = tuple(step // array.itemsize for step in array.strides)
    rest = [number(offset), number(tuple(shape)), number(tuple(strides)), b"\x89", ordered_dict()]
    window = b"(" + storage(key, array, **declared) + b"".join(rest) + b"t"
    return name("torch._utils", "_rebuild_tensor_v2") + window + b"R"


def ordered_dict(items=b""):
    return name("collections", "OrderedDict") + b")R" + (b"(" + items + b"u" if items else b"")


def contents(arrays, extra=b"", **declared):
    """The pickle of a state dict; storages are "0", "1", ..."""
    items = [text(word) + tensor(str(i), array, **declared) for i, (word, array) in enumerate(arrays.items())]
    return b"\x80\x02" + ordered_dict(b"".join(items) + extra) + b"."


def stream(arrays, head=None, *, keys=None, data=None):
    """A file of before torch 1.6."""
    names = [str(i) for i in range(len(arrays))] if keys is None else keys
    blocks = [struct.pack("<q", array.size) + array.tobytes() for array in arrays.values()]
    body = b"".join(blocks) if data is None else data
    return b"".join([MAGIC, VERSION, SYSTEM, head or contents(arrays), pickle.dumps(names, 2), body])


def archive(arrays, head=None, *, compression=zipfile.ZIP_STORED, extra=()):
    """A file of since torch 1.6."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as made:
        made.writestr("net/data.pkl", head or contents(arrays, legacy=False))
        made.writestr("net/byteorder", "little")
        for i, array in enumerate(arrays.values()):
            made.writestr(f"net/data/{i}", array.tobytes())
        for entry, content in extra:
            made.writestr(entry, content)
    return buffer.getvalue()


def example():
    rng = np.random.default_rng(0)
    return {
        "conv.weight": rng.normal(size=(2, 3, 1, 2)).astype("float32"),
        "steps": np.array(7, "int64"),
        "keep": np.array([True, False]),
    }
