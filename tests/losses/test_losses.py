"""Every loss against its formula in NumPy: values, gradients, reductions, weights, spellings."""

import numpy as np
import pytest

from afina import Parameter, gradients, losses, tensor
from afina.errors import ArgumentError


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def unit(x):
    return x / np.sqrt((x**2).sum(-1, keepdims=True))


def huber(y, p, delta=1.0):
    d = np.abs(y - p)
    return np.where(d <= delta, d**2 / 2, delta * (d - delta / 2)).mean(-1)


def binary(y, p):
    return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean(-1)


def categorical(y, p):
    return -(y * np.log(p / p.sum(-1, keepdims=True))).sum(-1)


RNG = np.random.default_rng(3)
REAL = RNG.normal(size=(6, 4))
OTHER = RNG.normal(size=(6, 4))
POSITIVE = RNG.uniform(0.5, 2.0, size=(6, 4))
BITS = (RNG.random((6, 4)) > 0.5).astype(float)
SHARE = RNG.uniform(0.1, 0.9, size=(6, 4))
DISTRIBUTION = softmax(RNG.normal(size=(6, 4)))
PROBABILITIES = softmax(RNG.normal(size=(6, 4)))
LABELS = np.array([0, 3, 1, 2, 2, 0])
ONE_HOT = np.eye(4)[LABELS]

CASES = {
    "mean_squared_error": (losses.MeanSquaredError(), REAL, OTHER, lambda y, p: ((y - p) ** 2).mean(-1)),
    "mean_absolute_error": (losses.MeanAbsoluteError(), REAL, OTHER, lambda y, p: np.abs(y - p).mean(-1)),
    "huber": (losses.Huber(0.7), REAL, OTHER, lambda y, p: huber(y, p, 0.7)),
    "mean_absolute_percentage_error": (
        losses.MeanAbsolutePercentageError(),
        POSITIVE,
        OTHER,
        lambda y, p: 100 * (np.abs(y - p) / np.abs(y)).mean(-1),
    ),
    "mean_squared_logarithmic_error": (
        losses.MeanSquaredLogarithmicError(),
        POSITIVE,
        POSITIVE[::-1].copy(),
        lambda y, p: ((np.log1p(y) - np.log1p(p)) ** 2).mean(-1),
    ),
    "binary_crossentropy": (losses.BinaryCrossentropy(), BITS, SHARE, binary),
    "binary_crossentropy from logits": (
        losses.BinaryCrossentropy(from_logits=True),
        BITS,
        OTHER,
        lambda y, p: binary(y, sigmoid(p)),
    ),
    "categorical_crossentropy": (losses.CategoricalCrossentropy(), ONE_HOT, PROBABILITIES, categorical),
    "categorical_crossentropy from logits": (
        losses.CategoricalCrossentropy(from_logits=True),
        ONE_HOT,
        OTHER,
        lambda y, p: categorical(y, softmax(p)),
    ),
    "sparse_categorical_crossentropy": (
        losses.SparseCategoricalCrossentropy(),
        LABELS,
        PROBABILITIES,
        lambda y, p: categorical(np.eye(4)[y], p),
    ),
    "sparse_categorical_crossentropy from logits": (
        losses.SparseCategoricalCrossentropy(from_logits=True),
        LABELS,
        OTHER,
        lambda y, p: categorical(np.eye(4)[y], softmax(p)),
    ),
    "kl_divergence": (
        losses.KLDivergence(),
        DISTRIBUTION,
        PROBABILITIES,
        lambda y, p: (y * np.log(y / p)).sum(-1),
    ),
    "hinge": (losses.Hinge(), 2 * BITS - 1, OTHER, lambda y, p: np.maximum(1 - y * p, 0).mean(-1)),
    "squared_hinge": (
        losses.SquaredHinge(),
        2 * BITS - 1,
        OTHER,
        lambda y, p: (np.maximum(1 - y * p, 0) ** 2).mean(-1),
    ),
    "poisson": (losses.Poisson(), POSITIVE, SHARE, lambda y, p: (p - y * np.log(p + 1e-7)).mean(-1)),
    "cosine_similarity": (
        losses.CosineSimilarity(),
        REAL,
        OTHER,
        lambda y, p: -(unit(y) * unit(p)).sum(-1),
    ),
    "log_cosh": (losses.LogCosh(), REAL, OTHER, lambda y, p: np.log(np.cosh(p - y)).mean(-1)),
}
ALL = pytest.mark.parametrize("name", CASES)


def labels_of(y):
    return y if y.dtype.kind == "i" else tensor(y)


@ALL
def test_a_loss_equals_its_formula_in_every_reduction(name):
    loss, y, p, formula = CASES[name]
    expected = formula(y, p)
    for reduction, value in (("none", expected), ("sum", expected.sum()), ("mean", expected.mean())):
        loss.reduction = reduction
        np.testing.assert_allclose(loss(labels_of(y), tensor(p)).numpy(), value, rtol=1e-6, err_msg=reduction)
    loss.reduction = "mean"


