"""Networks as scikit-learn estimators, for pipelines, grid search and cross-validation.

`pip install 'afina[data]'` brings scikit-learn (1.6 or newer). Both pass its `check_estimator` with no
expected failure; sample weights are not taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from . import callbacks, layers, models, optimizers, random, registry, regularizers
from .errors import ArgumentError, DTypeError
from .refusal import shown
from .training.options import check_counts
from .utils.optional import import_optional

_base: Any = import_optional("sklearn.base", "afina.sklearn")
_validation: Any = import_optional("sklearn.utils.validation", "afina.sklearn")
_multiclass: Any = import_optional("sklearn.utils.multiclass", "afina.sklearn")
_utils: Any = import_optional("sklearn.utils", "afina.sklearn")

Array = npt.NDArray[Any]
Build = Callable[[tuple[int, ...], int], Any]


class _Network(_base.BaseEstimator):  # type: ignore[misc]
    """What classifier and regressor share: the network, its training, its pickling."""

    def __init__(
        self,
        hidden_layer_sizes: tuple[int, ...] = (100,),
        activation: str = "relu",
        *,
        dropout: float = 0.0,
        l2: float = 0.0,
        optimizer: Any = "adam",
        learning_rate: float = 0.001,
        batch_size: int = 32,
        epochs: int = 100,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int = 10,
        build: Build | None = None,
        dtype: str = "float32",
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.dropout = dropout
        self.l2 = l2
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.build = build
        self.dtype = dtype
        self.random_state = random_state
        self.verbose = verbose

    # --- what the two differ in ---

    def _head(self) -> tuple[str, str]:
        """Activation of the last layer, and the loss."""
        raise NotImplementedError

    # --- training ---

    def _check_parameters(self) -> None:
        who = type(self).__name__
        check_counts(who, 1, optional=False, epochs=self.epochs, batch_size=self.batch_size)
        check_counts(who, 0, optional=False, patience=self.patience)
        sizes = self.hidden_layer_sizes
        if isinstance(sizes, str) or not isinstance(sizes, (tuple, list)):
            raise DTypeError(f"{who}: hidden_layer_sizes must be a tuple of counts, got {shown(sizes)}")
        for size in sizes:
            check_counts(who, 1, optional=False, hidden_layer_sizes=size)
        if self.build is not None and not callable(self.build):
            raise DTypeError(f"{who}: build must be a function or None, got {shown(self.build)}")
        if self.early_stopping and not 0 < self.validation_fraction < 1:
            raise ArgumentError(
                f"{who}: validation_fraction must lie between 0 and 1, got {shown(self.validation_fraction)}"
            )

    def _train(self, x: Array, y: Array, outputs: int) -> None:
        """Make the network and fit it to x and y; nobody else's random numbers are touched."""
        generator = _utils.check_random_state(self.random_state)
        with _own_numbers(int(generator.randint(2**31 - 1))):
            model = self._network(x.shape[1:], outputs)
            held = {}
            if self.early_stopping:
                held = {
                    "validation_split": self.validation_fraction,
                    "callbacks": [callbacks.EarlyStopping(patience=self.patience, restore="best")],
                }
                order = generator.permutation(len(x))
                x, y = x[order], y[order]
            history = model.fit(
                x, y, batch_size=self.batch_size, epochs=self.epochs, verbose=self.verbose, **held
            )
        self.model_ = model
        self.history_ = history.history
        self.n_iter_ = len(history.epoch)
        self.loss_ = float(history.history["loss"][-1])

    def _network(self, shape: tuple[int, ...], outputs: int) -> Any:
        activation, loss = self._head()
        if self.build is None:
            model = models.Sequential([layers.Input(shape=shape, dtype=self.dtype)], dtype=self.dtype)
            for units in self.hidden_layer_sizes:
                model.add(layers.Dense(units, self.activation, dtype=self.dtype))
                if self.dropout:
                    model.add(layers.Dropout(self.dropout, dtype=self.dtype))
            model.add(layers.Dense(outputs, activation, dtype=self.dtype))
        else:
            model = self.build(shape, outputs)
            if not isinstance(model, models.Model):
                raise DTypeError(f"{type(self).__name__}: build must return a model, got {shown(model)}")
        if self.l2:
            model.regularizer = regularizers.L2(self.l2)
        if not model.compiled:
            chosen = self.optimizer
            if isinstance(chosen, str):
                config = {"class_name": chosen, "config": {"learning_rate": self.learning_rate}}
                chosen = optimizers.get(config)
            else:  # a fresh copy: its moments belong to one training
                chosen = type(chosen).from_config(chosen.get_config())
            model.compile(chosen, loss)
        return model

    def _predict(self, x: Any) -> Array:
        _validation.check_is_fitted(self)
        checked = self._data(x, reset=False)
        # Rows are computed in groups of one size, so that a row's result does not depend on its company.
        return np.asarray(self.model_.predict(checked, batch_size=len(checked), verbose=0))

    def _data(self, x: Any, y: Any = "no_validation", *, reset: bool = True, **options: Any) -> Any:
        return _validation.validate_data(
            self, x, y, reset=reset, dtype=self.dtype, allow_nd=self.build is not None, **options
        )

    # --- copies ---

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        if "model_" in state:
            model = state["model_"]
            state["model_"] = {"model": registry.serialize(model), "weights": model.get_weights()}
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        saved = state.get("model_")
        if isinstance(saved, dict):
            model = registry.deserialize(saved["model"])
            model.set_weights(saved["weights"])
            state = {**state, "model_": model}
        super().__setstate__(state)


