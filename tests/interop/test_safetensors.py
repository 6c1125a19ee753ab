"""safetensors files under other libraries' names; the package itself is the oracle."""

import numpy as np
import pytest
import safetensors.numpy

from afina import layers, models
from afina.errors import ArgumentError, FileFormatError
from afina.interop.safetensors import load_weights, read_arrays, save_weights, write_arrays

TORCH = {
    "conv2d/kernel": ("features.0.weight", (2, 3, 1, 0)),
    "conv2d/bias": "features.0.bias",
    "dense/kernel": ("classifier.weight", (1, 0)),
    "dense/bias": "classifier.bias",
}


def network():
    return models.Sequential(
        [layers.Conv2D(4, (2, 3), input_shape=(5, 6, 3)), layers.Flatten(), layers.Dense(2)]
    )


def test_the_package_reads_what_is_written_in_torchs_names_and_axes(tmp_path):
    model = network()
    save_weights(model, tmp_path / "a.safetensors", TORCH)
    found = safetensors.numpy.load_file(tmp_path / "a.safetensors")
    assert {name: array.shape for name, array in found.items()} == {
        "features.0.weight": (4, 3, 2, 3),
        "features.0.bias": (4,),
        "classifier.weight": (2, 64),
        "classifier.bias": (2,),
    }
    np.testing.assert_array_equal(found["features.0.weight"][1, 2, 0], model.weights[0].numpy()[0, :, 2, 1])


def test_what_the_package_writes_is_loaded_in_torchs_names_and_axes(tmp_path):
    model, twin = network(), network()
    save_weights(model, tmp_path / "a.safetensors", TORCH)
    arrays = safetensors.numpy.load_file(tmp_path / "a.safetensors")
    safetensors.numpy.save_file({**arrays, "more": np.zeros(2)}, tmp_path / "b.safetensors")
    assert load_weights(twin, tmp_path / "b.safetensors", TORCH) == ["more"]
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), twin.get_weights(), strict=True))


def test_names_may_be_a_function(tmp_path):
    model, twin = network(), network()
    save_weights(model, tmp_path / "a.safetensors", lambda name: name.replace("/", "."))
    assert "dense.kernel" in read_arrays(tmp_path / "a.safetensors")
    load_weights(twin, tmp_path / "a.safetensors", lambda name: name.replace("/", "."))
    assert np.array_equal(model.get_weights()[2], twin.get_weights()[2])


def test_what_does_not_fit_is_refused_and_nothing_changes(tmp_path):
    model = network()
    before = model.get_weights()
    path = tmp_path / "a.safetensors"
    write_arrays(path, {"dense/kernel": np.zeros((64, 2), np.float32)})
    with pytest.raises(ArgumentError, match="has no 'conv2d/kernel'"):
        load_weights(model, path)
    save_weights(model, path, TORCH)
    with pytest.raises(ArgumentError, match=r"has shape \(4, 3, 2, 3\)"):
        load_weights(model, path, {**TORCH, "conv2d/kernel": "features.0.weight"})
    with pytest.raises(ArgumentError, match="must be an order of 4 axes"):
        load_weights(model, path, {**TORCH, "conv2d/kernel": ("features.0.weight", (1, 0))})
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(FileFormatError):
        load_weights(model, path, TORCH)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
