"""What the README says is true."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_the_example_of_twenty_lines_runs_and_the_loaded_model_gives_the_same_numbers(tmp_path):
    (example,) = blocks("python")
    assert len([line for line in example.splitlines() if line]) <= 22
    done = subprocess.run(
        [sys.executable, "-c", example],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    results = re.findall(r": \[([0-9.e-]+), ([0-9.]+)\]", done.stdout)
    assert len(results) == 2
    assert results[0] == results[1]
    assert float(results[0][1]) > 0.95


def test_there_are_two_commands_to_try_it():
    commands = blocks("sh")
    assert len(commands) == 2
    assert "afina train digits" in commands[0]
    assert "pytest" in commands[1]


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)\)", TEXT))))
def test_a_link_leads_to_a_file(link):
    assert (ROOT / link).is_file()
