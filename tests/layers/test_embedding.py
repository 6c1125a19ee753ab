"""Embedding looks rows up."""

import numpy as np
import pytest

import afina
from afina.errors import ArgumentError, IndexRangeError
from afina.layers import Embedding, Input


def test_every_integer_becomes_its_row():
    layer = Embedding(10, 4)
    indices = np.array([[1, 2], [9, 1]], "int32")
    y = layer(indices)
    np.testing.assert_array_equal(y.numpy(), layer.embeddings.numpy()[indices])


def test_the_gradient_of_a_row_used_twice_is_the_sum():
    layer = Embedding(5, 3, dtype="float64")
    loss = afina.ops.sum(layer(np.array([[1, 1, 4]])))
    (gradient,) = afina.gradients(loss, layer.trainable_weights)
    np.testing.assert_array_equal(gradient.numpy()[:, 0], [0, 2, 0, 0, 1])


def test_lengths_may_vary():
    assert Embedding(10, 4)(Input(shape=(None,), dtype="int32")).shape == (None, None, 4)


@pytest.mark.parametrize("index", [-11, 10])
def test_an_index_outside_the_table_is_refused(index):
    with pytest.raises(IndexRangeError, match="Embedding"):
        Embedding(10, 4)(np.array([[index]]))


def test_sizes_must_be_positive():
    with pytest.raises(ArgumentError, match="input_dim must be a positive int"):
        Embedding(0, 4)
