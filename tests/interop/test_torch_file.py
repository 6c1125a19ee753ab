"""Files of torch.save become arrays, and nothing in them is ever run."""

import os
import pickle
import struct
import subprocess
import sys
import zipfile

import numpy as np
import pytest
import torch_files as files

from afina.errors import FileFormatError
from afina.interop.torch_file import read_state_dict, read_torch

LAYOUTS = {"stream": files.stream, "archive": files.archive}


@pytest.fixture
def write(tmp_path):
    def put(content):
        path = tmp_path / "weights.pth"
        path.write_bytes(content)
        return path

    return put


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_state_dict_is_read_bit_for_bit(layout, write):
    arrays = files.example()
    found = read_state_dict(write(LAYOUTS[layout](arrays)))
    assert list(found) == list(arrays)
    for word, array in arrays.items():
        assert found[word].dtype == array.dtype
        np.testing.assert_array_equal(found[word], array)
        assert not found[word].flags.writeable


def test_windows_of_one_storage_share_its_memory(write):
    base = np.arange(6, dtype="float32")
    whole = files.text("a") + files.tensor("0", base, shape=(2, 3), strides=(3, 1))
    turned = files.text("b") + files.tensor("0", base, shape=(3, 2), strides=(1, 3))
    row = files.text("c") + files.tensor("0", base, shape=(3,), strides=(1,), offset=3)
    head = b"\x80\x02" + files.ordered_dict(whole + turned + row) + b"."
    found = read_state_dict(write(files.stream({"base": base}, head)))
    np.testing.assert_array_equal(found["a"], base.reshape(2, 3))
    np.testing.assert_array_equal(found["b"], base.reshape(2, 3).T)
    np.testing.assert_array_equal(found["c"], [3, 4, 5])
    assert np.shares_memory(found["a"], found["b"])


def test_a_checkpoint_of_a_training_gives_its_weights(write):
    array = np.ones(2, "float32")
    inner = files.text("state_dict") + files.ordered_dict(files.text("w") + files.tensor("0", array))
    epoch = files.text("epoch") + files.number(4) + files.text("loss") + files.number(0.5)
    path = write(files.stream({"w": array}, b"\x80\x02}(" + inner + epoch + b"u."))
    assert read_state_dict(path)["w"].tolist() == [1, 1]
    assert read_state_dict(path, "state_dict")["w"].tolist() == [1, 1]
    assert read_torch(path)["epoch"] == 4
    with pytest.raises(FileFormatError, match="'optimizer'"):
        read_state_dict(path, "optimizer")


ONE = {"w": np.arange(4, dtype="float32")}


def saying(words):
    return files.stream(ONE, b"\x80\x02" + words + b".")


def hostile_words():
    """Name, file, a word of the error: pickles that would run something, or make no sense."""

    call = files.name("os", "system") + b"(" + files.text("touch x") + b"tR"
    yield "a call of os.system", saying(call), "os.system"
    yield "builtins.eval in an archive", files.archive(ONE, b"\x80\x02cbuiltins\neval\n."), "builtins.eval"
    protocol_4 = b"\x80\x04\x8c\x02os\x8c\x06system\x93."
    yield "a name by STACK_GLOBAL", files.stream(ONE, protocol_4), "os.system"
    yield "a name that is not text", files.stream(ONE, b"\x80\x04]]\x93."), "name"
    yield "torch.load itself", saying(files.name("torch", "load")), "torch.load"
    yield "INST", saying(b"(ios\nsystem\n"), "INST"
    yield "OBJ", saying(b"(" + files.name("collections", "OrderedDict") + b"o"), "OBJ"
    yield "NEWOBJ", saying(files.name("collections", "OrderedDict") + b")\x81"), "NEWOBJ"
    yield "EXT1", saying(b"\x82\x01"), "EXT1"
    yield "a protocol-0 persistent id", saying(b"Pstorage\n"), "PERSID"
    yield "attributes for a list", saying(b"]}" + files.text("a") + b"Nsb"), "damaged|no dict"
    yield "calling a storage type", saying(files.name("torch", "FloatStorage") + b")R"), "cannot be called"
    yield "calling a number", saying(b"K\x01)R"), "cannot be called"
    yield "a key that is a tuple", saying(b"})Ns"), "key of type tuple"
    yield "an empty stack", saying(b"0"), "too few"
    yield "no mark", saying(b"t"), "mark"
    yield "two values", saying(b"NN"), "2 values"
    yield "an unknown memo", saying(b"h\x07"), "damaged"
    yield "an ordered dict from a list", saying(files.name("collections", "OrderedDict") + b"(](tR"), "pickle"
    yield "a text longer than the file", saying(b"X\xff\xff\xff\xff"), "damaged"
    yield "a long text of 2^62 bytes", saying(b"\x8d" + struct.pack("<Q", 1 << 62)), "damaged"
    yield "a huge number", saying(b"\x8b" + struct.pack("<i", 1 << 20) + b"\x01" * (1 << 20)), "bits"


