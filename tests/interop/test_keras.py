"""Weights written by Keras go into models of the same layers; anything else in such files is refused."""

import h5py
import numpy as np
import pytest
from keras_files import TREE, numbers, write_keras, write_tree

from afina import Model, layers, models
from afina.errors import ArgumentError, FileFormatError
from afina.interop.keras import load_weights, read_weights


def network():
    inputs = layers.Input(shape=(8, 8, 3))
    x = layers.BatchNormalization()(layers.Conv2D(4, 3)(inputs))
    x = models.Sequential([layers.Input(shape=(6, 6, 4)), layers.PReLU(shared_axes=[1, 2])])(x)
    x = layers.Dropout(0.2)(layers.Reshape((36, 4))(x))
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(x)
    x = layers.RNN([layers.GRUCell(2)], return_sequences=True)(x)
    x = layers.TimeDistributed(layers.Dense(4))(x)
    x = layers.MultiHeadAttention(2, 3)(x, x)
    x = layers.GlobalAveragePooling1D()(x)
    return Model(inputs, layers.Dense(2)(layers.Dense(5)(x)))


def assert_loaded(model):
    by_shape = [array for name, array in TREE.items() if "seed" not in name and "optimizer" not in name]
    assert len(model.weights) == len(by_shape)
    norm = next(layer for layer in model.layers if isinstance(layer, layers.BatchNormalization))
    for index, weight in enumerate(norm.weights):
        np.testing.assert_array_equal(weight.numpy(), TREE[f"layers/batch_normalization/vars/{index}"])
    both = next(layer for layer in model.layers if isinstance(layer, layers.Bidirectional))
    backward = TREE["layers/bidirectional/backward_layer/cell/vars/0"]
    np.testing.assert_array_equal(both.backward_layer.kernel.numpy(), backward)
    heads = next(layer for layer in model.layers if isinstance(layer, layers.MultiHeadAttention))
    np.testing.assert_array_equal(
        heads.weights[-2].numpy(), TREE["layers/multi_head_attention/output_dense/vars/0"]
    )
    np.testing.assert_array_equal(model.weights[-1].numpy(), TREE["layers/dense_1/vars/1"])


def test_a_weights_file_goes_into_the_same_network(tmp_path):
    model = network()
    load_weights(model, write_tree(tmp_path / "a.weights.h5", TREE))
    assert_loaded(model)


def test_a_keras_archive_goes_into_the_same_network(tmp_path):
    model = network()
    weights = write_tree(tmp_path / "a.weights.h5", TREE)
    load_weights(model, write_keras(tmp_path / "a.keras", weights))
    assert_loaded(model)


def test_layers_are_found_by_name_where_all_names_agree(tmp_path):
    inputs = layers.Input(shape=(3,))
    model = Model(
        inputs, layers.Add()([layers.Dense(2, name="right")(inputs), layers.Dense(2, name="left")(inputs)])
    )
    tree = {
        f"layers/dense{n}/vars/{i}": numbers(*s) + len(n)
        for n in ("", "_1")
        for i, s in enumerate([(3, 2), (2,)])
    }
    names = {"layers/dense/vars": "left", "layers/dense_1/vars": "right"}
    load_weights(model, write_tree(tmp_path / "a.weights.h5", tree, names))
    np.testing.assert_array_equal(model.get_layer("left").weights[0].numpy(), tree["layers/dense/vars/0"])
    np.testing.assert_array_equal(model.get_layer("right").weights[0].numpy(), tree["layers/dense_1/vars/0"])


def test_an_older_file_lists_its_arrays_in_order(tmp_path):
    model = models.Sequential([layers.Dense(4, input_shape=(3,)), layers.ReLU(), layers.Dense(2)])
    arrays = {
        "b/b/kernel": numbers(3, 4),
        "b/b/bias": numbers(4),
        "a/a/kernel": numbers(4, 2),
        "a/a/bias": numbers(2),
    }
    path = write_tree(tmp_path / "a.h5", {f"model_weights/{name}": array for name, array in arrays.items()})
    with h5py.File(path, "a") as file:
        file["model_weights"].attrs["layer_names"] = [b"b", b"relu", b"a"]
        file["model_weights"].create_group("relu").attrs["weight_names"] = np.zeros(0)
        for name in "ab":
            file[f"model_weights/{name}"].attrs["weight_names"] = [
                f"{name}/kernel".encode(),
                f"{name}/bias".encode(),
            ]
    load_weights(model, path)
    for weight, array in zip(model.weights, arrays.values(), strict=True):
        np.testing.assert_array_equal(weight.numpy(), array)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"layers/dense/vars/1": None}, "has no layers/dense/vars/1"),
        ({"layers/dense/vars/0": numbers(4, 6)}, r"has shape \(4, 5\), the file's has \(4, 6\)"),
        ({"layers/dense_2/vars/0": numbers(4, 6)}, "has no weight for layers/dense_2/vars/0"),
    ],
)
def test_a_file_of_another_network_is_refused_and_nothing_changes(change, text, tmp_path):
    tree = {name: array for name, array in {**TREE, **change}.items() if array is not None}
    model = network()
    before = model.get_weights()
    with pytest.raises(ArgumentError, match=text):
        load_weights(model, write_tree(tmp_path / "a.weights.h5", tree))
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_the_names_of_a_file_can_be_read_alone(tmp_path):
    found = read_weights(write_tree(tmp_path / "a.weights.h5", TREE))
    assert found.keys() == TREE.keys()


def test_an_archive_with_a_lambda_is_refused(tmp_path):
    weights = write_tree(tmp_path / "a.weights.h5", TREE)
    config = {"config": {"layers": [{"class_name": "Lambda", "config": {"function": ["4wEA"]}}]}}
    with pytest.raises(FileFormatError, match="Lambda, which is code"):
        read_weights(write_keras(tmp_path / "a.keras", weights, config))
