"""Trials fail, die, are resumed, run in parallel, and are ranked under constraints."""

import json
import os
import random
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import afina
from afina import callbacks, layers, search
from afina.errors import ArgumentError, DTypeError, FileFormatError, ShapeError
from afina.search import Choice, Linear, Log

LINE = {"x": Linear(0.0, 1.0)}


def noisy(trial):
    """Depends on the parameters and on every generator that the trial's seed sets."""
    return {"score": trial["x"] + random.random() + afina.ops.random_uniform((1,)).item()}


def results(found):
    return [(o.parameters, o.metrics, o.seed, o.status) for o in found.outcomes]


def build(trial):
    model = afina.Sequential([layers.Dense(8, "relu", input_shape=(4,)), layers.Dense(3, "softmax")])
    optimizer = afina.optimizers.SGD(trial["learning_rate"], momentum=0.9)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.fixture(scope="module")
def blobs():
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(3, 4)) * 3
    y = rng.integers(0, 3, 150)
    return (centres[y] + rng.normal(size=(150, 4))).astype("float32"), y


def test_parallel_trials_give_what_serial_ones_give(blobs):  # H6
    for objective, space in (
        (noisy, LINE),
        (search.Training(build, *blobs, validation_split=0.3, epochs=2), {"learning_rate": Log(1e-3, 1.0)}),
    ):
        metric = "score" if objective is noisy else "val_accuracy"
        serial, parallel = (
            search.run(objective, space, search.Random(6), metric=metric, workers=workers)
            for workers in (None, 2)
        )
        assert results(serial) == results(parallel)
        assert serial.best.number == parallel.best.number


@pytest.mark.parametrize("method", ["forkserver", "spawn"])
def test_processes_may_be_started_in_any_way(method):  # H6
    serial = search.run(noisy, LINE, search.Random(2))
    other = search.run(noisy, LINE, search.Random(2), workers=2, start_method=method)
    assert results(serial) == results(other)
    with pytest.raises(DTypeError, match="cannot be sent to a process"):
        search.run(lambda trial: 1.0, LINE, search.Random(1), workers=1, start_method=method)


def test_the_metric_may_come_from_validation_or_from_cross_validation(blobs):  # H7
    x, y = blobs
    space = {"learning_rate": Choice([1e-5, 0.05])}
    held = search.Training(build, x[:100], y[:100], validation_data=(x[100:], y[100:]), epochs=5)
    crossed = search.Training(build, x, y, folds=3, epochs=5)
    for objective in (held, crossed):
        found = search.run(objective, space, search.Grid(), metric="val_accuracy")
        assert found.best["learning_rate"] == 0.05
        assert found.best.metrics["val_accuracy"] > 0.8
    assert found.best.metrics["val_accuracy_std"] >= 0.0


def test_the_cross_validation_score_is_the_mean_over_disjoint_folds(blobs):
    x, y = blobs
    objective = search.Training(build, x, y, folds=4, epochs=1)
    held = np.concatenate([part[1][0] for part in objective.parts])
    assert sorted(map(tuple, held)) == sorted(map(tuple, x))
    for rows, (inside, _) in objective.parts:
        assert not {tuple(row) for row in x[rows]} & {tuple(row) for row in inside}


@pytest.mark.parametrize("task", ["binary", "regression", "deep"])
def test_search_adapts_to_other_tasks_metrics_and_architectures(task):  # H8
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 5)).astype("float32")
    target = x @ np.array([1.0, -2.0, 0.5, 0.0, 3.0], "float32")

    def make(trial):
        model = afina.Sequential([layers.Input(shape=(5,))])
        for units in trial["topology"]:
            model.add(layers.Dense(units, activation=trial["activation"]))
        binary = task == "binary"
        model.add(layers.Dense(1, activation="sigmoid" if binary else None))
        loss, metrics = ("binary_crossentropy", ["AUC"]) if binary else ("mse", ["mae"])
        model.compile(afina.optimizers.Adam(0.02), loss, metrics=metrics)
        return model

    y = (target > 0).astype("float32")[:, None] if task == "binary" else target[:, None]
    topologies = [[16, 8], [8, 8, 8]] if task == "deep" else [[], [16]]
    space = {"topology": topologies, "activation": ["relu", "tanh"], "patience": [1, 3]}
    metric = {"binary": "val_AUC", "regression": "val_mae", "deep": "val_loss"}[task]
    objective = search.Training(
        make, x, y, validation_split=0.25, epochs=8,
        fit=lambda trial: {
            "callbacks": [callbacks.EarlyStopping(patience=trial["patience"])], "batch_size": 16
        },
    )  # fmt: skip
    found = search.run(objective, space, search.Random(4), metric=metric)
    assert not found.failed
    values = [outcome.metrics[metric] for outcome in found.outcomes]
    assert found.best.metrics[metric] == (max(values) if task == "binary" else min(values))


