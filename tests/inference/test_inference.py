"""Committees, augmented copies, crops and dropout masks combine as NumPy would."""

import itertools

import numpy as np
import pytest

import afina
from afina import inference, layers, models
from afina.errors import ArgumentError, ShapeError


def classifier(seed, units=3, features=4):
    afina.utils.set_random_seed(seed)
    return afina.Sequential([layers.Dense(units, "softmax", input_shape=(features,), name=f"out_{seed}")])


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(7, 4)).astype("float32")


def test_one_identical_copy_is_plain_predict_and_several_are_combined(x):  # T1
    model = classifier(0)
    plain = model.predict(x, verbose=0)
    np.testing.assert_array_equal(inference.predict_augmented(model, x, copies=1), plain)

    def jitter(values, generator):
        return values + generator.normal(size=values.shape).astype("float32")

    generators = [np.random.default_rng(0)]
    copies = []

    def spy(values, generator):
        copies.append(jitter(values, generator))
        return copies[-1]

    found = inference.predict_augmented(model, x, spy, copies=5)
    each = np.stack([model.predict(copy, verbose=0) for copy in copies])
    assert len(copies) == 5
    assert np.ptp(each, axis=0).max() > 0
    np.testing.assert_allclose(found, each.mean(0), rtol=1e-6)
    again = inference.predict_augmented(model, x, jitter, copies=5, combine="vote")
    np.testing.assert_allclose(again, np.eye(3)[each.argmax(-1)].mean(0))
    own = inference.predict_augmented(model, x, jitter, copies=5, combine=lambda a: a.max(axis=0))
    np.testing.assert_array_equal(own, each.max(0))
    middle = inference.predict_augmented(model, x, jitter, copies=5, combine="median")
    np.testing.assert_allclose(middle, np.median(each, axis=0))
    assert generators


def torchvision_ten_crop(image, h, w):
    """FiveCrop of the image and of its mirror, in torchvision's words."""

    def five(img):
        height, width = img.shape[:2]
        top, left = round((height - h) / 2.0), round((width - w) / 2.0)
        return [
            img[0:h, 0:w], img[0:h, width - w : width], img[height - h : height, 0:w],
            img[height - h : height, width - w : width], img[top : top + h, left : left + w],
        ]  # fmt: skip

    return five(image) + five(image[:, ::-1])


@pytest.mark.parametrize("size", [(5, 4), (6, 7), (8, 9), (3, 3)])
def test_crops_come_in_torchvisions_order(size):  # T2
    images = np.random.default_rng(0).integers(0, 255, (3, 8, 9, 2)).astype("uint8")
    found = inference.crops(images, size)
    for image, views in zip(images, found, strict=True):
        for mine, theirs in zip(views, torchvision_ten_crop(image, *size), strict=True):
            np.testing.assert_array_equal(mine, theirs)
    np.testing.assert_array_equal(inference.crops(images, size, 5), found[:, :5])
    np.testing.assert_array_equal(inference.crops(images, size, 1)[:, 0], found[:, 4])


def test_crops_are_predicted_and_averaged():  # T2
    rng = np.random.default_rng(0)
    images = rng.normal(size=(4, 6, 6, 1)).astype("float32")
    model = afina.Sequential([layers.Flatten(input_shape=(4, 4, 1)), layers.Dense(3, "softmax")])
    views = inference.crops(images, 4)
    each = np.stack([model.predict(views[:, n], verbose=0) for n in range(10)])
    np.testing.assert_allclose(inference.predict_crops(model, images, 4), each.mean(0), rtol=1e-5)
    votes = inference.predict_crops(model, images, 4, combine="vote")
    np.testing.assert_allclose(votes, np.eye(3)[each.argmax(-1)].mean(0))
    one = inference.predict_crops(model, images[:, 1:5, 1:5], 4, count=1)
    np.testing.assert_array_equal(one, model.predict(images[:, 1:5, 1:5], verbose=0))


def test_a_committee_averages_its_members_and_is_saved_as_one_model(x, tmp_path):  # T3
    members = [classifier(seed) for seed in range(5)]
    committee = inference.Ensemble(members)
    wanted = np.mean([member.predict(x, verbose=0) for member in members], axis=0)
    np.testing.assert_allclose(committee.predict(x), wanted, rtol=1e-6)
    model = committee.as_model()
    np.testing.assert_allclose(model.predict(x, verbose=0), wanted, rtol=1e-5)
    model.save(tmp_path / "committee.afina")
    again = models.load_model(tmp_path / "committee.afina").predict(x, verbose=0)
    np.testing.assert_array_equal(again, model.predict(x, verbose=0))
    votes = inference.Ensemble(members, "vote").predict(x)
    assert np.allclose(votes.sum(1), 1)


