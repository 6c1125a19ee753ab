"""Importing the package is quick and quiet (R23)."""

import subprocess
import sys

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
