"""Damaged and hostile files: every reader refuses them by one typed error or gives plain data, never more.

A flipped bit in numbers cannot be noticed where a format has no checksums; Afina's own has, and notices all.
"""

import json
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import onnx
import pytest
from keras_files import TREE, write_keras, write_tree
from onnx import helper
from onnx_networks import classifier

from afina.errors import FileFormatError, UnsupportedOperatorError
from afina.interop.keras import read_weights
from afina.interop.onnx import load

FUZZ = Path(__file__).parents[1] / "fuzz"
sys.path.insert(0, str(FUZZ))
from readers import READERS  # noqa: E402


@pytest.mark.parametrize("name", READERS)
def test_1000_flipped_bits_and_200_truncations_give_typed_errors_or_plain_data(name):
    command = [sys.executable, str(FUZZ / "damage.py"), name, "1000", "200"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    counts = json.loads(done.stdout)
    assert counts["cut refused"] == 200
    assert counts.get("flip refused", 0) + counts.get("flip read", 0) == 1000
    if READERS[name].checked:
        assert counts["flip refused"] == 1000


def test_a_mutating_fuzz_of_each_reader_finds_nothing_in_a_second():
    for name in READERS:
        command = [sys.executable, str(FUZZ / "fuzz.py"), name, "--seconds", "1"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


# --- HDF5 and .keras ---


def _linked(file):
    file["layers/soft"] = h5py.SoftLink("/layers/conv2d")


def _external(file):
    file["layers/outside"] = h5py.ExternalLink("/etc/passwd", "/")


def _external_storage(file):
    file.create_dataset("layers/stored", (4,), "u1", external=[("/etc/passwd", 0, 4)])


def _virtual(file):
    layout = h5py.VirtualLayout((4,), "u1")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (4,))
    file.create_virtual_dataset("layers/virtual", layout)


def _hard(file):
    file["layers/again"] = file["layers/conv2d/vars/0"]


def _circle(file):
    file["layers/conv2d/root"] = file["/"]


HDF5 = {
    "soft link": (_linked, "soft link"),
    "external link": (_external, "may lead to"),
    "external storage": (_external_storage, "another file"),
    "virtual": (_virtual, "chunks or virtual|neither|version"),
    "hard link": (_hard, "two names"),
    "circle": (_circle, "two names"),
    "chunks": (lambda f: f.create_dataset("c", data=np.zeros(9), chunks=(3,)), "in chunks"),
    "compressed": (lambda f: f.create_dataset("c", data=np.zeros(9), compression="gzip"), "compressed"),
    "texts": (lambda f: f.create_dataset("c", data=["a", "b"]), "holds texts"),
    "fixed texts": (lambda f: f.create_dataset("c", data=np.array([b"ab"])), "holds texts"),
    "compound": (lambda f: f.create_dataset("c", data=np.zeros(2, "f4,i4")), "class 6"),
    "complex": (lambda f: f.create_dataset("c", data=np.zeros(2, "c8")), "class"),
    "references": (lambda f: f.create_dataset("c", data=f.ref, dtype=h5py.ref_dtype), "class 7"),
    "opaque": (lambda f: f.create_dataset("c", data=np.zeros(2, "V4")), "class 5"),
    "named type": (lambda f: f.__setitem__("c", np.dtype("f4")), "neither a group nor an array"),
    "name of dots": (lambda f: f.create_group("layers/..x").create_group("a\nb"), "a member named"),
    "huge": (lambda f: f.create_dataset("c", (2**40,), "f4"), "bytes"),
    "nothing, and huge": (lambda f: f.create_dataset("c", (0, 2**40, 2**40), "f4"), "fewer than"),
    "deep": (lambda f: f.create_group("/".join("abcdefgh" * 5)), "deeper than"),
    "number as a name": (lambda f: f["layers"].attrs.__setitem__("name", 5), "no list of texts"),
}


@pytest.mark.parametrize("name", HDF5)
def test_a_hostile_hdf5_file_is_refused_by_name(name, tmp_path):
    change, text = HDF5[name]
    path = write_tree(tmp_path / "a.weights.h5", TREE)
    with h5py.File(path, "a") as file:
        change(file)
    with pytest.raises(FileFormatError, match=text):
        read_weights(path)


ARCHIVES = {
    "member up": [("../../x", b"")],
    "member absolute": [("/etc/passwd", b"")],
    "member with a backslash": [("a\\..\\b", b"")],
    "weights twice": [("model.weights.h5", b"")],
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ARCHIVES)
def test_a_hostile_keras_archive_is_refused(name, tmp_path):
    weights = write_tree(tmp_path / "a.weights.h5", TREE)
    with pytest.raises(FileFormatError, match="allowed"):
        read_weights(write_keras(tmp_path / "a.keras", weights, extra=ARCHIVES[name]))


# --- ONNX ---


def _tensor(**changes):
    def change(proto):
        stored = proto.graph.initializer[0]
        for field, value in changes.items():
            if field == "dims":
                del stored.dims[:]
                stored.dims.extend(value)
            else:
                setattr(stored, field, value)

    return change


def _outside(location):
    def change(proto):
        stored = proto.graph.initializer[0]
        stored.ClearField("raw_data")
        stored.data_location = onnx.TensorProto.EXTERNAL
        stored.external_data.add(key="location", value=location)

    return change


def _wide(proto):
    stored = proto.graph.initializer[0]
    stored.CopyFrom(helper.make_tensor("w1", onnx.TensorProto.UINT8, [1], [200]))
    stored.int32_data[0] = 300


ONNX = {
    "dims of 2**62": (_tensor(dims=[2**62]), "bytes"),
    "dims whose product wraps": (_tensor(dims=[2**32, 2**32]), "bytes"),
    "nothing, and 2**62": (_tensor(dims=[0, 2**62, 4], raw_data=b""), "fewer than"),
    "dims negative": (_tensor(dims=[-1, 4]), "none below 0"),
    "40 dims": (_tensor(dims=[1] * 40), "at most 32"),
    "type unknown": (_tensor(data_type=99), "element type 99"),
    "type text": (_tensor(data_type=8), "element type string"),
    "bytes missing": (_tensor(raw_data=b"123"), "has 3 bytes"),
    "outside": (_outside("weights.bin"), "another file"),
    "outside and up": (_outside("../../etc/passwd"), "another file"),
    "outside absolute": (_outside("/etc/passwd"), "another file"),
    "tensor twice": (lambda p: p.graph.initializer.append(p.graph.initializer[0]), "two tensors"),
    "value twice": (lambda p: p.graph.node.append(p.graph.node[0]), "made twice"),
    "nothing makes it": (lambda p: p.graph.node[0].input.__setitem__(0, "ghost"), "which nothing made"),
    "output of nothing": (lambda p: setattr(p.graph.output[0], "name", "ghost"), "made by nothing"),
    "circle": (lambda p: p.graph.node[0].input.__setitem__(0, "y"), "which nothing made"),
    "functions": (lambda p: p.functions.add(name="f", domain="d"), "functions of its own"),
    "opset 99": (lambda p: setattr(p.opset_import[0], "version", 99), "opset 99"),
    "no nodes": (lambda p: p.graph.ClearField("node"), "no graph with nodes"),
    "python operator": (lambda p: setattr(p.graph.node[0], "op_type", "PyOp"), "'PyOp'"),
    "other domain": (lambda p: setattr(p.graph.node[0], "domain", "os.system"), "os.system"),
    "sparse": (lambda p: p.graph.sparse_initializer.add(), "sparse"),
    "segment": (lambda p: setattr(p.graph.initializer[0].segment, "end", 2), "segment"),
    "attribute of a function": (
        lambda p: setattr(p.graph.node[0].attribute[0], "ref_attr_name", "x"),
        "refers to a function",
    ),
    "numbers out of their type": (_wide, "outside uint8"),
}


@pytest.mark.parametrize("name", ONNX)
def test_a_hostile_onnx_file_is_refused_by_name(name, tmp_path):
    change, text = ONNX[name]
    proto = classifier()
    change(proto)
    path = tmp_path / "a.onnx"
    path.write_bytes(proto.SerializeToString())
    with pytest.raises((FileFormatError, UnsupportedOperatorError), match=text):
        load(path)


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"PK\x03\x04", b"\x80\x04.", b"\x89HDF\r\n\x1a\n"])
def test_other_files_are_no_onnx_and_no_keras_files(content, tmp_path):
    path = tmp_path / "a"
    path.write_bytes(content)
    for read in (load, read_weights):
        with pytest.raises(FileFormatError):
            read(path)


