"""The examples in the docstrings run."""

import doctest
import importlib
import pkgutil

import pytest

import afina

MODULES = sorted(
    info.name
    for info in pkgutil.walk_packages(afina.__path__, "afina.")
    if not info.name.endswith(("._C", "__main__"))
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_run(name):
    module = importlib.import_module(name)
    options = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    assert doctest.testmod(module, optionflags=options).failed == 0