def test_a_committee_is_at_least_as_accurate_as_its_mean_member():  # T3
    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, 8)).astype("float32")
    y = (x[:, 0] * x[:, 1] + x[:, 2] > 0).astype(int)

    def build():
        model = afina.Sequential([layers.Dense(24, "relu", input_shape=(8,)), layers.Dense(2, "softmax")])
        model.compile(afina.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
        return model

    committee = inference.train_ensemble(build, x[:200], y[:200], count=5, epochs=25)
    each = committee.member_predictions(x[200:]).argmax(-1)
    members = [(one == y[200:]).mean() for one in each]
    assert len(set(members)) > 1
    assert (committee.predict(x[200:]).argmax(-1) == y[200:]).mean() >= np.mean(members)


def test_dropout_at_test_time_is_the_mean_over_all_masks():  # R6
    weights = np.array([[1.0], [-2.0], [0.5], [3.0]])
    x = np.array([[0.3, -1.0, 2.0, 0.7]])
    total = 0.0
    for mask in itertools.product([0.0, 1.0], repeat=4):
        chance = np.prod([0.8 if kept else 0.2 for kept in mask])
        total += chance * ((x * mask / 0.8) @ weights)
    drop = layers.Dropout(0.2, input_shape=(4,), dtype="float64")
    head = layers.Dense(1, use_bias=False, dtype="float64")
    model = afina.Sequential([drop, head], dtype="float64")
    head.set_weights([weights])
    np.testing.assert_allclose(model.predict(x, verbose=0), total, rtol=1e-12)
    found = inference.predict_with_dropout(model, x, samples=3000)
    np.testing.assert_allclose(found.mean, total, atol=4 * found.std.item() / 3000**0.5)
    values = {round(float(v), 6) for v in found.samples.ravel()}
    assert len(values) == 16
    np.testing.assert_allclose(found.std, found.samples.std(0))


def test_masks_leave_normalization_and_the_generator_alone(x):
    model = afina.Sequential(
        [
            layers.Dense(6, input_shape=(4,)),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Dense(2),
        ]
    )
    before, state = model.get_weights(), afina.random.get_state()
    one = inference.predict_with_dropout(model, x, samples=4, seed=1)
    two = inference.predict_with_dropout(model, x, samples=4, seed=1)
    np.testing.assert_array_equal(one.samples, two.samples)
    assert afina.random.get_state() == state
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(model.predict(x, verbose=0), model.predict(x, verbose=0))


TWO = np.zeros((2, 4), "float32")


@pytest.mark.parametrize(
    ("call", "says", "kind"),
    [
        (lambda: inference.Ensemble([classifier(0), classifier(1, units=2)]), "of one shape", ShapeError),
        (lambda: inference.Ensemble([classifier(0)]), "two models or more", ArgumentError),
        (lambda: inference.Ensemble([1, 2]), "members must be models", ArgumentError),
        (lambda: inference.Ensemble([classifier(0)] * 2, "max"), "combine must be", ArgumentError),
        (lambda: inference.Ensemble([classifier(0)] * 2).as_model(), "different names", ArgumentError),
        (lambda: inference.train_ensemble(3, TWO, TWO), "build must be", ArgumentError),
        (lambda: inference.train_ensemble(lambda: 3, TWO, TWO), "must return", ArgumentError),
        (lambda: inference.train_ensemble(lambda: 3, TWO, TWO, count=1), "count must be", ArgumentError),
        (lambda: inference.predict_augmented(classifier(0), TWO, 3), "augment must be", ArgumentError),
        (lambda: inference.predict_augmented(classifier(0), TWO, copies=0), "copies", ArgumentError),
        (lambda: inference.predict_augmented(classifier(0), TWO, lambda a, g: a[:1]), "2 ex", ShapeError),
        (lambda: inference.crops(TWO, 2), "must have shape", ShapeError),
        (lambda: inference.crops(np.zeros((1, 4, 4, 1)), 5), "larger than the images", ShapeError),
        (lambda: inference.crops(np.zeros((1, 4, 4, 1)), 2, 7), "count must be", ArgumentError),
        (lambda: inference.crops(np.zeros((1, 4, 4, 1)), 0), "size must be", ArgumentError),
        (lambda: inference.predict_with_dropout(classifier(0), TWO), "no Dropout layer", ArgumentError),
        (lambda: inference.combined(np.zeros((2, 3)), "vote"), "vote", ShapeError),
        (lambda: inference.combined(np.zeros((2, 3, 1)), lambda a: a[:, 0]), "return 3 rows", ShapeError),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused(call, says, kind):
    with pytest.raises(kind, match=says):
        call()