WATCHED = r"""
import json, sys, warnings, traceback, linecache
from afina.interop.keras import read_weights
from afina.interop.onnx import load
paths = json.load(sys.stdin)
readers = {".h5": read_weights, ".onnx": load}
for path in paths["sound"]:
    readers["." + path.rsplit(".", 1)[1]](path)  # whatever is imported late is imported now
FORBIDDEN = ("exec", "compile", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "socket.",
"ctypes.", "marshal.", "pickle.", "os.remove", "os.rename", "os.mkdir", "os.symlink", "shutil.", "urllib.",
"import")
current, seen, rows = None, [], []
def hook(event, args):
    if current is None:
        return
    if event == "open" and args[0] != current and not isinstance(args[0], int):
        seen.append(f"open {args[0]!r}")
    elif event.startswith(FORBIDDEN):
        seen.append(f"{event} {args[:1]!r}")
sys.addaudithook(hook)
for path in paths["hostile"]:
    seen.clear()
    kind, current = None, path
    try:
        readers["." + path.rsplit(".", 1)[1]](path)
    except BaseException as error:
        kind = type(error).__name__
    current = None
    rows.append([path, kind, list(seen)])
print(json.dumps(rows))
"""


def test_reading_hostile_files_imports_runs_opens_and_sends_nothing(tmp_path):
    hostile = []
    for number, (change, _) in enumerate(HDF5.values()):
        hostile.append(write_tree(tmp_path / f"{number}.h5", TREE))
        with h5py.File(hostile[-1], "a") as file:
            change(file)
    for number, (change, _) in enumerate(ONNX.values()):
        proto = classifier()
        change(proto)
        hostile.append(tmp_path / f"{number}.onnx")
        hostile[-1].write_bytes(proto.SerializeToString())
    sound = [write_tree(tmp_path / "sound.h5", TREE), tmp_path / "sound.onnx"]
    sound[1].write_bytes(classifier().SerializeToString())
    paths = {"sound": [str(path) for path in sound], "hostile": [str(path) for path in hostile]}
    done = subprocess.run(
        [sys.executable, "-c", WATCHED],
        input=json.dumps(paths),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for path, kind, seen in json.loads(done.stdout):
        assert kind in ("FileFormatError", "UnsupportedOperatorError"), path
        assert seen == [], path