def hostile_tensors():
    """Sizes that are not those of the file."""

    def head(**changed):
        return files.stream(ONE, files.contents(ONE, **changed))

    yield "a storage larger than the file", head(count=1 << 40), "more than the file"
    yield "a storage of -1 numbers", head(count=-1), "-1 numbers"
    yield "a storage of another size", head(count=3), "fit into its storage"
    yield "a storage of a larger size", head(count=5), "cut short or of another size"
    yield "an unknown type", head(kind="QInt8Storage"), "QInt8Storage"
    yield "a shape beyond the storage", head(shape=(5,)), "fit into its storage"
    yield "strides beyond the storage", head(shape=(2, 2), strides=(3, 1)), "fit into its storage"
    yield "an offset beyond the storage", head(offset=1), "fit into its storage"
    yield "one number a trillion times", head(shape=(1 << 20, 1 << 20), strides=(0, 0)), "storage of 4"
    yield "a negative stride", head(strides=(-1,)), "whole numbers"
    yield "a negative size", head(shape=(-4,)), "whole numbers"
    yield "a size that is a text", head(shape=("4",)), "whole numbers"
    yield "33 axes", head(shape=(1,) * 33, strides=(1,) * 33), "33 sizes"
    yield "more strides than sizes", head(strides=(1, 1)), "strides"


def hostile_layouts():
    """Streams and archives whose parts do not fit together."""
    yield "keys that nobody named", files.stream(ONE, keys=["0", "1"]), "storages at its end"
    yield "keys that are lists", files.stream(ONE, keys=[[], []]), "storages at its end"
    yield "bytes behind the end", files.stream(ONE) + b"\0", "1 bytes behind"
    yield "a truth value of 2", files.stream(files.example())[:-1] + b"\2", "truth values"
    yield (
        "big-endian",
        files.stream(ONE).replace(b"little_endianq\x02\x88", b"little_endianq\x02\x89"),
        "endian",
    )
    yield "no magic number", pickle.dumps({"a": 1}, 2), "not a file of torch.save"
    yield "an empty file", b"", "not a file of torch.save"
    yield "another version", files.MAGIC + pickle.dumps(1002, 2), "not a file of torch.save"
    yield "a compressed archive", files.archive(ONE, compression=zipfile.ZIP_DEFLATED), "compressed"
    yield "two heads", files.archive(ONE, extra=[("other/data.pkl", b"N.")]), "programs"
    yield "a program", files.archive(ONE, extra=[("net/code/run.py", b"")]), "programs"
    yield "no head", files.archive(ONE).replace(b"data.pkl", b"data.pkm"), "programs"
    yield "no storage", files.archive(ONE).replace(b"net/data/0", b"net/data/9"), "damaged"
    changed = files.archive(ONE).replace(ONE["w"].tobytes(), np.ones(4, "float32").tobytes())
    yield "a changed storage", changed, "CRC"
    yield (
        "a storage of an archive too short",
        files.archive(ONE, files.contents(ONE, count=5, legacy=False)),
        "5 n",
    )
    yield "a big-endian archive", files.archive(ONE).replace(b"little", b"bigbig"), "CRC|endian"


