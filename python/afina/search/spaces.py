"""The values a hyperparameter may take, and the scale on which they are equally likely.

Every scale maps its values onto the unit interval; sampling, grids and zooming happen there:

| class  | value at u in [0, 1)                       | for                                      |
|--------|--------------------------------------------|------------------------------------------|
| Linear | low + u (high - low)                       | dropout rates, layers, units in a range  |
| Log    | low (high / low)^u                         | learning rates, penalties: every decade alike |
| Beta   | 1 - 10^r, r linear in u                    | momentum: 0.9, 0.99, 0.999 equally far   |
| Choice | one of the options                         | optimizers, activations, topologies      |
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..checked import Checked
from ..errors import ArgumentError, DTypeError
from ..refusal import shown


class Space(Checked):
    """Base: a scale between the unit interval and the values of one hyperparameter."""

    logarithmic = False  # how a picture draws its axis

    def at(self, u: float) -> Any:
        """The value at `u` in [0, 1)."""
        raise NotImplementedError

    def place(self, value: Any) -> float:
        """Where in [0, 1] `value` lies; `at`'s inverse."""
        raise NotImplementedError

    def sample(self, generator: np.random.Generator) -> Any:
        """A random value, uniform on this scale."""
        return self.at(float(generator.random()))

    def grid(self, points: int) -> list[Any]:
        """`points` values, equally far apart on this scale, both ends included; whole numbers once each."""
        raise NotImplementedError

    def zoomed(self, values: Sequence[Any], shrink: float) -> Space:
        """The space `shrink` times as wide, centred on the mean place of `values`, inside this one."""
        raise NotImplementedError

    def describe(self) -> dict[str, Any]:
        """Class and arguments in JSON's types."""
        return {"class_name": type(self).__name__, **vars(self)}

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({arguments})"


class _Interval(Space):
    """A space between two numbers; subclasses say how they are bent onto a line."""

    def __init__(self, low: float, high: float, integer: bool = False) -> None:
        owner = type(self).__name__
        if not (math.isfinite(low) and math.isfinite(high)) or not (low < high or (integer and low == high)):
            raise ArgumentError(f"{owner}: low must be below high, both finite, got {low!r} and {high!r}")
        if integer and (low != int(low) or high != int(high)):
            raise ArgumentError(
                f"{owner}: low and high must be whole with integer=True, got {low!r}, {high!r}"
            )
        self.low = int(low) if integer else float(low)
        self.high = int(high) if integer else float(high)
        self.integer = bool(integer)

    def bend(self, value: float) -> float:
        """The value on the line where it is uniform."""
        return value

    def unbend(self, position: float) -> float:
        """`bend`'s inverse."""
        return position

    def _ends(self) -> tuple[float, float]:
        """The ends of the line; every whole number has the stretch half a step to both sides."""
        half = 0.5 if self.integer else 0.0
        return self.bend(self.low - half), self.bend(self.high + half)

    def at(self, u: float) -> Any:
        begin, end = self._ends()
        return self._value(begin + u * (end - begin))

    def _value(self, position: float) -> Any:
        """The value at a position of the line; its ends exactly."""
        if position <= self.bend(self.low):
            return self.low
        if position >= self.bend(self.high):
            return self.high
        return round(self.unbend(position)) if self.integer else self.unbend(position)

    def place(self, value: Any) -> float:
        begin, end = self._ends()
        return min(max((self.bend(float(value)) - begin) / (end - begin), 0.0), 1.0)

    def grid(self, points: int) -> list[Any]:
        line = np.linspace(self.bend(self.low), self.bend(self.high), points)
        return list(dict.fromkeys(self._value(float(position)) for position in line))

    def zoomed(self, values: Sequence[Any], shrink: float) -> Space:
        centre = float(np.mean([self.place(value) for value in values]))
        begin = min(max(centre - shrink / 2, 0.0), 1.0 - shrink)
        return type(self)(self.at(begin), self.at(begin + shrink), self.integer)


class Linear(_Interval):
    """Numbers from `low` to `high`, every stretch of one length equally likely; `integer`: whole numbers.

    >>> Linear(0.0, 0.5).grid(3)
    [0.0, 0.25, 0.5]
    """


class Log(_Interval):
    """Numbers from `low` > 0 to `high`, every decade equally likely; `integer`: whole numbers.

    10^r with r uniform (deck D2): a quarter of the draws from 0.0001..1 in each of its four decades, where
    uniform sampling puts 90 % into 0.1..1.

    >>> [round(value, 6) for value in Log(1e-4, 1.0).grid(5)]
    [0.0001, 0.001, 0.01, 0.1, 1.0]
    """

    logarithmic = True

    def __init__(self, low: float, high: float, integer: bool = False) -> None:
        if not low > 0:
            raise ArgumentError(f"Log: low must be above 0, got {low!r}")
        super().__init__(low, high, integer)

    def bend(self, value: float) -> float:
        return math.log(value)

    def unbend(self, position: float) -> float:
        return math.exp(position)


