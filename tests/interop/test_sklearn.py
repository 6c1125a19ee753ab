"""The estimators pass scikit-learn's own checks and work inside its tools."""

import pickle
import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn")
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

import afina
from afina import layers
from afina.errors import ArgumentError, DTypeError
from afina.sklearn import AfinaClassifier, AfinaRegressor


@pytest.fixture(scope="module")
def data():
    return make_classification(200, 8, n_informative=5, n_classes=3, random_state=0)


@pytest.mark.parametrize("estimator", [AfinaClassifier(), AfinaRegressor()])
def test_check_estimator_has_no_failure(estimator):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the checks warn of what they skip
        results = check_estimator(estimator, on_fail=None, on_skip=None)
    failed = [
        (one["check_name"], one["exception"]) for one in results if one["status"] not in ("passed", "skipped")
    ]
    assert failed == []
    assert len(results) >= 50
    reasons = [str(one["exception"]) for one in results if one["status"] == "skipped"]
    assert all("pandas" in reason or "SCIPY_ARRAY_API" in reason for reason in reasons)


def test_pipelines_grid_search_and_cross_validation_work(data):
    x, y = data
    pipe = make_pipeline(
        StandardScaler(), AfinaClassifier((16,), epochs=15, learning_rate=0.01, random_state=0)
    )
    assert cross_val_score(pipe, x, y, cv=3).mean() > 0.7
    grid = GridSearchCV(pipe, {"afinaclassifier__learning_rate": [1e-5, 0.01]}, cv=3).fit(x, y)
    assert grid.best_params_ == {"afinaclassifier__learning_rate": 0.01}


def test_a_seed_repeats_everything_and_leaves_other_generators_alone(data):
    x, y = data
    state, legacy = afina.random.get_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    one, two = (AfinaClassifier((8,), epochs=3, dropout=0.2, random_state=5).fit(x, y) for _ in range(2))
    np.testing.assert_array_equal(one.predict_proba(x), two.predict_proba(x))
    assert afina.random.get_state() == state
    np.testing.assert_array_equal(np.random.get_state()[1], legacy)  # noqa: NPY002
    other = AfinaClassifier((8,), epochs=3, dropout=0.2, random_state=6).fit(x, y)
    assert np.abs(other.predict_proba(x) - one.predict_proba(x)).max() > 1e-3


def test_a_fitted_estimator_survives_pickle_and_clone(data):
    x, y = data
    fitted = AfinaClassifier((8,), epochs=3, random_state=0).fit(x, y)
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict_proba(x), fitted.predict_proba(x))
    with pytest.raises(NotFittedError):
        clone(fitted).predict(x)


def test_early_stopping_and_penalty_reach_the_network(data):
    x, y = data
    found = AfinaClassifier(
        (64,), early_stopping=True, patience=2, epochs=200, learning_rate=0.02, l2=1e-3, random_state=0
    ).fit(x, y)
    assert found.n_iter_ < 200
    assert "val_loss" in found.history_
    assert found.model_.losses
    assert found.loss_ == found.history_["loss"][-1]


def test_a_network_of_ones_own_takes_images():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 80)
    x = rng.normal(size=(80, 6, 6, 1)) + y[:, None, None, None]

    def build(shape, classes):
        return afina.Sequential(
            [
                layers.Conv2D(4, 3, activation="relu", input_shape=shape),
                layers.Flatten(),
                layers.Dense(classes, "softmax"),
            ]
        )

    optimizer = afina.optimizers.RMSprop(0.01)
    found = AfinaClassifier(build=build, epochs=10, optimizer=optimizer, random_state=0).fit(x, y)
    assert found.score(x, y) > 0.9
    assert optimizer.iterations == 0


def test_several_targets_are_predicted_together():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(150, 3))
    y = np.stack([x.sum(1), x[:, 0] - x[:, 1]], axis=1)
    found = AfinaRegressor((), epochs=60, learning_rate=0.02, random_state=0).fit(x, y)
    assert found.predict(x).shape == (150, 2)
    assert found.score(x, y) > 0.99


@pytest.mark.parametrize(
    ("estimator", "says", "kind"),
    [
        (AfinaClassifier(epochs=0), "epochs must be", ArgumentError),
        (AfinaClassifier("wide"), "hidden_layer_sizes must be", DTypeError),
        (AfinaClassifier((0,)), "hidden_layer_sizes must be", ArgumentError),
        (AfinaClassifier(build=3), "build must be", DTypeError),
        (AfinaClassifier(build=lambda shape, n: 3), "build must return", DTypeError),
        (AfinaClassifier(early_stopping=True, validation_fraction=2), "validation_fraction", ArgumentError),
        (AfinaRegressor(optimizer="best"), "best", ArgumentError),
    ],
)
def test_wrong_parameters_are_refused_at_fit(estimator, says, kind, data):
    with pytest.raises(kind, match=says):
        estimator.fit(*data)
    with pytest.raises(ArgumentError, match="two classes"):
        AfinaClassifier().fit(data[0], np.zeros(200))
