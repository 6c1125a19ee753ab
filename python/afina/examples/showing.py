"""What the examples share: the command line, the digits, a figure without a display."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..datasets import digits
from ..utils.formatting import format_duration
from ..utils.optional import import_optional

Run = Callable[..., dict[str, Any]]


def main(run: Run, name: str, options: Sequence[tuple[str, type, str]] = ()) -> None:
    """`python -m afina.examples.NAME [--quick] [--out FILE]`: run, print the numbers, save the picture.

    `options`: further ones as (name, type, help), handed to `run` by their names.
    """
    parser = argparse.ArgumentParser(prog=f"python -m afina.examples.{name}", description=run.__doc__)
    parser.add_argument("--quick", action="store_true", help="a shortened run")
    parser.add_argument("--out", type=Path, default=Path(f"{name}.png"), help=f"the picture ({name}.png)")
    for option, kind, text in options:
        parser.add_argument(f"--{option}", type=kind, help=text)
    arguments = parser.parse_args()
    further = {option: getattr(arguments, option) for option, _, _ in options}
    started = time.perf_counter()
    for key, value in run(quick=arguments.quick, picture=arguments.out, **further).items():
        text = f"{value:.4g}" if isinstance(value, float) else str(value)
        sys.stdout.write(f"{key.replace('_', ' ')}: {text}\n")
    seconds = format_duration(time.perf_counter() - started)
    sys.stdout.write(f"wrote {arguments.out} in {seconds}\n")


def figure(columns: int, rows: int = 1, size: tuple[float, float] = (3.6, 3.0)) -> tuple[Any, Any]:
    """A matplotlib figure and its axes, rows x columns."""
    module = import_optional("matplotlib.figure", "drawing the example")
    made = module.Figure(figsize=(size[0] * columns, size[1] * rows), layout="constrained")
    return made, made.subplots(rows, columns, squeeze=False)


def load_digits(scale: int = 1) -> tuple[Any, Any, Any, Any]:
    """x_train, y_train, x_test, y_test of the digits in [0, 1], each pixel `scale` times as wide and high.

    >>> [part.shape for part in load_digits(2)]
    [(1438, 16, 16), (1438,), (359, 16, 16), (359,)]
    """
    (x, y), (x_test, y_test) = digits.load_data()
    block = np.ones((scale, scale), "float32")
    wide = [np.kron(part.astype("float32") / digits.MAXIMUM, block) for part in (x, x_test)]
    return wide[0], y.astype(np.int64), wide[1], y_test.astype(np.int64)
