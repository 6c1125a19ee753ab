"""Losses by name, by function and by object; nothing is ever broadcast in them."""

from __future__ import annotations

from typing import Any

from ..errors import ArgumentError
from ..registry import register
from .binary_crossentropy import (
    BinaryCrossentropy as BinaryCrossentropy,
    binary_crossentropy as binary_crossentropy,
)
from .categorical_crossentropy import (
    CategoricalCrossentropy as CategoricalCrossentropy,
    categorical_crossentropy as categorical_crossentropy,
)
from .cosine_similarity import CosineSimilarity as CosineSimilarity, cosine_similarity as cosine_similarity
from .hinge import (
    Hinge as Hinge,
    SquaredHinge as SquaredHinge,
    hinge as hinge,
    squared_hinge as squared_hinge,
)
from .huber import Huber as Huber, huber as huber
from .kl_divergence import KLDivergence as KLDivergence, kl_divergence as kl_divergence
from .log_cosh import LogCosh as LogCosh, log_cosh as log_cosh
from .loss import Loss as Loss, LossFunction as LossFunction
from .masked_loss import MaskedLoss as MaskedLoss
from .mean_absolute_error import (
    MeanAbsoluteError as MeanAbsoluteError,
    mean_absolute_error as mean_absolute_error,
)
from .mean_absolute_percentage_error import (
    MeanAbsolutePercentageError as MeanAbsolutePercentageError,
    mean_absolute_percentage_error as mean_absolute_percentage_error,
)
from .mean_squared_error import MeanSquaredError as MeanSquaredError, mean_squared_error as mean_squared_error
from .mean_squared_logarithmic_error import (
    MeanSquaredLogarithmicError as MeanSquaredLogarithmicError,
    mean_squared_logarithmic_error as mean_squared_logarithmic_error,
)
from .poisson import Poisson as Poisson, poisson as poisson
from .sparse_categorical_crossentropy import (
    SparseCategoricalCrossentropy as SparseCategoricalCrossentropy,
    sparse_categorical_crossentropy as sparse_categorical_crossentropy,
)

_CLASSES: dict[str, type[Loss]] = {
    "binary_crossentropy": BinaryCrossentropy,
    "categorical_crossentropy": CategoricalCrossentropy,
    "cosine_similarity": CosineSimilarity,
    "hinge": Hinge,
    "huber": Huber,
    "kl_divergence": KLDivergence,
    "log_cosh": LogCosh,
    "mean_absolute_error": MeanAbsoluteError,
    "mean_absolute_percentage_error": MeanAbsolutePercentageError,
    "mean_squared_error": MeanSquaredError,
    "mean_squared_logarithmic_error": MeanSquaredLogarithmicError,
    "poisson": Poisson,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
    "squared_hinge": SquaredHinge,
}

_ALIASES = {
    "bce": "binary_crossentropy",
    "kld": "kl_divergence",
    "kullback_leibler_divergence": "kl_divergence",
    "logcosh": "log_cosh",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "mse": "mean_squared_error",
    "msle": "mean_squared_logarithmic_error",
}


def get(identifier: Any) -> Loss | None:
    """A loss from its name, its function, its class, what `serialize` returned, or the loss itself.

    A function that is not ours becomes a `LossFunction`; None stays None.

    >>> from afina import losses
    >>> losses.get("mse").name, losses.get(losses.mean_squared_error).name
    ('mean_squared_error', 'mean_squared_error')
    """
    if identifier is None or isinstance(identifier, Loss):
        return identifier
    if isinstance(identifier, str):
        return _find(identifier)()
    if isinstance(identifier, dict):
        return _find(str(identifier.get("class_name")))(**identifier["config"])
    if isinstance(identifier, type) and issubclass(identifier, Loss):
        return identifier()
    if callable(identifier):
        name = getattr(identifier, "__name__", "")
        if name in _CLASSES and globals().get(name) is identifier:
            return _CLASSES[name]()
        return LossFunction(identifier)
    raise ArgumentError(f"losses.get: expected a name, a function or a Loss, got {identifier!r}")


def serialize(loss: Loss) -> dict[str, Any]:
    """A description in JSON's terms that `get` turns back into an equal loss; not for a caller's function."""
    if type(loss) not in (*_CLASSES.values(), MaskedLoss):
        raise ArgumentError(f"losses.serialize: {type(loss).__name__} is not one of this library's losses")
    return {"class_name": type(loss).__name__, "config": loss.get_config()}


def _find(name: str) -> type[Loss]:
    kinds = {**_CLASSES, **{kind.__name__: kind for kind in _CLASSES.values()}, "MaskedLoss": MaskedLoss}
    kinds.update({alias: _CLASSES[known] for alias, known in _ALIASES.items()})
    kinds.update({alias.upper(): _CLASSES[known] for alias, known in _ALIASES.items()})
    if name not in kinds:
        raise ArgumentError(f"losses.get: unknown loss {name!r}; known: {', '.join(_CLASSES)}")
    return kinds[name]


register(MaskedLoss)
for _name, _kind in _CLASSES.items():  # a saved model may name each of them, and each function
    register(_kind)
    register(globals()[_name], _name)
