"""From errors to the next knob to turn; error analysis by tags and by confusion."""

import numpy as np
import pytest

from afina import diagnose
from afina.errors import ArgumentError, IndexRangeError, ShapeError


def test_the_decks_two_problems_are_bias_and_variance():  # B1
    first = diagnose.diagnose(train=8, dev=10, human=1)
    second = diagnose.diagnose(train=8, dev=10, human=7.5)
    assert (first.problem, second.problem) == ("bias", "variance")
    assert first.gaps == {"bias": 7, "variance": 2}
    assert second.gaps == {"bias": 0.5, "variance": 2}


def test_a_train_dev_set_tells_mismatch_from_variance():  # B1
    found = diagnose.diagnose(train=1, dev=10, train_dev=1.5, human=0.5)
    assert found.problem == "data mismatch"
    assert found.gaps == {"bias": 0.5, "variance": 0.5, "data mismatch": 8.5}
    assert diagnose.diagnose(train=1, dev=10, train_dev=9, human=0.5).problem == "variance"


@pytest.mark.parametrize(
    ("errors", "words"),
    [
        ({"train": 8, "dev": 9}, ("bigger network", "momentum, RMSprop, Adam", "architecture")),
        ({"train": 1, "dev": 9}, ("more data", "L2, dropout, data augmentation", "hyperparameters")),
        ({"train": 1, "dev": 1, "test": 9, "human": 1}, ("bigger dev set",)),
        (
            {"train": 1, "dev": 1, "human": 1, "works_in_practice": False},
            ("change the dev set", "change the cost"),
        ),
    ],
)
def test_the_advice_has_the_decks_remedies(errors, words):  # B2, B3
    text = str(diagnose.diagnose(**errors))
    for word in words:
        assert word in text


def test_each_failing_goal_has_its_own_knob():  # B3
    goals = {
        "bias": "fit the training set", "variance": "dev set", "overfitted dev set": "test set",
        "wrong goal": "real world",
    }  # fmt: skip
    cases = [
        {"train": 8, "dev": 8},
        {"train": 0, "dev": 8},
        {"train": 0, "dev": 0, "test": 8},
        {"train": 0, "dev": 0, "test": 0, "works_in_practice": False},
    ]
    knobs = set()
    for errors, (problem, goal) in zip(cases, goals.items(), strict=True):
        found = diagnose.diagnose(**errors)
        assert found.problem == problem
        assert goal in found.goal
        knobs.add(found.remedies)
    assert len(knobs) == 4
    assert diagnose.diagnose(train=0.01, dev=0.012, tolerance=0.02).problem == "none"


def test_while_worse_than_humans_their_help_is_advised():  # B6
    worse = diagnose.diagnose(train=8, dev=10, human=1)
    assert worse.worse_than_humans
    for word in ("labels from humans", "by hand", "bias and variance"):
        assert word in str(worse)
    better = diagnose.diagnose(train=0.5, dev=0.9, human=1)
    assert not better.worse_than_humans
    assert "humans" not in str(better)


def test_tags_may_overlap_and_their_shares_exceed_one():  # B5
    tags = {n: [] for n in range(100)}
    for n in range(8):
        tags[n].append("dog")
    for n in range(43):
        tags[20 + n].append("big cat")
    for n in range(61):
        tags[39 + n].append("blurry")
    table = diagnose.tag_table(tags)
    assert table.shares == {"blurry": 0.61, "big cat": 0.43, "dog": 0.08}
    assert sum(table.shares.values()) > 1
    assert str(table).splitlines()[1].split() == ["blurry", "61", "61.0%"]
    one = diagnose.tag_table([["dog (pitbull)"], ["blurry"], ["big cat", "blurry", "blurry"]])
    assert one.counts == {"blurry": 2, "dog (pitbull)": 1, "big cat": 1}


def test_confusions_and_their_surest_examples():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 4, 200)
    p = rng.dirichlet(np.ones(4), 200)
    counts = diagnose.confusion_matrix(y, p)
    assert counts.sum() == 200
    for t in range(4):
        for q in range(4):
            assert counts[t, q] == np.sum((y == t) & (p.argmax(1) == q))
    np.testing.assert_array_equal(counts, diagnose.confusion_matrix(np.eye(4)[y], p.argmax(1)))
    first = diagnose.most_confused(y, p, top=3)[0]
    off = counts - np.diag(np.diag(counts))
    assert first.count == off.max() == counts[first.true, first.predicted]
    sure = p[first.examples, first.predicted]
    assert list(sure) == sorted(sure, reverse=True)
    worst = diagnose.worst_examples(y, p, count=5)
    np.testing.assert_array_equal(worst, np.argsort(p[np.arange(200), y])[:5])
    assert diagnose.confusion_matrix([0, 1, 1], [[0.2], [0.9], [0.1]]).tolist() == [[1, 0], [1, 1]]
    assert diagnose.worst_examples([0, 1], [[0.2], [0.1]], count=1) == [1]


@pytest.mark.parametrize(
    ("call", "says", "kind"),
    [
        (lambda: diagnose.diagnose(-1, 2), "train must be an error", ArgumentError),
        (lambda: diagnose.diagnose(1, float("nan")), "dev must be an error", ArgumentError),
        (lambda: diagnose.diagnose(1, 2, human=None), "human must be an error", ArgumentError),
        (lambda: diagnose.diagnose("8%", 2), "train must be an error", ArgumentError),
        (lambda: diagnose.tag_table([]), "at least one example", ArgumentError),
        (lambda: diagnose.tag_table(["dog"]), r"tags\[0\] must be a list", ArgumentError),
        (lambda: diagnose.tag_table([[3]]), "must hold strings", ArgumentError),
        (lambda: diagnose.confusion_matrix([0, 1], [0]), "2 rows", ShapeError),
        (lambda: diagnose.confusion_matrix([0, 5], [0, 1], classes=3), "0 to 2, got 5", IndexRangeError),
        (lambda: diagnose.confusion_matrix([0, -1], [0, 1]), "got -1", IndexRangeError),
        (lambda: diagnose.confusion_matrix(np.zeros((2, 2, 2)), [0, 1]), "must have shape", ShapeError),
        (lambda: diagnose.worst_examples([0, 3], [[0.1, 0.9], [0.5, 0.5]]), "0 to 1", IndexRangeError),
        (lambda: diagnose.worst_examples([0], [[0.1, 0.9], [0.5, 0.5]]), "must have shape", ShapeError),
    ],
)
def test_wrong_arguments_are_refused(call, says, kind):
    with pytest.raises(kind, match=says):
        call()