class AfinaClassifier(_base.ClassifierMixin, _Network):  # type: ignore[misc]
    """A network with a softmax over the classes, trained by cross-entropy.

    hidden_layer_sizes, activation, dropout, l2: of the fully connected network; l2 penalizes the kernels.
    build: a function (input shape, number of classes) -> model that makes another one (its last layer gives
    probabilities; uncompiled, it gets optimizer and loss from here). optimizer: a name, with learning_rate,
    or an object. early_stopping: hold `validation_fraction` of the rows out and stop `patience` epochs after
    the best. random_state: an int repeats everything. After `fit`: classes_, model_ (the `afina.Model`),
    history_, n_iter_, loss_, n_features_in_.

    >>> x = np.array([[0.0], [0.1], [0.9], [1.0]]); y = np.array(["low", "low", "high", "high"])
    >>> AfinaClassifier((8,), learning_rate=0.05, random_state=0).fit(x, y).predict([[0.0], [1.0]]).tolist()
    ['low', 'high']
    """

    def fit(self, X: Any, y: Any) -> AfinaClassifier:
        """Train on X (n, features) and class labels y (n,)."""
        self._check_parameters()
        x, labels = self._data(X, y)
        _multiclass.check_classification_targets(labels)
        self.classes_, numbers = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ArgumentError(
                f"AfinaClassifier: y must have at least two classes, got one class {self.classes_.tolist()}"
            )
        self._train(x, numbers.astype(np.int64), len(self.classes_))
        return self

    def predict_proba(self, X: Any) -> Array:
        """The probability of each class, in the order of `classes_`: (n, classes)."""
        return self._predict(X)

    def predict(self, X: Any) -> Array:
        """The most likely class of each row."""
        probabilities = self._predict(X)
        return np.asarray(self.classes_[probabilities.argmax(axis=1)])

    def _head(self) -> tuple[str, str]:
        return "softmax", "sparse_categorical_crossentropy"


class AfinaRegressor(_base.RegressorMixin, _Network):  # type: ignore[misc]
    """A network with linear outputs, trained by the mean squared error; arguments as for `AfinaClassifier`.

    Targets may be (n,) or (n, outputs). Scale them to about 1, by `TransformedTargetRegressor` say.

    >>> x = np.linspace(-1, 1, 64)[:, None]
    >>> found = AfinaRegressor((16,), learning_rate=0.02, random_state=0).fit(x, x[:, 0] ** 2)
    >>> bool(found.score(x, x[:, 0] ** 2) > 0.95)
    True
    """

    def fit(self, X: Any, y: Any) -> AfinaRegressor:
        """Train on X (n, features) and targets y (n,) or (n, outputs)."""
        self._check_parameters()
        x, targets = self._data(X, y, multi_output=True, y_numeric=True)
        targets = targets.astype(self.dtype, copy=False)
        self._flat = targets.ndim == 1
        targets = targets[:, np.newaxis] if self._flat else targets
        self._train(x, targets, targets.shape[1])
        return self

    def predict(self, X: Any) -> Array:
        """The outputs for each row, in the shape the targets had."""
        found = self._predict(X).astype(np.float64)  # what scikit-learn's scorers and checks expect
        return found[:, 0] if self._flat else found

    def _head(self) -> tuple[str, str]:
        return "linear", "mean_squared_error"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


@contextmanager
def _own_numbers(seed: int) -> Iterator[None]:
    """Inside, the library's generator starts at `seed`; afterwards it goes on where it was."""
    before = random.get_state()
    random.set_seed(seed)
    try:
        yield
    finally:
        random.set_state(before)