@ALL
def test_sample_weights_multiply_and_the_mean_still_divides_by_the_number_of_samples(name):
    loss, y, p, formula = CASES[name]
    weights = np.array([1.0, 0.0, 2.0, 0.5, 3.0, 1.0])
    np.testing.assert_allclose(
        loss(labels_of(y), tensor(p), weights).item(), (formula(y, p) * weights).sum() / 6, rtol=1e-6
    )


@ALL
def test_the_gradient_of_a_loss_matches_central_differences(name):
    loss, y, p, formula = CASES[name]
    outputs = Parameter(p, dtype="float64")
    (found,) = gradients(loss(labels_of(y), outputs), [outputs])
    step = 1e-6
    expected = np.zeros_like(p)
    for index in np.ndindex(*p.shape):
        moved = p.copy()
        moved[index] += step
        above = formula(y, moved).mean()
        moved[index] -= 2 * step
        expected[index] = (above - formula(y, moved).mean()) / (2 * step)
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-7, rtol=1e-5)


@pytest.mark.parametrize("name", [name for name in CASES if "logits" not in name and name != "huber"])
def test_name_function_and_object_give_bitwise_the_same_values(name):
    loss, y, p, _ = CASES[name]
    by_name, by_function = losses.get(name), losses.get(getattr(losses, name))
    value = loss(labels_of(y), tensor(p)).item()
    assert by_name(labels_of(y), tensor(p)).item() == value
    assert by_function(labels_of(y), tensor(p)).item() == value
    per_sample = getattr(losses, name)(labels_of(y), tensor(p)).numpy()
    assert per_sample.shape == (6,)
    assert per_sample.mean() == pytest.approx(value, rel=1e-12)


@ALL
def test_a_loss_survives_serialization(name):
    loss, y, p, _ = CASES[name]
    again = losses.get(losses.serialize(loss))
    assert again(labels_of(y), tensor(p)).item() == loss(labels_of(y), tensor(p)).item()


def test_cross_entropy_of_a_fair_coin_against_a_biased_one_is_1_2075_bits():
    y, p = tensor([[0.5, 0.5]]), tensor([[0.25, 0.75]])
    assert losses.CategoricalCrossentropy()(y, p).item() / np.log(2) == pytest.approx(1.2075, abs=1e-4)
    assert losses.KLDivergence()(y, p).item() / np.log(2) == pytest.approx(0.2075, abs=1e-4)


def test_cross_entropies_are_finite_at_probabilities_of_zero_and_one():
    p = tensor([[0.0, 1.0], [1.0, 0.0]])
    y = tensor([[1.0, 0.0], [1.0, 0.0]])
    for loss in (losses.BinaryCrossentropy(), losses.CategoricalCrossentropy(), losses.KLDivergence()):
        assert np.isfinite(loss(y, p).item())
    assert np.isfinite(losses.SparseCategoricalCrossentropy()([0, 0], p).item())


def test_label_smoothing_mixes_the_labels_with_the_uniform_distribution():
    smooth = losses.CategoricalCrossentropy(label_smoothing=0.2)
    expected = categorical(ONE_HOT * 0.8 + 0.2 / 4, PROBABILITIES).mean()
    assert smooth(tensor(ONE_HOT), tensor(PROBABILITIES)).item() == pytest.approx(expected, rel=1e-6)
    smooth = losses.BinaryCrossentropy(label_smoothing=0.2)
    expected = binary(BITS * 0.8 + 0.1, SHARE).mean()
    assert smooth(tensor(BITS), tensor(SHARE)).item() == pytest.approx(expected, rel=1e-6)


def test_a_function_of_the_caller_is_a_loss():
    def twice_the_error(y_true, y_pred):
        return 2.0 * (y_true - y_pred)

    loss = losses.get(twice_the_error)
    assert loss.name == "twice_the_error"
    assert loss(tensor([[3.0]]), tensor([[1.0]])).item() == 4.0


def test_a_subclass_with_its_own_call_is_reduced_and_weighted():
    class Distance(losses.Loss):
        def call(self, y_true, y_pred):
            return abs(y_true - y_pred).reshape(-1)

    assert Distance()(tensor([[1.0], [2.0]]), tensor([[2.0], [4.0]])).item() == 1.5
    assert Distance("sum")(tensor([[1.0], [2.0]]), tensor([[2.0], [4.0]]), [1.0, 10.0]).item() == 21.0


def test_one_weight_per_sample_counts_for_all_positions_of_the_sample():
    y, p = np.zeros((2, 3, 1)), np.ones((2, 3, 1))
    assert losses.MeanSquaredError("sum")(tensor(y), tensor(p), [1.0, 10.0]).item() == 33.0


@pytest.mark.parametrize(
    "make",
    [
        lambda: losses.MeanSquaredError(reduction="average"),
        lambda: losses.Huber(delta=0.0),
        lambda: losses.BinaryCrossentropy(label_smoothing=1.5),
        lambda: losses.CategoricalCrossentropy(label_smoothing=-0.1),
        lambda: losses.get("mean_squared_eror"),
        lambda: losses.get(3),
        lambda: losses.serialize(losses.LossFunction(lambda y, p: y)),
    ],
)
def test_a_loss_rejects_arguments_outside_their_range(make):
    with pytest.raises(ArgumentError):
        make()
