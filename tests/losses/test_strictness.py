"""Labels that do not fit the outputs are errors that say what was expected; nothing is broadcast."""

import numpy as np
import pytest

from afina import losses, tensor
from afina.errors import AfinaError, ArgumentError, DTypeError, IndexRangeError, ShapeError

DENSE = [
    losses.MeanSquaredError,
    losses.MeanAbsoluteError,
    losses.Huber,
    losses.MeanAbsolutePercentageError,
    losses.MeanSquaredLogarithmicError,
    losses.BinaryCrossentropy,
    losses.CategoricalCrossentropy,
    losses.KLDivergence,
    losses.Hinge,
    losses.SquaredHinge,
    losses.Poisson,
    losses.CosineSimilarity,
    losses.LogCosh,
]
MISFITS = [
    ((16, 1), (16, 4)),
    ((16, 4), (16, 1)),
    ((16,), (16, 1)),
    ((16, 1), (16,)),
    ((4,), (16, 4)),
    ((1, 4), (16, 4)),
    ((15, 4), (16, 4)),
    ((16, 10), (16, 100)),
    ((16, 3, 4), (16, 4)),
    ((), (16, 4)),
]


@pytest.mark.parametrize("kind", DENSE)
@pytest.mark.parametrize(("labels", "outputs"), MISFITS)
def test_a_loss_takes_labels_of_the_outputs_shape_only(kind, labels, outputs):
    with pytest.raises(ShapeError) as caught:
        kind()(np.ones(labels, "float32"), tensor(np.full(outputs, 0.5, "float32")))
    assert str(labels) in str(caught.value)
    assert "output" in str(caught.value)


@pytest.mark.parametrize(
    ("labels", "outputs"),
    [
        ((16, 4), (16, 4)),
        ((16, 2), (16, 4)),
        ((15,), (16, 4)),
        ((), (16, 4)),
        ((16, 4, 1), (16, 4)),
        ((4,), (4,)),
    ],
)
def test_the_sparse_loss_takes_its_two_documented_forms_only(labels, outputs):
    with pytest.raises(ShapeError):
        losses.SparseCategoricalCrossentropy()(
            np.zeros(labels, int), tensor(np.full(outputs, 0.25, "float32"))
        )


def test_the_two_sparse_forms_agree():
    p = tensor([[0.2, 0.8], [0.6, 0.4]])
    flat = losses.SparseCategoricalCrossentropy()([1, 0], p).item()
    assert losses.SparseCategoricalCrossentropy()([[1], [0]], p).item() == flat
    assert losses.SparseCategoricalCrossentropy()([1.0, 0.0], p).item() == flat


def test_the_message_names_the_output_its_shape_and_the_labels_shape():
    loss = losses.CategoricalCrossentropy()
    with pytest.raises(
        ShapeError, match=r"output 'dense' has shape \(None, 100\) but labels have shape \(32, 10\)"
    ):
        loss.evaluate(tensor(np.zeros((32, 10))), tensor(np.zeros((32, 100))), None, "dense")


def test_the_message_says_what_was_probably_meant():
    p = tensor(np.full((8, 3), 1 / 3, "float32"))
    with pytest.raises(ShapeError, match="sparse_categorical_crossentropy"):
        losses.CategoricalCrossentropy()(np.zeros(8), p)
    with pytest.raises(ShapeError, match="one-hot: use categorical_crossentropy"):
        losses.SparseCategoricalCrossentropy()(np.zeros((8, 3), int), p)
    with pytest.raises(ShapeError, match=r"last axis, shape \(8, 1\)"):
        losses.MeanSquaredError()(np.zeros(8), tensor(np.zeros((8, 1))))
    with pytest.raises(ShapeError, match="binary_crossentropy"):
        losses.CategoricalCrossentropy()(np.zeros((8, 1)), tensor(np.zeros((8, 1))))


@pytest.mark.parametrize("labels", [[0, 3], [-1, 0], [0, 100]])
def test_a_class_out_of_range_is_an_index_error(labels):
    with pytest.raises(IndexRangeError):
        losses.SparseCategoricalCrossentropy()(labels, tensor(np.full((2, 3), 1 / 3, "float32")))


@pytest.mark.parametrize("kind", DENSE)
def test_a_nan_label_is_an_error(kind):
    labels = np.ones((4, 2), "float32")
    labels[2, 1] = np.nan
    with pytest.raises(ArgumentError, match=r"(?i)nan"):
        kind()(labels, tensor(np.full((4, 2), 0.5, "float32")))


def test_sparse_labels_must_be_whole_numbers():
    p = tensor(np.full((2, 3), 1 / 3, "float32"))
    with pytest.raises(ArgumentError, match=r"0\.5"):
        losses.SparseCategoricalCrossentropy()([0.5, 1.0], p)
    with pytest.raises(ArgumentError, match="NaN"):
        losses.SparseCategoricalCrossentropy()([np.nan, 1.0], p)


@pytest.mark.parametrize("labels", [np.array([["a"], ["b"]]), np.array([[None], [1]], dtype=object)])
def test_labels_that_are_no_numbers_are_a_dtype_error(labels):
    with pytest.raises(DTypeError):
        losses.MeanSquaredError()(labels, tensor(np.zeros((2, 1))))


def test_hinge_wants_two_classes():
    with pytest.raises(ArgumentError, match="-1 and 1"):
        losses.Hinge()([[0.0], [2.0]], tensor(np.zeros((2, 1))))


@pytest.mark.parametrize("shape", [(3,), (4, 2), (1,), (2, 4)])
def test_sample_weights_must_have_one_value_per_sample(shape):
    with pytest.raises(AfinaError):
        losses.MeanSquaredError()(np.zeros((4, 3)), tensor(np.zeros((4, 3))), np.ones(shape))


def test_a_function_of_the_caller_is_not_given_shapes_that_would_broadcast():
    loss = losses.get(lambda y, p: (y - p) * (y - p))
    with pytest.raises(ShapeError):
        loss(np.zeros(4), tensor(np.zeros((4, 1))))
