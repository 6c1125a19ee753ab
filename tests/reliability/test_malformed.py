"""Every malformed call of the generated table is refused by a typed error that says what was wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from malformed import all_cases
from malformed_case import Malformed, run

import afina
from afina import layers, losses

WORKER = Path(__file__).parent / "malformed_worker.py"
WORKERS = 2


class Answers:
    """What the processes said about each call; a process that died is started again behind its last call."""

    def __init__(self, cases: list[Malformed]) -> None:
        self.cases = cases
        self.problems: dict[int, str] = {}

    def collect(self) -> None:
        with ThreadPoolExecutor(WORKERS) as readers:
            list(readers.map(self._follow, range(WORKERS)))

    def _follow(self, first: int) -> None:
        """Every WORKERS-th call from `first` on, in as many processes as it takes."""
        while first < len(self.cases):
            with self._start(first) as process:
                started = self._read(process)
            if process.returncode == 0:
                return
            assert started is not None, f"the worker did not start: {process.returncode}"
            self.problems[started] = f"killed by signal {-process.returncode}"
            first = started + WORKERS

    def _start(self, first: int) -> subprocess.Popen[str]:
        command = [sys.executable, str(WORKER), str(first), str(WORKERS)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def _read(self, process: subprocess.Popen[str]) -> int | None:
        """The number of the last call that was begun."""
        assert process.stdout is not None
        started = None
        for line in process.stdout:
            answer = json.loads(line)
            started = answer.get("start", started)
            if "done" in answer:
                self.problems[answer["done"]] = answer["problem"]
        process.wait()
        return started


def test_every_malformed_call_is_refused_by_a_typed_error_that_names_what_was_wrong(capsys):
    cases = all_cases()
    answers = Answers(cases)
    answers.collect()
    wrong = [case for case in cases if not case.may_pass]
    with capsys.disabled():
        subjects = len({case.subject for case in cases})
        border = len(cases) - len(wrong)
        print(f"\n{len(wrong)} malformed calls and {border} at a border, of {subjects} subjects")
    assert sorted(answers.problems) == list(range(len(cases)))
    failed = [f"{cases[n].id} | {said}" for n, said in sorted(answers.problems.items()) if said]
    assert not failed, f"{len(failed)} of {len(cases)}:\n" + "\n".join(failed[:60])
    assert len(wrong) >= 2500


def test_the_table_has_every_op_layer_loss_optimizer_and_metric():
    subjects = {case.subject for case in all_cases()}
    assert {f"op {row['name']}" for row in afina._C.OPS} <= subjects
    for module, base in (
        (layers, layers.Layer),
        (losses, losses.Loss),
        (afina.metrics, afina.metrics.Metric),
    ):
        named = {
            kind.__name__
            for kind in vars(module).values()
            if isinstance(kind, type)
            and issubclass(kind, base)
            and kind.__module__.startswith(module.__name__)
        }
        assert named - subjects <= {"Layer", "Lambda", "Operation", "Slice", "SoftSharing"}


def test_a_refusal_that_says_too_little_is_noticed():
    def vague():
        raise ValueError("bad input")

    assert "lacks" in run(Malformed("op add", "x", vague, ("add",)))
    assert "no typed refusal" in run(Malformed("op add", "x", lambda: {}["a"]))
    assert "silently" in run(Malformed("op add", "x", lambda: 3))


# --- NumPy memory of every shape is either right or refused ---

BASE = np.arange(24, dtype="float32").reshape(4, 6)


def misaligned(values):
    memory = np.zeros(values.nbytes + 1, "uint8")
    shifted = memory[1:].view(values.dtype).reshape(values.shape)
    shifted[...] = values
    assert not shifted.flags.aligned
    return shifted


def frozen(values):
    values = values.copy()
    values.flags.writeable = False
    return values


MEMORY = {
    "transposed": BASE.T,
    "columns": BASE[:, ::2],
    "backwards": BASE[::-1, ::-1],
    "zero stride": np.broadcast_to(np.float32(2.5), (4, 6)),
    "one row for all": np.broadcast_to(BASE[:1], (4, 6)),
    "overlapping": np.lib.stride_tricks.sliding_window_view(np.arange(9, dtype="float32"), 6),
    "misaligned": misaligned(BASE),
    "read-only": frozen(BASE),
    "Fortran order": np.asfortranarray(BASE),
    "a part of a record": np.rec.fromarrays([BASE, BASE])["f0"],
    "empty with strides": BASE[:0, ::-1],
    "a subclass": BASE.view(np.matrix),
    "a memory map's kin": np.frombuffer(BASE.tobytes(), "float32").reshape(4, 6),
}


@pytest.mark.parametrize("name", MEMORY)
@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_memory_of_any_layout_gives_the_values_numpy_shows(name):
    given = MEMORY[name]
    wanted = np.array(given, order="C", copy=True).view(np.ndarray)
    for made in (afina.from_numpy(given), afina.tensor(given)):
        np.testing.assert_array_equal(made.numpy(), wanted)
    np.testing.assert_array_equal(afina.ops.add(given, given).numpy(), wanted + wanted)
    np.testing.assert_array_equal(afina.ops.exp(given).numpy(), afina.ops.exp(wanted).numpy())
    dense = layers.Dense(2)
    np.testing.assert_array_equal(dense(given).numpy(), dense(wanted).numpy())


@pytest.mark.parametrize("name", ["zero stride", "one row for all", "overlapping", "read-only"])
def test_memory_that_must_not_be_written_is_never_written(name):
    given = MEMORY[name]
    before = given.copy()
    tensor = afina.from_numpy(given)
    gradient = afina.ones(given.shape)
    for write in (
        lambda: tensor.fill_(1.0),
        lambda: tensor.copy_(gradient),
        lambda: afina.ops.sgd_update([tensor], [gradient], [], 0.1),
        lambda: afina.ops.clip_by_value([tensor], 0.5),
    ):
        try:
            write()
        except afina.errors.AfinaError as error:
            assert "read-only" in str(error)  # noqa: PT017  a copy may be written, the caller's memory not
    np.testing.assert_array_equal(given, before)


def test_writing_through_a_contiguous_view_reaches_only_the_view():
    memory = np.zeros((6, 4), "float32")
    afina.from_numpy(memory[2:4]).fill_(1.0)
    np.testing.assert_array_equal(memory.sum(axis=1), [0, 0, 4, 4, 0, 0])


def test_an_op_whose_input_is_its_output_does_what_it_says():
    x = afina.ones((3,))
    x.copy_(x)
    afina.ops.sgd_update([x], [afina.ones((3,))], [], 0.5)
    assert x.tolist() == [0.5, 0.5, 0.5]
    with pytest.raises(afina.errors.ArgumentError, match="shares memory"):
        afina.ops.sgd_update([x], [x], [], 0.5)
