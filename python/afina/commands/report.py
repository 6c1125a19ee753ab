"""`afina report`: a page about a run."""

from __future__ import annotations

import argparse
from pathlib import Path

NAME = "report"
SUMMARY = "make one HTML page about a run: curves, health, confusions, advice"
DESCRIPTION = """\
Make one self-contained HTML page about a training run: what to do next, curves, learning rate, confusions,
the worst examples as pictures, gradients and activations of the layers, and the configuration. The folder is
that of `afina train`, or one that the callback afina.diagnose.RunLog has filled."""
EXAMPLES = """\
examples:
  afina report runs/digits                       writes runs/digits/report.html
  afina report runs/digits --out digits.html"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `afina report`."""
    parser.add_argument("folder", type=Path, metavar="RUN", help="the folder of the run")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to write the page (RUN/report.html)")


def run(arguments: argparse.Namespace) -> None:
    """Write the page and say where."""
    from ..diagnose.report import write_report

    print(f"wrote {write_report(arguments.folder, arguments.out)}")
