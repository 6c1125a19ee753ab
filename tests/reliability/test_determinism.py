"""The same bits in every run, for every number of threads, in every process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from op_calls import all_calls, digest, results
from whole_model import every_layer, trained

import afina
from afina import layers

HERE = Path(__file__).parent
THREADS = (1, 2, 4, 8)
RUNS = 20


@pytest.fixture(autouse=True)
def _threads_as_before():
    before = afina.thread_count()
    yield
    afina.set_thread_count(before)


@pytest.mark.parametrize(("case", "call"), [pytest.param(c, k, id=i) for i, c, k in all_calls()])
def test_an_op_gives_the_same_bits_in_every_run_and_for_every_number_of_threads(case, call):
    first = results(case, call)
    runs = RUNS if sum(map(len, first)) < 1 << 16 else 5
    for _ in range(runs - len(THREADS)):
        assert results(case, call) == first
    for threads in THREADS:
        afina.set_thread_count(threads)
        assert results(case, call) == first, f"{threads} threads"


def test_a_training_gives_the_same_bits_in_every_run_and_for_every_number_of_threads():
    wanted = trained()
    for _ in range(3):
        assert trained() == wanted
    for threads in THREADS:
        afina.set_thread_count(threads)
        assert trained() == wanted, f"{threads} threads"


@pytest.mark.slow
def test_twenty_trainings_for_each_number_of_threads_give_the_same_bits():
    found = set()
    for threads in THREADS:
        afina.set_thread_count(threads)
        found |= {trained() for _ in range(RUNS)}
    assert len(found) == 1


def test_a_training_gives_the_same_bits_in_another_process():
    wanted = trained()
    for threads in ("1", "2", "8"):
        environment = {**os.environ, "AFINA_NUM_THREADS": threads, "PYTHONHASHSEED": threads}
        again = subprocess.run(
            [sys.executable, str(HERE / "whole_model.py")],
            env={**environment, "PYTHONPATH": os.pathsep.join([str(HERE.parent), *sys.path])},
            capture_output=True, text=True, check=True, timeout=120,
        )  # fmt: skip
        assert again.stdout.strip() == wanted, f"{threads} threads"


def test_the_model_of_these_tests_has_every_layer():
    used = {type(layer) for layer in every_layer().flatten_layers()}
    all_of_them = {
        kind
        for kind in vars(layers).values()
        if isinstance(kind, type) and issubclass(kind, layers.Layer) and kind.__module__.startswith("afina.")
    }
    assert all_of_them - used <= {layers.Layer}
    assert len({digest([i.encode()]) for i, _, _ in all_calls()}) == len(all_calls())
