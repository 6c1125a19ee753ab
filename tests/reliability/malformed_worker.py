"""Runs malformed calls number FIRST, FIRST + STEP, ... of the table and says of each what came of it.

Started by test_malformed.py in a process of its own, under a limit of memory and, for each call, of time: a
crash ends only this process, and the last number announced is to blame.
"""

from __future__ import annotations

import faulthandler
import json
import os
import resource
import signal
import sys
import tempfile
import warnings
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
SECONDS = 10  # for one call
BYTES = 6 << 30  # of address space for all of it


def main(first: int, step: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    faulthandler.enable()
    os.chdir(tempfile.mkdtemp(prefix="afina-malformed-"))
    from malformed import all_cases
    from malformed_case import run

    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a callback prints is no answer
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = all_cases()
        for number in range(first, len(cases), step):
            out.write(json.dumps({"start": number}) + "\n")
            out.flush()
            signal.alarm(SECONDS)
            problem = run(cases[number])
            signal.alarm(0)
            out.write(json.dumps({"done": number, "problem": problem}) + "\n")
    out.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
