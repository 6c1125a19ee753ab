"""Committees: several networks whose outputs are averaged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..data.order import check_seed
from ..errors import ArgumentError, NotBuiltError, ShapeError
from ..refusal import shown
from ..training.options import check_counts
from ..utils.seed import set_random_seed
from .combining import Array, Combine, check_combine, combined, one_output


class Ensemble:
    """A committee of trained models; 3 to 15 are usual (deck D2), against overfitting (deck D4).

    combine: "mean" of the outputs, "median", "vote", or a function of the array (members, n, ...). Raises
    `ShapeError` when the members' outputs have different shapes.

    >>> from afina import Sequential, layers
    >>> members = [Sequential([layers.Dense(2, "softmax", input_shape=(3,))]) for _ in range(3)]
    >>> Ensemble(members).predict(np.ones((4, 3), "float32")).shape
    (4, 2)
    """

    def __init__(self, members: Sequence[Any], combine: Combine = "mean") -> None:
        if not isinstance(members, (list, tuple)) or len(members) < 2:
            raise ArgumentError(
                f"Ensemble: members must be a list of two models or more, got {shown(members)}"
            )
        for member in members:
            if not hasattr(member, "predict"):
                raise ArgumentError(f"Ensemble: members must be models, got {shown(member)}")
        check_combine("Ensemble", combine)
        self.members = list(members)
        self.combine = combine
        self._check([shape for shape in map(_output_shape, self.members) if shape is not None])

    def __len__(self) -> int:
        return len(self.members)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.members)

    def member_predictions(self, x: Any, batch_size: int | None = None) -> Array:
        """The outputs of each member: (members, n, ...)."""
        found = [
            one_output("Ensemble", member.predict(x, batch_size=batch_size, verbose=0))
            for member in self.members
        ]
        self._check([array.shape for array in found])
        return np.stack(found)

    def predict(self, x: Any, batch_size: int | None = None) -> Array:
        """The members' outputs, combined."""
        return combined(self.member_predictions(x, batch_size), self.combine)

    def as_model(self) -> Any:
        """The mean of the members as one model, to save or to evaluate; the members' layers are its own.

        Needs combine="mean" and members with one symbolic input (a Sequential with an input_shape, say).
        """
        from ..layers import Average, Input
        from ..models import Model

        if self.combine != "mean":
            raise ArgumentError(f'Ensemble: as_model needs combine="mean", got {self.combine!r}')
        names = [member.name for member in self.members]
        if len(set(names)) != len(names):
            raise ArgumentError(f"Ensemble: as_model needs members with different names, got {names}")
        inputs = self.members[0].inputs
        if len(inputs) != 1:
            raise ArgumentError(f"Ensemble: as_model needs members with one input, got {len(inputs)}")
        x = Input(batch_shape=inputs[0].shape, dtype=inputs[0].dtype)
        return Model(x, Average()([member(x) for member in self.members]))

    def _check(self, shapes: Sequence[tuple[Any, ...]]) -> None:
        if len(set(shapes)) > 1:
            raise ShapeError(
                f"Ensemble: members must have outputs of one shape, got {sorted(set(shapes), key=str)}"
            )

    def __repr__(self) -> str:
        return f"<Ensemble of {len(self.members)}, combine={self.combine!r}>"


def train_ensemble(
    build: Callable[[], Any],
    x: Any,
    y: Any,
    count: int = 5,
    *,
    seed: int = 0,
    combine: Combine = "mean",
    **fit: Any,
) -> Ensemble:
    """`count` models of `build()`, a compiled model each, trained with different seeds: seed, seed + 1, ...

    fit: options of `model.fit` (verbose=0 by default).

    >>> from afina import Sequential, layers
    >>> def build():
    ...     model = Sequential([layers.Dense(1, input_shape=(2,))])
    ...     model.compile("sgd", "mse")
    ...     return model
    >>> len(train_ensemble(build, np.ones((8, 2)), np.ones((8, 1)), count=3))
    3
    """
    check_counts("train_ensemble", 2, optional=False, count=count)
    seed = check_seed(seed, "train_ensemble")
    if not callable(build):
        raise ArgumentError(f"train_ensemble: build must be a function, got {shown(build)}")
    members = []
    for number in range(count):
        set_random_seed(seed + number)
        model = build()
        if not hasattr(model, "fit"):
            raise ArgumentError(f"train_ensemble: build must return a compiled model, got {shown(model)}")
        model.fit(x, y, **{"verbose": 0, **fit})
        members.append(model)
    return Ensemble(members, combine)


def _output_shape(member: Any) -> tuple[Any, ...] | None:
    try:
        shape = member.output_shape
    except (AttributeError, NotBuiltError):
        return None
    return tuple(shape) if isinstance(shape, tuple) else None
