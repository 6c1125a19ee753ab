"""A library in a process of its own: its threads, allocator and settings disturb nobody else's figures."""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from .case import Array, Case, Timing
from .clock import calls_per_sample, measure_block
from .samples import Block

# glibc gives freed memory back to the system, and fresh pages are slow to touch: `+tuned` makes it keep them
TUNED = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(1 << 34),
    "MALLOC_TOP_PAD_": str(1 << 28),
    "THP_MEM_ALLOC_ENABLE": "1",
}
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class WorkerError(RuntimeError):
    """What went wrong inside a worker, or that it died."""


class Worker:
    """The parent's end. `peer` is a library with options, such as "torch+cl+fused+tuned"."""

    def __init__(self, peer: str, threads: int) -> None:
        self.peer, self.threads = peer, threads
        self._connection, theirs = Pipe()
        environment = dict(os.environ, **dict.fromkeys(THREAD_VARIABLES, str(threads)))
        environment["TF_CPP_MIN_LOG_LEVEL"] = "3"
        library, *options = peer.split("+")
        if library.startswith("keras-"):
            environment["KERAS_BACKEND"] = library.split("-")[1]
        if "tuned" in options:
            environment.update(TUNED)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bench.worker", str(theirs.fileno()), peer, str(threads)],
                pass_fds=[theirs.fileno()],
                env=environment,
                cwd=Path(__file__).parent.parent,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )

    def _ask(self, *message: Any) -> Any:
        try:
            self._connection.send(message)
            kind, answer = self._connection.recv()
        except (EOFError, OSError) as error:
            raise WorkerError(
                f"{self.peer}: the process died (exit status {self._process.wait(10)})"
            ) from error
        if kind == "error":
            raise WorkerError(f"{self.peer}: {answer}")
        return answer

    def supports(self, kind: str, case: Case, timing: Timing) -> bool:
        """Can this library run the timing?"""
        return bool(self._ask("supports", kind, case.name, timing.direction))

    def start(self, kind: str, case: Case, timing: Timing) -> list[Array]:
        """Make the inputs, run once, and return the results in the reference's layout."""
        results: list[Array] = self._ask("start", kind, case.name, timing.direction)
        return results

    def block(self, length: float) -> Block:
        """Measure what was started for about `length` seconds."""
        block: Block = self._ask("block", length)
        return block

    def peak_memory(self) -> int | None:
        """The most bytes the process has had in memory, imports included; None where nobody tells."""
        peak: int | None = self._ask("peak_memory")
        return peak

    def finish(self) -> None:
        """Drop what was started."""
        self._ask("finish")

    def close(self) -> None:
        """End the process."""
        self._connection.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _pin(threads: int) -> None:
    """Stay on as many cores as there are threads, so that no library starts more."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        if threads < len(cores):
            os.sched_setaffinity(0, cores[-threads:])


class _Server:
    """The worker's own end: keeps what is started, answers one message at a time."""

    def __init__(self, peer: str, threads: int) -> None:
        from .libraries import library

        self.library = library(peer, threads)
        self.runner: Any = None
        self.calls = 0

    def supports(self, kind: str, name: str, direction: str) -> bool:
        return self.library.supports(*self._found(kind, name, direction))

    def start(self, kind: str, name: str, direction: str) -> list[Array]:
        self.finish()
        self.runner = self.library.runner(*self._found(kind, name, direction))
        return list(self.runner.results())

    def block(self, length: float) -> Block:
        if not self.calls:
            self.calls = calls_per_sample(self.runner.run, self.library.finished)
        block = measure_block(self.runner.run, length, self.calls, self.library.finished)
        block.seconds = [s / self.runner.repeats for s in block.seconds]
        block.calls *= self.runner.repeats
        return block

    def peak_memory(self) -> int | None:
        status = Path("/proc/self/status")  # getrusage's peak begins with that of the parent
        if not status.exists():
            return None
        return next(
            1024 * int(s.split()[1]) for s in status.read_text().splitlines() if s.startswith("VmHWM")
        )

    def finish(self) -> None:
        self.runner, self.calls = None, 0

    def _found(self, kind: str, name: str, direction: str) -> tuple[Case, Timing]:
        from .tables import table

        case = table(kind)[name]
        return case, next(timing for timing in case.timings if timing.direction == direction)


def _serve(connection: Connection, peer: str, threads: int) -> None:
    _pin(threads)
    server: _Server | None = None
    while True:
        try:
            command, *arguments = connection.recv()
        except EOFError:
            return
        try:
            server = server or _Server(peer, threads)
            answer = ("done", getattr(server, command)(*arguments))
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            answer = (
                "error",
                f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})",
            )
        connection.send(answer)


if __name__ == "__main__":
    _serve(Connection(int(sys.argv[1])), sys.argv[2], int(sys.argv[3]))
