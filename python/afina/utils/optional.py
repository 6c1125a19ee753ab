"""Packages that Afina can use but does not need, imported when they are used."""

from __future__ import annotations

import importlib
from types import ModuleType

# The extra that brings a package; the keys are also the closed list of what may be asked for.
EXTRA_OF = {
    "imblearn": "tabular",
    "matplotlib": "plots",
    "onnx": "onnx",
    "optuna": "search",
    "PIL": "data",
    "scipy": "data",
    "sklearn": "data",
    "snowballstemmer": "text",
    "tensorboard": "tensorboard",
    "torch": "torch",
}


class MissingExtraError(ImportError):
    """A package of an extra is needed and not installed; the text names the command that installs it."""


def import_optional(module: str, purpose: str) -> ModuleType:
    """Import `module` (dotted, its first part one of `EXTRA_OF`) or say which extra brings it.

    `purpose` completes the sentence "... needs matplotlib", for example "drawing the curves".
    Raises `MissingExtraError` (an `ImportError`) when the package is not installed.

    >>> import_optional("matplotlib", "drawing the curves").__name__
    'matplotlib'
    """
    package = module.split(".", maxsplit=1)[0]
    extra = EXTRA_OF[package]
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != package:
            raise  # the package is there, and something it needs is not: its own text says it best
        message = f"{purpose} needs {package}, which is not installed: pip install 'afina[{extra}]'"
        raise MissingExtraError(message, name=package) from error


def installed_extras() -> dict[str, str | None]:
    """The optional packages and their versions, None where one is not installed. Nothing is imported.

    >>> sorted(installed_extras())[:4]
    ['PIL', 'imblearn', 'matplotlib', 'onnx']
    """
    from importlib import metadata

    distribution_of = {"PIL": "pillow", "imblearn": "imbalanced-learn", "sklearn": "scikit-learn"}
    versions: dict[str, str | None] = {}
    for package in EXTRA_OF:
        try:
            versions[package] = metadata.version(distribution_of.get(package, package))
        except metadata.PackageNotFoundError:
            versions[package] = None
    return versions