def test_a_trial_that_raises_is_recorded_and_the_search_goes_on(tmp_path):
    def objective(trial):
        if trial["x"] < 0.5:
            raise ValueError("too small")
        return trial["x"]

    found = search.run(objective, LINE, search.Grid(5), folder=tmp_path)
    assert [outcome.status for outcome in found.outcomes] == ["failed", "failed", "done", "done", "done"]
    assert "ValueError: too small (objective, line" in found.failed[0].error
    assert found.best["x"] == 0.5
    rows = [json.loads(line) for line in (tmp_path / "trials.jsonl").read_text().splitlines()]
    assert [row["status"] for row in rows if row.get("event") == "ended"].count("failed") == 2


def test_a_trial_whose_process_dies_is_recorded_and_the_search_goes_on():
    def objective(trial):
        if trial["x"] == 0.25:
            os.kill(os.getpid(), signal.SIGKILL)
        if trial["x"] == 0.75:
            os._exit(5)
        return trial["x"]

    found = search.run(objective, LINE, search.Grid(5), workers=2)
    assert [outcome.status for outcome in found.outcomes] == ["done", "failed", "done", "failed", "done"]
    assert "signal SIGKILL" in found.failed[0].error
    assert "exit status 5" in found.failed[1].error


def test_a_result_that_is_no_number_fails_its_trial():
    for value, says in (
        ("good", "must return numbers"),
        ({"loss": 1.0}, "optimizes 'score'"),
        (None, "NoneType|None"),
    ):
        found = search.run(lambda trial, v=value: v, LINE, search.Grid(2))
        assert found.best is None
        assert len(found.failed) == 2
        assert re.search(says, found.failed[0].error)


def test_nan_is_never_the_best():
    found = search.run(lambda trial: float("nan") if trial["x"] < 0.9 else 7.0, LINE, search.Grid(3))
    assert found.best.metrics["score"] == 7.0


def test_satisficing_constraints_are_met_and_the_optimized_metric_is_best_among_them():  # B4
    def objective(trial):
        return {"accuracy": trial["x"], "milliseconds": 100 * trial["x"]}

    found = search.run(
        objective, LINE, search.Grid(11), metric="accuracy", constraints=["milliseconds <= 62"]
    )
    assert found.best["x"] == pytest.approx(0.6)
    none = search.run(objective, LINE, search.Grid(3), metric="accuracy", constraints=["milliseconds < 0"])
    assert none.best is None


def test_the_selector_takes_the_most_accurate_model_under_the_limit():  # B4
    models = {
        "a": {"accuracy": 0.90, "milliseconds": 80}, "b": {"accuracy": 0.92, "milliseconds": 95},
        "c": {"accuracy": 0.95, "milliseconds": 1500},
    }  # fmt: skip
    assert search.select(models, "accuracy", constraints=["milliseconds < 100"]) == "b"
    assert search.select(models, "accuracy", constraints=["milliseconds < 10"]) is None
    assert search.select(list(models.values()), "milliseconds") == 0
    assert search.select([], "accuracy") is None


def test_a_finished_search_is_read_from_its_journal(tmp_path):
    calls = []

    def objective(trial):
        calls.append(trial.number)
        return noisy(trial)

    first = search.run(objective, LINE, search.CoarseToFine(5, 2), folder=tmp_path)
    again = search.run(objective, LINE, search.CoarseToFine(5, 2), folder=tmp_path)
    assert calls == list(range(10))
    assert results(first) == results(again)


SCRIPT = """
import sys, os, signal
import numpy as np
from afina import search
sys.path.insert(0, {tests!r})
from test_run import build, LINE
from afina.search import Log
rng = np.random.default_rng(0)
x = rng.normal(size=(96, 4)).astype("float32"); y = rng.integers(0, 3, 96)
class Killer(__import__("afina").callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if len(sys.argv) > 2 and epoch == 1 and not os.path.exists(sys.argv[2]):
            open(sys.argv[2], "w").close()
            os.kill(os.getpid(), signal.SIGKILL)
objective = search.Training(build, x, y, folds=2, epochs=3, fit=lambda trial: {{"callbacks": [Killer()]}})
found = search.run(objective, {{"learning_rate": Log(1e-3, 0.1)}}, search.Random(3), metric="val_loss",
                   folder=sys.argv[1])
print([(o.parameters, o.metrics) for o in found.outcomes])
"""


def test_a_killed_search_continues_inside_its_trial_bit_for_bit(tmp_path):
    script = SCRIPT.format(tests=str(Path(__file__).parent))

    def call(*arguments):
        return subprocess.run(
            [sys.executable, "-c", script, *map(str, arguments)], capture_output=True, text=True, check=False
        )

    straight = call(tmp_path / "a")
    assert straight.returncode == 0, straight.stderr
    killed = call(tmp_path / "b", tmp_path / "mark")
    assert killed.returncode == -signal.SIGKILL
    folder = tmp_path / "b" / "configuration-0000" / "training-0"
    assert list(folder.glob("state-*.afina"))
    resumed = call(tmp_path / "b", tmp_path / "mark")
    assert resumed.stdout == straight.stdout


