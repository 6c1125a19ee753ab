"""`afina train` from end to end, on the digits that come with the package."""

import csv
import re
import subprocess
import sys

import numpy as np
import pytest

from afina import cli, models
from afina.checkpoint import checkpoints
from afina.commands.train import load


def accuracy_of(text):
    found = re.search(r"^test accuracy: ([0-9.]+) \((\d+) of (\d+)\)$", text, re.MULTILINE)
    assert found, text
    assert abs(float(found[1]) - int(found[2]) / int(found[3])) < 1e-4
    return float(found[1])


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The output folder of two epochs, and what was printed."""
    out = tmp_path_factory.mktemp("run") / "out"
    command = [sys.executable, "-m", "afina", "train", "--epochs", "2", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return out, done.stdout


def test_a_run_leaves_model_log_picture_and_checkpoints(finished):
    out, text = finished
    pytest.importorskip("matplotlib")
    names = {path.name for path in out.iterdir()}
    assert names == {
        *("model.afina", "log.csv", "curves.png", "checkpoints"),
        *("health.jsonl", "run.json", "examples.npz", "report.html"),
    }
    assert (out / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert len(checkpoints(out / "checkpoints")) == 2
    with (out / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1"]
    assert {"loss", "accuracy", "val_loss", "val_accuracy"} <= set(rows[0])
    assert "digits: 1294 images to train, 144 to validate, 359 to test" in text


def test_the_printed_accuracy_is_that_of_the_saved_model(finished):
    out, text = finished
    (_, _, (x_test, y_test)), _ = load("digits", None, download=False, seed=0)
    predicted = models.load_model(out / "model.afina").predict(x_test, verbose=0).argmax(axis=-1)
    assert abs(float(np.mean(predicted == y_test)) - accuracy_of(text)) < 1e-4
    assert accuracy_of(text) > 0.8


def test_a_run_continued_equals_a_run_that_never_stopped(finished, tmp_path, capsys):
    out, _ = finished
    arguments = ["train", "--quiet", "--out", str(tmp_path / "out")]
    assert cli.main([*arguments, "--epochs", "1"]) == 0
    assert cli.main([*arguments, "--epochs", "1"]) == 1
    assert "--resume continues it" in capsys.readouterr().err
    assert cli.main([*arguments, "--epochs", "2", "--resume"]) == 0
    straight = models.load_model(out / "model.afina").get_weights()
    continued = models.load_model(tmp_path / "out" / "model.afina").get_weights()
    for one, other in zip(straight, continued, strict=True):
        np.testing.assert_array_equal(one, other)
    assert (tmp_path / "out" / "log.csv").read_text() == (out / "log.csv").read_text()


@pytest.mark.slow
def test_the_default_run_reaches_98_percent(tmp_path, capsys):
    assert cli.main(["train", "--quiet", "--out", str(tmp_path / "out")]) == 0
    assert accuracy_of(capsys.readouterr().out) >= 0.98
