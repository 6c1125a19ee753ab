"""A guarded test set opens once, and every access is written down."""

import json

import numpy as np
import pytest

from afina import layers, models
from afina.data import GuardedTestSet, GuardError
from afina.errors import ArgumentError, FileFormatError

X = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


@pytest.fixture
def model():
    made = models.Sequential([layers.Input(shape=(3,)), layers.Dense(1)])
    made.compile("sgd", "mse", metrics=["mae"])
    return made


def test_a_second_evaluation_is_refused_unless_forced_and_all_three_are_logged(model):
    guarded = GuardedTestSet(X, Y)
    first = guarded.evaluate(model, "the committed model", verbose=0)
    assert first == model.evaluate(X, Y, verbose=0)
    with pytest.raises(GuardError, match="used before, for 'the committed model'"):
        guarded.evaluate(model, "one more try", verbose=0)
    assert guarded.evaluate(model, "the reviewers asked", force=True, verbose=0) == first
    assert [(a["purpose"], a["granted"], a["forced"]) for a in guarded.accesses] == [
        ("the committed model", True, False),
        ("one more try", False, False),
        ("the reviewers asked", True, True),
    ]
    assert guarded.accesses[0]["result"] == pytest.approx(first)


def test_looking_at_the_data_counts_as_using_them(model):
    guarded = GuardedTestSet(X, Y)
    x, y = guarded.open("a look")
    assert x is X
    assert y is Y
    with pytest.raises(GuardError, match="a look"):
        guarded.evaluate(model, verbose=0)


def test_the_log_makes_another_run_of_the_program_count(model, tmp_path):
    log = tmp_path / "test_set.jsonl"
    result = GuardedTestSet(X, Y, log=log).evaluate(model, "first run", verbose=0)
    again = GuardedTestSet(X, Y, log=log)
    assert again.accesses[0]["result"] == pytest.approx(result)
    with pytest.raises(GuardError, match="first run"):
        again.open("second run")
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    assert [entry.get("purpose") for entry in entries] == ["first run", None, "second run"]


def test_a_damaged_log_is_no_free_pass(tmp_path):
    log = tmp_path / "test_set.jsonl"
    log.write_text('{"number": 1}\n')
    with pytest.raises(FileFormatError, match="line 1"):
        GuardedTestSet(X, Y, log=log)


def test_wrong_arguments_are_named(model):
    with pytest.raises(ArgumentError, match="20 rows and y has 3"):
        GuardedTestSet(X, Y[:3])
    with pytest.raises(ArgumentError, match="purpose"):
        GuardedTestSet(X, Y).open("")
    with pytest.raises(ArgumentError, match="model must have evaluate"):
        GuardedTestSet(X, Y).evaluate("model")
