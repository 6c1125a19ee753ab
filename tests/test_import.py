"""Importing the package is quick and quiet (R23)."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import afina

ROOT = Path(__file__).parent.parent
PACKAGE = Path(afina.__file__).parent

PROBE = """
import os, sys
import numpy  # its BLAS starts threads of its own
environment = dict(os.environ)
before = len(os.listdir("/proc/self/task"))
import afina
assert len(os.listdir("/proc/self/task")) == before, "import started a thread"
assert dict(os.environ) == environment, "import changed the environment"
heavy = {"matplotlib", "scipy", "sklearn", "PIL", "torch", "tensorflow", "h5py", "tensorboard"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""


def test_import_is_silent_and_starts_nothing():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROBE], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert done.stderr == ""


def imports_that_run(node: ast.AST) -> Iterator[str]:
    """The packages named by the import statements below `node`, those for the type checker left out."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        if isinstance(child, ast.Import):
            yield from (name.name.split(".")[0] for name in child.names)
        elif isinstance(child, ast.ImportFrom) and child.level == 0 and child.module:
            yield child.module.split(".")[0]
        yield from imports_that_run(child)


def test_nothing_is_imported_that_installing_does_not_bring():
    """A fresh environment has only the dependencies of pyproject.toml; extras go through import_optional."""
    (listed,) = re.findall(r"^dependencies = \[(.*)\]$", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    brought = set(re.findall(r'"([a-z_]+)', listed)) | set(sys.stdlib_module_names) | {"afina", "__future__"}
    assert "numpy" in brought
    for source in PACKAGE.rglob("*.py"):
        missing = set(imports_that_run(ast.parse(source.read_text()))) - brought
        assert not missing, f"{source.relative_to(PACKAGE)} imports {missing}"
