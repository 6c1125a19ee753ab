"""A child of a process that has used every kernel finishes, with the right results."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from op_calls import all_calls, digest, results
from whole_model import trained

import afina

CHILDREN = 100
SECONDS = 20  # a hang never ends; a busy machine may need some
HERE = Path(__file__).parent


def big_work() -> str:
    """Kernels over enough elements that every one of them uses the threads."""
    x = afina.tensor(
        np.random.default_rng(0).standard_normal((300, 700)).astype("float32"), requires_grad=True
    )
    k = afina.tensor(
        np.random.default_rng(1).standard_normal((700, 200)).astype("float32"), requires_grad=True
    )
    y = afina.ops.exp(afina.ops.linear(x, k) * 0.01).sum()
    y.backward()
    return digest([y.numpy().tobytes(), x.grad.numpy().tobytes(), k.grad.numpy().tobytes()])


def all_families() -> str:
    """One call of every op, and the large ones."""
    seen: set[str] = set()
    parts = [big_work().encode()]
    for _, case, call in all_calls():
        if case.name not in seen:
            seen.add(case.name)
            parts += results(case, call)
    return digest(parts)


def in_a_fork(work, wanted) -> int:
    """The child's process number; its exit status is 0 when `work` gave what was wanted."""
    child = os.fork()
    if child:
        return child
    try:
        os._exit(0 if work() == wanted else 3)
    except BaseException:
        os._exit(4)


def wait_for(child: int) -> int:
    limit = time.monotonic() + SECONDS
    while time.monotonic() < limit:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -999


@pytest.fixture
def four_threads():
    before = afina.thread_count()
    afina.set_thread_count(4)
    yield
    afina.set_thread_count(before)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of fork beside threads: that is the point here
@pytest.mark.usefixtures("four_threads")
def test_a_hundred_forked_children_finish_after_the_parent_used_every_kernel():
    wanted = all_families()
    quick = big_work()
    statuses = [wait_for(in_a_fork(big_work, quick)) for _ in range(CHILDREN - 4)]
    statuses += [wait_for(in_a_fork(all_families, wanted)) for _ in range(4)]
    assert statuses == [0] * CHILDREN
    assert all_families() == wanted  # and the parent goes on with all its threads


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.usefixtures("four_threads")
def test_a_forked_child_trains():
    wanted = trained()
    assert [wait_for(in_a_fork(trained, wanted)) for _ in range(3)] == [0, 0, 0]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.usefixtures("four_threads")
def test_a_child_of_a_child_finishes():
    quick = big_work()

    def generation() -> str:
        assert big_work() == quick
        return "" if wait_for(in_a_fork(big_work, quick)) == 0 else "no"

    assert wait_for(in_a_fork(generation, "")) == 0


def spawned_work(queue) -> None:
    queue.put(big_work())


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_children_of_other_kinds_finish(method):
    quick = big_work()
    context = multiprocessing.get_context(method)
    queue = context.Queue()
    path = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE), str(HERE.parent), *sys.path])
    try:
        children = [context.Process(target=spawned_work, args=(queue,)) for _ in range(2)]
        for child in children:
            child.start()
        assert [queue.get(timeout=60) for _ in children] == [quick] * 2
        for child in children:
            child.join(30)
        assert [child.exitcode for child in children] == [0, 0]
    finally:
        os.environ["PYTHONPATH"] = path


@pytest.mark.slow
@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_a_hundred_children_of_other_kinds_finish(method):
    for _ in range(CHILDREN // 2):
        test_children_of_other_kinds_finish(method)