HOSTILE = [*hostile_words(), *hostile_tensors(), *hostile_layouts()]


@pytest.mark.parametrize(("content", "word"), [pytest.param(c, w, id=n) for n, c, w in HOSTILE])
def test_a_hostile_file_is_refused_by_name(content, word, write):
    with pytest.raises(FileFormatError, match=f"weights.pth.*({word})"):
        read_torch(write(content))


def test_a_fifo_and_a_folder_are_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(FileFormatError, match="regular file"):
            read_torch(path)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_truncation_is_noticed(layout, write):
    content = LAYOUTS[layout](files.example())
    for length in range(len(content)):
        with pytest.raises(FileFormatError):
            read_torch(write(content[:length]))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_flipped_bits_never_do_more_than_change_values(layout, write):
    """A stream has no checksums: what a flip leaves readable is data, and nothing else is raised."""
    content = LAYOUTS[layout](files.example())
    refused = 0
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 1 << (place % 8)
        try:
            read_torch(write(damaged))
        except FileFormatError:
            refused += 1
    assert refused > len(content) / 2


def test_reading_hostile_files_imports_and_runs_nothing(write):
    """An audit hook stays for ever, so it listens in another process."""
    script = """
import sys
from afina.errors import FileFormatError
from afina.interop.torch_file import read_torch
path = sys.argv[1]
def hook(event, arguments):
    if event in ("exec", "compile", "import", "os.system", "subprocess.Popen", "pickle.find_class"):
        raise SystemExit(f"{event} {arguments}")
    if event == "open" and arguments[0] != path and type(arguments[0]) is not int:
        raise SystemExit(f"opened {arguments}")
    if event.startswith("socket"):
        raise SystemExit(event)
read_torch(path)
sys.addaudithook(hook)
read_torch(path)
from_file = open(path, "rb").read()
for place in range(0, len(from_file), 3):
    damaged = bytearray(from_file)
    damaged[place] ^= 0x55
    open(path, "wb").write(damaged)
    try:
        read_torch(path)
    except FileFormatError:
        pass
"""
    path = write(files.stream(files.example()))
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-500:]


# --- beside torch ---


@pytest.mark.parametrize("new", [True, False], ids=["archive", "stream"])
def test_files_of_torch_itself_are_read_bit_for_bit(new, tmp_path):
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Linear(4, 2))
    given = {
        **net.state_dict(),
        "turned": torch.arange(6.0).reshape(2, 3).T,
        "half": torch.tensor([1.5, -2.0]).half(),
        "bfloat": torch.tensor([1.5, -3.0e38]).bfloat16(),
        "flags": torch.tensor([True, False]),
        "none": torch.zeros(0, 3),
        "parameter": torch.nn.Parameter(torch.ones(2)),
    }
    path = tmp_path / "net.pth"
    torch.save(given, path, _use_new_zipfile_serialization=new)
    found = read_state_dict(path)
    assert list(found) == list(given)
    for word, value in given.items():
        wide = value.float() if value.dtype == torch.bfloat16 else value
        np.testing.assert_array_equal(found[word], wide.detach().numpy())


@pytest.mark.parametrize("new", [True, False], ids=["archive", "stream"])
def test_a_whole_module_of_torch_is_refused(new, tmp_path):
    torch = pytest.importorskip("torch")
    path = tmp_path / "net.pth"
    torch.save(torch.nn.Linear(2, 2), path, _use_new_zipfile_serialization=new)
    with pytest.raises(FileFormatError, match=r"torch\.nn"):
        read_torch(path)
