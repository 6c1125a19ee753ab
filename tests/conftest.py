"""Shared fixtures; the tests import their tables as `cases`."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests marked slow as well (long runs)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--slow") or "slow" in config.getoption("markexpr"):
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    if slow:
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def with_threads():
    """`with_threads(compute)`: what compute() gives with 1, 2, 4 and 8 threads (or other counts)."""
    import afina

    def run(compute, counts=(1, 2, 4, 8)):
        found = []
        for threads in counts:
            afina.set_thread_count(threads)
            found.append(compute())
        return found

    before = afina.thread_count()
    yield run
    afina.set_thread_count(before)
