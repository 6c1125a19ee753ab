"""Pickled arrays become arrays; everything else that a pickle can do is refused."""

import io
import pickle
import struct

import numpy as np
import pytest

from afina import applications
from afina.errors import ArgumentError, FileFormatError
from afina.interop import read_array_pickle


@pytest.fixture
def write(tmp_path):
    def put(content):
        path = tmp_path / "arrays.pkl"
        path.write_bytes(content)
        return path

    return put


@pytest.mark.parametrize("protocol", [3, 4])
@pytest.mark.parametrize("dtype", ["float32", ">f8", "int64", "bool", "uint8"])
def test_arrays_come_back_bit_for_bit(protocol, dtype, write):
    array = np.arange(6).reshape(2, 3).astype(dtype)
    shared = np.ones(2, "float32")
    given = {"a": array, "turned": array.T, "pair": [shared, (shared, 4, "x", None)]}
    found = read_array_pickle(write(pickle.dumps(given, protocol)))
    np.testing.assert_array_equal(found["a"], array)
    np.testing.assert_array_equal(found["turned"], array.T)
    assert found["a"].dtype == array.dtype
    assert found["pair"][0] is found["pair"][1][0]
    assert found["pair"][1][1:] == (4, "x", None)


class Calls:
    def __reduce__(self):
        return (print, ("run",))


def reconstructed(shape, dtype=b"f4", content=b"\0" * 8):
    """An array's pickle, put together by hand."""
    head = b"\x80\x03cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85C\x01b\x87R("
    code = b"X" + struct.pack("<I", len(dtype)) + dtype
    kind = (
        b"cnumpy\ndtype\n"
        + code
        + b"K\0K\x01\x87R(K\x03X\x01\0\0\0<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"
    )
    return head + b"K\x01" + shape + kind + b"\x89B" + struct.pack("<I", len(content)) + content + b"tb."


HOSTILE = {
    "a call": pickle.dumps(Calls(), 3),
    "a class of the library": pickle.dumps(applications.vgg.IMAGENET_16, 3),
    "objects in an array": pickle.dumps(np.array([None, "a"], object), 3),
    "texts in an array": pickle.dumps(np.array(["a", "b"]), 3),
    "a structured array": pickle.dumps(np.zeros(2, "i4,f4"), 3),
    "protocol 5": pickle.dumps(np.zeros(3), 5),
    "a shape beyond the bytes": reconstructed(b"K\x03\x85"),
    "a negative shape": reconstructed(b"J\xfe\xff\xff\xff\x85"),
    "a shape of a terabyte": reconstructed(b"\x8a\x06\0\0\0\0\0\x01\x85"),
    "a dtype of objects": reconstructed(b"K\x02\x85", b"O8"),
    "a reference to itself": b"\x80\x03}q\0X\x01\0\0\0ah\0s.",
    "bytes behind the end": pickle.dumps({}, 3) + b"x",
    "nothing": b"",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_pickle_is_refused_by_name(name, write):
    with pytest.raises(FileFormatError, match=r"arrays\.pkl"):
        read_array_pickle(write(HOSTILE[name]))


def test_the_pickle_put_together_by_hand_is_read_when_it_is_right(write):
    np.testing.assert_array_equal(read_array_pickle(write(reconstructed(b"K\x02\x85"))), [0, 0])


def test_lists_that_stand_in_themselves_a_million_times_are_looked_at_once(write):
    words = io.BytesIO()
    words.write(b"\x80\x03]q\0")
    for level in range(40):
        words.write(b"]q" + bytes([level + 1]) + b"(h" + bytes([level]) + b"h" + bytes([level]) + b"e")
    words.write(b".")
    with pytest.raises(FileFormatError, match="values at its end"):
        read_array_pickle(write(words.getvalue()))
    nested = []
    for _ in range(40):
        nested = [nested, nested]
    assert len(read_array_pickle(write(pickle.dumps(nested, 3)))) == 2


def test_every_truncation_is_noticed(write):
    content = pickle.dumps({"a": np.arange(3.0)}, 3)
    for length in range(len(content)):
        with pytest.raises(FileFormatError):
            read_array_pickle(write(content[:length]))


def test_squeezenet_takes_pairs_of_kernel_and_bias(tmp_path, rng):
    model = applications.SqueezeNet(weights=None, input_shape=(64, 64, 3))
    pairs = {}
    for layer in model.layers:
        if layer.weights:
            word = layer.name.replace("_squeeze", "/squeeze1x1").replace("_expand", "/expand")
            pairs[word] = [rng.normal(size=w.shape).astype("float32") for w in layer.weights]
    path = tmp_path / "squeezenet.pkl"
    path.write_bytes(pickle.dumps(pairs, 3))
    found = applications.SqueezeNet(weights=path, input_shape=(64, 64, 3))
    assert found.get_layer("prepared").mode == "caffe"
    np.testing.assert_array_equal(
        found.get_layer("fire3_expand3x3").get_weights()[0], pairs["fire3/expand3x3"][0]
    )
    del pairs["conv10"]
    path.write_bytes(pickle.dumps(pairs, 3))
    with pytest.raises(FileFormatError, match="no weights 'conv10'"):
        applications.SqueezeNet(weights=path, input_shape=(64, 64, 3))
    path.rename(tmp_path / "squeezenet.npz")
    with pytest.raises(ArgumentError, match=r"\.pth, \.pt or \.afina"):
        applications.SqueezeNet(weights=tmp_path / "squeezenet.npz", input_shape=(64, 64, 3))
