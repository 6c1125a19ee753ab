"""Files in the layout of Keras 3, written with h5py alone."""

import json
import zipfile

import h5py
import numpy as np


def write_tree(path, tree, names=None):
    """Arrays by their paths, and `name` attributes of the groups `vars` by theirs."""
    with h5py.File(path, "w") as file:
        for name, array in tree.items():
            file[name] = array
        for name, text in (names or {}).items():
            file.require_group(name).attrs["name"] = text
    return path


def write_keras(path, weights, config=None, extra=()):
    """A `.keras` archive around a weights file."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", json.dumps(config or {"class_name": "Sequential", "config": {}}))
        archive.writestr("model.weights.h5", weights.read_bytes())
        for name, content in extra:
            archive.writestr(name, content)
    return path


def numbers(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype("float32")


# What Keras 3.15 writes for `network()` of test_keras.py, seed generators and an optimizer included.
TREE = {
    "layers/conv2d/vars/0": numbers(3, 3, 3, 4),
    "layers/conv2d/vars/1": numbers(4),
    **{f"layers/batch_normalization/vars/{i}": np.abs(numbers(4)) + i for i in range(4)},
    "layers/sequential/layers/p_re_lu/vars/0": numbers(1, 1, 4),
    "layers/dropout/seed_generator/vars/0": np.zeros(2, "uint32"),
    **{
        f"layers/bidirectional/{way}_layer/cell/vars/{i}": numbers(*shape)
        for way, first in (("forward", 0), ("backward", 1))
        for i, shape in enumerate([(4, 12), (3, 12), (12,)])
    },
    "layers/rnn/cell/cells/gru_cell/vars/0": numbers(6, 6),
    "layers/rnn/cell/cells/gru_cell/vars/1": numbers(2, 6),
    "layers/rnn/cell/cells/gru_cell/vars/2": numbers(2, 6),
    "layers/time_distributed/layer/vars/0": numbers(2, 4),
    "layers/time_distributed/layer/vars/1": numbers(4),
    **{
        f"layers/multi_head_attention/{part}_dense/vars/{i}": numbers(*shape)
        for part in ("query", "key", "value")
        for i, shape in enumerate([(4, 2, 3), (2, 3)])
    },
    "layers/multi_head_attention/output_dense/vars/0": numbers(2, 3, 4),
    "layers/multi_head_attention/output_dense/vars/1": numbers(4),
    "layers/dense/vars/0": numbers(4, 5),
    "layers/dense/vars/1": numbers(5),
    "layers/dense_1/vars/0": numbers(5, 2),
    "layers/dense_1/vars/1": numbers(2),
    "optimizer/vars/0": np.array(7),
}