def test_a_trial_that_kills_its_process_again_and_again_is_given_up(tmp_path):
    search.run(lambda trial: 1.0, LINE, search.Grid(2), folder=tmp_path)
    path = tmp_path / "trials.jsonl"
    header = path.read_text().splitlines()[0]
    began = json.dumps({"event": "began", "number": 0, "parameters": {"x": 0.0}})
    path.write_text("\n".join([header, began, began, began, '{"event": "beg']))
    found = search.run(lambda trial: 1.0, LINE, search.Grid(2), folder=tmp_path)
    assert "begun 3 times" in found.failed[0].error
    assert found.best.number == 1


def test_a_journal_of_another_search_or_a_damaged_one_is_refused(tmp_path):
    search.run(lambda trial: 1.0, LINE, search.Grid(2), folder=tmp_path)
    with pytest.raises(ArgumentError, match="belongs to another search: its seed is 0"):
        search.run(lambda trial: 1.0, LINE, search.Grid(2), folder=tmp_path, seed=1)
    with pytest.raises(ArgumentError, match="its engine is"):
        search.run(lambda trial: 1.0, LINE, search.Grid(3), folder=tmp_path)
    path = tmp_path / "trials.jsonl"
    path.write_text(path.read_text().replace('"status"', "status", 1))
    with pytest.raises(FileFormatError, match="line 3 is no JSON"):
        search.run(lambda trial: 1.0, LINE, search.Grid(2), folder=tmp_path)


def test_what_mattered_is_told_from_what_did_not(tmp_path):
    rng = np.random.default_rng(0)
    space = {"noise": Linear(0.0, 1.0), "rate": Log(1e-4, 1.0), "kind": Choice(["a", "b"])}
    found = search.run(
        lambda trial: {"accuracy": 1 / (1 + np.log10(trial["rate"] / 0.01) ** 2) + 0.01 * rng.normal()},
        space, search.Random(40), metric="accuracy",
    )  # fmt: skip
    shares = found.importance()
    assert next(iter(shares)) == "rate"
    assert shares["rate"] > 0.6
    assert shares["noise"] < 0.2
    assert shares["kind"] < 0.2
    table = found.table(rows=3).splitlines()
    assert table[0].split() == ["trial", "noise", "rate", "kind", "accuracy"]
    assert table[1].split()[0] == str(found.best.number)
    assert table[-1] == "... and 37 more"
    pytest.importorskip("matplotlib")
    figure = found.plot(tmp_path / "search.png")
    assert (tmp_path / "search.png").read_bytes().startswith(b"\x89PNG")
    assert figure.axes[0].get_title() == f"rate: explains {shares['rate']:.0%}"
    assert figure.axes[0].get_xscale() == "log"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: search.run(3, LINE), "objective must be a function"),
        (lambda: search.run(noisy, {}), "space must be a dict"),
        (lambda: search.run(noisy, {"x": 3}), r"space\['x'\] must be Linear"),
        (lambda: search.run(noisy, {3: [1]}), "must have names"),
        (lambda: search.run(noisy, LINE, "random"), "engine must be an Engine"),
        (lambda: search.run(noisy, LINE, workers=0), "workers must be None or"),
        (lambda: search.run(noisy, LINE, start_method="thread"), "start_method must be one of"),
        (lambda: search.run(noisy, LINE, mode="up"), "mode must be one of"),
        (lambda: search.run(noisy, LINE, constraints="time < 3"), "constraints must be a list"),
        (lambda: search.run(noisy, LINE, constraints=["time = 3"]), "text must be like"),
        (lambda: search.run(noisy, LINE, seed=-1), "seed must be a whole number"),
        (lambda: search.Training(build, [[1.0]], [1.0]), "give one of validation_data"),
        (lambda: search.Training(build, [[1.0]], [1.0, 2.0], folds=2), "same number of rows"),
        (lambda: search.Training(build, [[1.0]], [1.0], folds=2), "folds"),
        (lambda: search.Training(build, [[1.0]], [1.0], validation_split=0.1), "leaves nothing"),
        (lambda: search.Training(build, [[1.0]], [1.0], validation_data=3), "validation_data must be"),
        (lambda: search.Training(3, [[1.0]], [1.0], folds=2), "build must be a function"),
        (lambda: search.select({"a": 3}, "x"), "must be a dict"),
        (lambda: search.select("ab", "x"), "candidates must be"),
        (lambda: search.select({"a": {"y": 1.0}}, "x"), "optimizes 'x'"),
    ],
)
def test_wrong_arguments_are_refused(call, says):
    with pytest.raises((ArgumentError, DTypeError, ShapeError), match=says):
        call()
