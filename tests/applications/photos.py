"""What is on this machine of published weights and photos; the tests that need them skip without."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest


def photo(name):
    """A photo of scikit-image, which is found without importing it."""
    spec = importlib.util.find_spec("skimage")
    if spec is None:
        pytest.skip("needs scikit-image")
    pillow = pytest.importorskip("PIL.Image")
    path = Path(spec.submodule_search_locations[0]) / "data" / name
    return np.asarray(pillow.open(path).convert("RGB"))


def weights_of(package):
    """The package with a network's weights, or a skip."""
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"needs {package.replace('_', '-')}")
