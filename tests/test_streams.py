"""Threads have streams of their own on a CUDA device (its simulator works in them as late as it may)."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import afina
from afina import _C, layers as L, ops
from afina.errors import IndexRangeError
from devices import HAS_CUDA

pytestmark = pytest.mark.skipif(not HAS_CUDA, reason="no CUDA device here")


@pytest.fixture(autouse=True)
def device() -> Iterator[None]:
    with afina.device("cuda"):
        yield


@pytest.fixture
def other() -> Iterator[Callable[..., Any]]:
    """`other(function)`: what it returns, computed by another thread."""
    with ThreadPoolExecutor(1) as pool:

        def run(function: Callable[[], Any]) -> Any:
            def there() -> Any:
                with afina.device("cuda"):
                    return function()

            return pool.submit(there).result()

        yield run


def numbers(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def test_what_another_thread_computed_is_waited_for(other: Any) -> None:
    x = afina.tensor(numbers(50))
    y = other(lambda: ops.square(x) * 2.0)
    np.testing.assert_array_equal((y + 1.0).numpy(), numbers(50) ** 2 * 2 + 1)
    z = other(lambda: y * 4.0)
    copy = z.copy()
    np.testing.assert_array_equal(copy.numpy(), numbers(50) ** 2 * 8)
    assert other(lambda: copy.numpy().tolist()) == copy.numpy().tolist()


def test_memory_that_another_thread_reads_is_not_written_before(other: Any) -> None:
    for write in (
        lambda x: x.fill_(0.0),
        lambda x: x.copy_(afina.zeros((50,))),
        lambda x: ops.sgd_update([x], [afina.ones((50,))], [], lr=0.1),
    ):
        x = afina.tensor(numbers(50))
        y = other(lambda x=x: ops.square(x))
        write(x)
        np.testing.assert_array_equal(y.numpy(), numbers(50) ** 2)


def test_memory_that_another_thread_reads_is_not_given_away_before(other: Any) -> None:
    x = [afina.tensor(numbers(5000))]
    y = other(lambda: ops.square(x[0]))
    x.clear()
    gc.collect()
    fresh = [afina.zeros((5000,)) for _ in range(4)]
    np.testing.assert_array_equal(y.numpy(), numbers(5000) ** 2)
    assert all(float(ops.sum(one)) == 0.0 for one in fresh)


def test_readers_in_several_threads_are_all_waited_for() -> None:
    weight = afina.tensor(numbers(30, 30))

    def predict(i: int) -> Any:
        with afina.device("cuda"):
            return [ops.matmul(afina.tensor(numbers(20, 30, seed=i + k)), weight) for k in range(5)]

    with ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            before = weight.numpy().copy()
            found = list(pool.map(predict, range(8)))
            weight.fill_(0.0)
            for i, results in enumerate(found):
                for k, result in enumerate(results):
                    np.testing.assert_allclose(
                        result.numpy(), numbers(20, 30, seed=i + k) @ before, atol=1e-4
                    )
            weight.copy_(afina.tensor(before))


def test_models_train_in_threads_as_they_do_one_after_another() -> None:
    def trained(seed: int) -> list[Any]:
        with afina.device("cuda"):
            model = afina.Sequential([L.Dense(8, "tanh", input_shape=(4,)), L.Dense(1)])
            model.set_weights([numbers(*w.shape, seed=seed) for w in model.get_weights()])
            model.compile("adam", "mse")
            x = numbers(40, 4, seed=seed)
            model.fit(x, x[:, :1], batch_size=8, epochs=3, shuffle=False, verbose=0)
            return [w.copy() for w in model.get_weights()]

    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(trained, range(3)))
    for seed in range(3):
        for ours, alone in zip(together[seed], trained(seed), strict=True):
            np.testing.assert_array_equal(ours, alone)


def dropped(w: Any, *inputs: Any) -> list[Any]:
    return [ops.sum(ops.dropout(ops.tanh(inputs[0] * w) * 3.0, 0.5, True, None))]


def alone(_: Any, *inputs: Any) -> list[Any]:
    """Shares nothing but the arena with others, whose first half is done when they come."""
    y, own = ops.tanh(inputs[0] * 2.0), afina.ones((1,))
    _C.call_each_time(own.numpy)
    return [ops.sum(y * 3.0)]


def drawn(_: Any, *inputs: Any) -> list[Any]:
    """Shares nothing but its keys with its last run."""
    return [
        ops.random_normal([9], 0.0, 1.0, "float32", None),
        ops.random_uniform([9], 0.0, 1.0, "float32", None),
    ]


@pytest.mark.parametrize("step", [dropped, alone, drawn])
def test_plans_that_share_an_arena_run_in_any_thread(other: Any, step: Any) -> None:
    arena, w = _C.Arena(), afina.tensor(numbers(400))
    given = 0 if step is drawn else 1

    def captured() -> tuple[Any, Any]:
        plan = _C.Plan(arena)
        results = [y.detach() for y in step(w, *plan.begin([afina.tensor(numbers(400))] * given))]
        assert plan.end() is None
        return plan, results

    plans = [captured(), other(captured)]

    def run(index: int, seed: int) -> Any:
        plan, results = plans[index]
        assert plan.run([afina.tensor(numbers(400, seed=seed))] * given)
        return [y.copy() for y in results]

    def all_runs(there: Callable[[Callable[[], Any]], Any]) -> list[Any]:
        afina.utils.set_random_seed(1)
        results = []
        for i in range(12):
            where = there if i % 3 == 1 else (lambda function: function())
            results += where(lambda i=i: run(i // 2 % 2, i))
            if i % 4 == 3:
                w.fill_(float(i))
        w.copy_(afina.tensor(numbers(400)))
        return [result.tolist() for result in results]

    assert all_runs(other) == all_runs(lambda function: function())


def test_synchronizing_waits_for_every_thread_and_hears_its_complaints(other: Any) -> None:
    table = afina.ones((4, 2))
    kept = other(lambda: ops.embedding(afina.tensor([0, 9]), table))
    with pytest.raises(IndexRangeError, match=r"indices\[1\].* is 9"):
        afina.synchronize()
    assert kept.shape == (2, 2)


def test_an_upload_may_be_taken_by_another_thread(other: Any) -> None:
    upload = other(lambda: _C.Upload(afina.from_numpy(numbers(50)), "cuda"))
    arrived = upload.take()
    doubled = other(lambda: arrived * 2.0)
    arrived.fill_(0.0)
    np.testing.assert_array_equal(doubled.numpy(), numbers(50) * 2)


def test_a_thread_that_ends_leaves_its_tensors_to_the_others() -> None:
    kept = []
    for i in range(20):
        with ThreadPoolExecutor(1) as pool:
            kept.append(
                pool.submit(lambda i=i: afina.tensor(numbers(20, seed=i), device="cuda") * 2.0).result()
            )
    for i, x in enumerate(kept):
        np.testing.assert_array_equal((x + 1.0).numpy(), numbers(20, seed=i) * 2 + 1)
