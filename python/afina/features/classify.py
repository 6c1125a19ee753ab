"""Classifiers on rows of features, by scikit-learn (extra `data`): less to learn than by fine-tuning."""

from __future__ import annotations

from typing import Any

from ..utils.optional import import_optional


def linear_svm(C: float = 1.0, **arguments: Any) -> Any:
    """Standardization and scikit-learn's `LinearSVC`: D0's choice for few images like those of the source.

    >>> import numpy as np
    >>> x = np.array([[0.0, 1], [1, 0], [4, 5], [5, 4]])
    >>> linear_svm().fit(x, [0, 0, 1, 1]).predict(x).tolist()
    [0, 0, 1, 1]
    """
    svm = import_optional("sklearn.svm", "linear_svm")
    return _scaled(svm.LinearSVC(C=C, **{"random_state": 0, "max_iter": 5000, **arguments}))


def decision_tree(**arguments: Any) -> Any:
    """scikit-learn's `DecisionTreeClassifier`, with the same splits in every run.

    >>> decision_tree(max_depth=1).fit([[0.0], [1.0]], [0, 1]).predict([[0.9]]).tolist()
    [1]
    """
    tree = import_optional("sklearn.tree", "decision_tree")
    return tree.DecisionTreeClassifier(**{"random_state": 0, **arguments})


def nearest_neighbors(k: int = 5, **arguments: Any) -> Any:
    """Standardization and scikit-learn's `KNeighborsClassifier` with `k` neighbours.

    >>> nearest_neighbors(1).fit([[0.0], [1.0]], [0, 1]).predict([[0.9]]).tolist()
    [1]
    """
    neighbors = import_optional("sklearn.neighbors", "nearest_neighbors")
    return _scaled(neighbors.KNeighborsClassifier(k, **arguments))


def _scaled(classifier: Any) -> Any:
    pipeline = import_optional("sklearn.pipeline", "classifying features")
    preprocessing = import_optional("sklearn.preprocessing", "classifying features")
    return pipeline.make_pipeline(preprocessing.StandardScaler(), classifier)
