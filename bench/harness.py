"""Runs rows: each library is checked, then all are measured in turns (A B A B): drift hits them alike."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from .case import Array, Case, Timing
from .check import WrongResultError, check, check_agreement, check_training
from .limits import fraction
from .samples import Samples, paired_ratio, summary
from .worker import Worker, WorkerError

OURS = "afina"
MEMORY_COUNTS = "transfer"  # the kind of rows that have a peak memory
QUIET = 0.3  # CPUs used by others in a block that counts as undisturbed
SETTLE = 0.005  # seconds: threads of the library before stop spinning


@dataclass(frozen=True)
class Effort:
    """How long to measure: rounds of one block a library, each about `length` seconds."""

    rounds: int = 5
    length: float = 0.06


class Bench:
    """Keeps one worker a library and number of threads, and the machine's limits."""

    def __init__(self, kind: str, peers: list[str], limits: dict[str, Any], effort: Effort) -> None:
        self.kind, self.limits, self.effort = kind, limits, effort
        self.peers = [OURS, *[peer for peer in peers if peer != OURS]]
        self._workers: dict[tuple[str, int], Worker] = {}
        self._missing: dict[str, str] = {}

    def close(self) -> None:
        """End all workers."""
        for worker in self._workers.values():
            worker.close()
        self._workers.clear()

    def row(self, case: Case, timing: Timing, threads: int) -> dict[str, Any]:
        """One row: every library's time, why others were not timed, ratio and fraction of the limit."""
        wrong: dict[str, str] = {}
        results: dict[str, list[Array]] = {}
        for peer in self.peers:
            try:
                worker = self._worker(peer, threads)
                if worker is not None and worker.supports(self.kind, case, timing):
                    results[peer] = worker.start(self.kind, case, timing)
            except WorkerError as error:
                self._lost(peer, threads, str(error), wrong)
            if peer == OURS and not results and not wrong:
                break  # we cannot do it yet: nothing to compare
        wrong.update(self._wrong(case, timing, results))
        running = [peer for peer in results if not wrong.get(peer)]
        measured = self._measure(running, threads, wrong) if running else {}
        row = self._report(case, timing, threads, measured, {k: v for k, v in wrong.items() if v})
        for peer in results:
            self._leave(peer, threads, row["libraries"].get(peer))
        return row

    def _leave(self, peer: str, threads: int, library: dict[str, Any] | None) -> None:
        """End what was started; where memory counts, with its process: the next row has a peak of its own."""
        worker = self._workers.get((peer, threads))
        if worker is None:
            return
        if self.kind != MEMORY_COUNTS:
            worker.finish()
            return
        if library is not None and (peak := worker.peak_memory()) is not None:
            library["peak_bytes"] = peak
        self._workers.pop((peer, threads)).close()

    def _worker(self, peer: str, threads: int) -> Worker | None:
        if peer in self._missing:
            return None
        if (peer, threads) not in self._workers:
            self._workers[peer, threads] = Worker(peer, threads)
        return self._workers[peer, threads]

    def _lost(self, peer: str, threads: int, error: str, wrong: dict[str, str]) -> None:
        """A library that is not installed is left out from now on; any other failure belongs to its row."""
        if "ModuleNotFoundError" in error or "no library" in error:
            self._missing[peer] = error
        elif "process died" in error:
            self._workers.pop((peer, threads)).close()
            wrong[peer] = error
        else:
            wrong[peer] = error

    @property
    def missing(self) -> dict[str, str]:
        """The peers that could not be imported, and why."""
        return dict(self._missing)

    def _wrong(self, case: Case, timing: Timing, results: dict[str, list[Array]]) -> dict[str, str]:
        if case.op == "training" or timing.direction == "fine-tuning":
            curves = {peer: [float(x) for x in losses[0]] for peer, losses in results.items()}
            return check_training(case.settings["classes"], curves) if curves else {}
        if timing.direction == "features":
            return check_agreement({peer: found[0] for peer, found in results.items()})
        wrong = {}
        for peer, found in results.items():
            try:
                check(case, timing, found)
            except WrongResultError as error:
                wrong[peer] = str(error)
        return wrong

    def _measure(self, running: list[str], threads: int, wrong: dict[str, str]) -> dict[str, Samples]:
        samples = {peer: Samples() for peer in running}
        for turn in range(2 * self.effort.rounds):
            if turn >= self.effort.rounds and self._calm(samples):
                break
            for peer in running if turn % 2 == 0 else running[::-1]:
                if peer not in samples:
                    continue
                time.sleep(SETTLE)
                try:
                    samples[peer].blocks.append(self._workers[peer, threads].block(self.effort.length))
                except WorkerError as error:
                    del samples[peer]
                    self._lost(peer, threads, str(error), wrong)
        return samples

    def _calm(self, samples: dict[str, Samples]) -> bool:
        """Has every library the undisturbed blocks that were asked for, or at least most of them?"""
        needed = (self.effort.rounds + 1) // 2
        return all(sum(b.foreign <= QUIET for b in found.blocks) >= needed for found in samples.values())

    def _report(
        self, case: Case, timing: Timing, threads: int, measured: dict[str, Samples], wrong: dict[str, str]
    ) -> dict[str, Any]:
        libraries = {peer: summary(samples, QUIET) for peer, samples in measured.items()}
        row: dict[str, Any] = {
            "kind": self.kind,
            "case": case.name,
            "direction": timing.direction,
            "threads": threads,
            "libraries": libraries,
            "wrong": wrong,
        }
        for library in libraries.values():
            library.update(fraction(self.limits, threads, timing.flops, timing.nbytes, library["seconds"]))
        others = [peer for peer in libraries if peer != OURS]
        if others:
            row["best_peer"] = min(others, key=lambda peer: libraries[peer]["seconds"])
            if OURS in measured:
                row["ratio"] = paired_ratio(measured[OURS], measured[row["best_peer"]], QUIET)
        return row