class Beta(_Interval):
    """1 - 10^r with r uniform: momenta from `low` to `high` < 1 (deck D2; 0.9..0.999 is r in [-3, -1]).

    >>> [round(value, 4) for value in Beta(0.9, 0.999).grid(3)]
    [0.9, 0.99, 0.999]
    """

    def __init__(self, low: float = 0.9, high: float = 0.999, integer: bool = False) -> None:
        if integer or not 0 <= low < high < 1:
            raise ArgumentError(f"Beta: needs 0 <= low < high < 1, got low={low!r}, high={high!r}")
        super().__init__(low, high)

    def bend(self, value: float) -> float:
        return -math.log10(1.0 - value)

    def unbend(self, position: float) -> float:
        return 1.0 - math.pow(10.0, -position)


class Choice(Space):
    """One of `options`, each equally likely: numbers, strings, None or lists of them (a topology, say).

    >>> Choice(["relu", "tanh"]).grid(5)
    ['relu', 'tanh']
    """

    def __init__(self, options: Sequence[Any]) -> None:
        if isinstance(options, str) or not isinstance(options, (list, tuple)) or not options:
            raise ArgumentError(
                f"Choice: options must be a list with at least one entry, got {shown(options)}"
            )
        try:  # trials are logged and read again
            self.options: list[Any] = json.loads(json.dumps(list(options), allow_nan=False))
        except (TypeError, ValueError) as error:
            raise DTypeError(
                f"Choice: options must be numbers, strings, None or lists, got {options!r}"
            ) from error
        words = [json.dumps(option) for option in self.options]
        if len(set(words)) != len(words):
            raise ArgumentError(f"Choice: options must differ, got {options!r}")

    def at(self, u: float) -> Any:
        return self.options[min(int(u * len(self.options)), len(self.options) - 1)]

    def place(self, value: Any) -> float:
        index = int(self.options.index(value))
        return (index + 0.5) / len(self.options)

    def grid(self, points: int) -> list[Any]:
        return list(self.options)

    def zoomed(self, values: Sequence[Any], shrink: float) -> Space:
        return Choice([option for option in self.options if option in values])


SearchSpace = Mapping[str, Space]

# What to search first (deck D2): the numbers of its list; Adam's betas and epsilon are not tuned.
PRIORITIES: tuple[tuple[str, ...], ...] = (
    ("learning_rate",),
    ("momentum", "batch_size", "hidden_units"),
    ("layers", "decay"),
)


def default_space(optimizer: str = "sgd") -> dict[str, Space]:
    """The usual space, in the order of what matters: 1 learning rate; 2 momentum, batch size, hidden units;
    3 layers, decay of the learning rate.

    `optimizer`: "sgd" searches the momentum around 0.9; "adam" does not (its betas stay at 0.9 and 0.999).

    >>> list(default_space("adam"))
    ['learning_rate', 'batch_size', 'hidden_units', 'layers', 'decay']
    """
    if optimizer not in ("sgd", "adam"):
        raise ArgumentError(f'default_space: optimizer must be "sgd" or "adam", got {shown(optimizer)}')
    spaces: dict[str, Space] = {
        "learning_rate": Log(1e-4, 1.0) if optimizer == "sgd" else Log(1e-5, 1e-1),
        "momentum": Beta(0.9, 0.999),
        "batch_size": Choice([32, 64, 128, 256]),
        "hidden_units": Log(16, 512, integer=True),
        "layers": Linear(1, 4, integer=True),
        "decay": Log(1e-5, 1e-2),
    }
    if optimizer == "adam":
        del spaces["momentum"]
    return {name: spaces[name] for group in PRIORITIES for name in group if name in spaces}


def check_space(owner: str, space: Any) -> dict[str, Space]:
    """`space` as a dict of names and spaces, or a typed refusal; a plain list counts as a `Choice`."""
    if not isinstance(space, Mapping) or not space:
        raise ArgumentError(f"{owner}: space must be a dict of name: Space, got {shown(space)}")
    checked: dict[str, Space] = {}
    for name, one in space.items():
        if not isinstance(name, str) or not name:
            raise ArgumentError(f"{owner}: space must have names as keys, got {shown(name)}")
        checked[name] = Choice(one) if isinstance(one, (list, tuple)) else one
        if not isinstance(checked[name], Space):
            raise ArgumentError(
                f"{owner}: space[{name!r}] must be Linear, Log, Beta, Choice or a list, got {shown(one)}"
            )
    return checked
