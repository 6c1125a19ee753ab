"""The command line: help, information, errors in one line, exit codes."""

import subprocess
import sys

import pytest

import afina
from afina import cli
from afina.commands import train
from afina.errors import ArgumentError
from afina.utils import MissingExtraError


def test_info_names_version_instruction_set_threads_cuda_and_extras(capsys):
    assert cli.main(["info"]) == 0
    lines = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert lines["afina"] == f"afina {afina.__version__}"
    assert set(lines) == {"afina", "python", "numpy", "instruction", "threads", "CUDA", "extras"}
    assert "none: " in lines["CUDA"] or "cuda:0 " in lines["CUDA"]


def test_python_m_afina_is_the_same_command(capsys):
    done = subprocess.run(
        [sys.executable, "-m", "afina", "info", "--short"], capture_output=True, text=True, check=True
    )
    cli.main(["info", "--short"])
    assert done.stdout == capsys.readouterr().out
    assert done.stderr == ""


@pytest.mark.parametrize(("arguments", "words"), [
    (["--help"], ["train", "info"]),
    (["train", "--help"], ["--resume", "checkpoints/", "examples:", "curves.png"]),
    (["info", "--help"], ["AFINA_ISA"]),
])  # fmt: skip
def test_help_says_what_can_be_done(capsys, arguments, words):
    with pytest.raises(SystemExit) as left:
        cli.main(arguments)
    assert left.value.code == 0
    text = capsys.readouterr().out
    assert all(word in text for word in words)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["fly"],
        ["train", "cats"],
        ["train", "--epochs", "0"],
        ["train", "--epochs", "many"],
        ["train", "--lr", "-1"],
        ["train", "--lr", "nan"],
        ["train", "--batch-size", "-3"],
        ["train", "--optimizer", "magic"],
    ],
)
def test_wrong_arguments_end_with_code_2_and_a_line_that_names_them(capsys, arguments):
    with pytest.raises(SystemExit) as left:
        cli.main(arguments)
    assert left.value.code == 2
    assert "error: " in capsys.readouterr().err


@pytest.fixture
def no_data(tmp_path, monkeypatch):
    monkeypatch.setenv("AFINA_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("AFINA_DATA", raising=False)
    monkeypatch.chdir(tmp_path)


def test_an_error_is_one_line_on_standard_error_and_code_1(capsys, no_data, tmp_path):
    assert cli.main(["train", "mnist", "--data", str(tmp_path / "nowhere")]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("afina: error: mnist: ")
    assert captured.err.count("\n") == 1
    assert "three ways to get it" in captured.err


def test_debug_shows_the_whole_error(no_data, tmp_path):
    with pytest.raises(FileNotFoundError):
        cli.main(["train", "mnist", "--data", str(tmp_path / "nowhere"), "--debug"])


def test_ctrl_c_ends_with_code_130(monkeypatch, capsys):
    def interrupt(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "run", interrupt)
    assert cli.main(["train"]) == 130
    assert capsys.readouterr().err == "\nafina: stopped\n"


def test_a_reader_that_went_away_is_no_traceback():
    done = subprocess.run(
        f"{sys.executable} -u -m afina info | true", shell=True, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""


def test_a_new_run_gets_a_folder_of_its_own_and_resume_finds_the_last(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert str(train.output_folder("digits", None, resume=False)) == "runs/digits"
    (tmp_path / "runs/digits/checkpoints").mkdir(parents=True)
    assert str(train.output_folder("digits", None, resume=False)) == "runs/digits-2"
    (tmp_path / "runs/digits-2/checkpoints").mkdir(parents=True)
    assert str(train.output_folder("digits", None, resume=False)) == "runs/digits-3"
    assert str(train.output_folder("digits", None, resume=True)) == "runs/digits-2"


def test_a_folder_that_holds_a_run_is_not_overwritten_and_one_that_holds_none_not_resumed(tmp_path):
    with pytest.raises(ArgumentError, match="no run to resume"):
        train.output_folder("digits", tmp_path, resume=True)
    (tmp_path / "checkpoints").mkdir()
    with pytest.raises(ArgumentError, match="--resume continues it"):
        train.output_folder("digits", tmp_path, resume=False)


def test_the_parts_of_digits_are_scaled_and_share_no_image():
    parts, classes = train.load("digits", None, download=False, seed=0)
    assert classes == 10
    assert [images.shape for images, _ in parts] == [(1294, 8, 8, 1), (144, 8, 8, 1), (359, 8, 8, 1)]
    for images, labels in parts:
        assert (str(images.dtype), str(labels.dtype)) == ("float32", "int32")
        assert images.min() == 0
        assert images.max() == 1
    rows = [{image.tobytes() for image in images} for images, _ in parts]
    assert not rows[0] & rows[1]
    assert not rows[0] & rows[2]
    assert not rows[1] & rows[2]


def test_without_matplotlib_the_reason_is_known_before_training(monkeypatch):
    def missing(module, purpose):
        raise MissingExtraError("drawing the curves needs matplotlib: pip install 'afina[plots]'")

    monkeypatch.setattr(train, "import_optional", missing)
    assert "afina[plots]" in train._plots_or_reason()
