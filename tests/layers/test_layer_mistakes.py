"""Whatever comes in, a layer answers with a tensor or with a typed error that names it."""

import numpy as np
import pytest
from layer_cases import CASES, MERGES

import afina
from afina import layers
from afina.errors import AfinaError

BAD = {
    "scalar": 3.0,
    "vector": np.ones(4, "float32"),
    "seven axes": np.ones((2, 1, 2, 1, 2, 1, 2), "float32"),
    "empty": np.zeros((0, 3), "float32"),
    "empty images": np.zeros((0, 6, 6, 4), "float32"),
    "no channels": np.zeros((2, 6, 6, 0), "float32"),
    "text": "text",
    "array of text": np.array([["a"]]),
    "objects": np.array([[object()]]),
    "complex": np.ones((3, 5), "complex64"),
    "nothing": None,
    "ragged": [[1.0], [2.0, 3.0]],
    "dictionary": {"a": np.ones((3, 5), "float32")},
    "list of different ranks": [np.ones((3, 5), "float32"), np.ones(3, "float32")],
    "empty list": [],
    "bytes": np.ones((3, 5), "uint8"),
    "booleans": np.ones((3, 5), bool),
    "big endian": np.ones((3, 5), ">f4"),
    "backwards": np.ones((3, 5), "float32")[::-1, ::-1],
    "broadcast": np.broadcast_to(np.float32(1), (3, 5)),
}
LAYERS = [layer for layer, _ in CASES] + [getattr(layers, name)() for name in MERGES]
LAYERS += [layers.Embedding(5, 2), layers.Dot(1)]


def fresh(layer):
    return type(layer).from_config({**layer.get_config(), "name": "under_test"})


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
@pytest.mark.parametrize("what", BAD)
def test_a_layer_answers_with_a_tensor_or_with_a_typed_error_that_names_it_once(layer, what):
    for training in (False, True):
        try:
            result = fresh(layer)(BAD[what], training=training)
        except AfinaError as error:
            assert str(error).count("under_test") == 1  # noqa: PT017  both outcomes are allowed
        else:
            assert isinstance(result, afina.Tensor)
