"""A plan on a CUDA device (mostly: on its simulator) is launched as graphs, and never with old addresses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import afina
from afina import _C, layers as L, ops
from afina._C import Arena, Plan, call_each_time
from afina.errors import IndexRangeError
from devices import HAS_CUDA

pytestmark = pytest.mark.skipif(not HAS_CUDA, reason="no CUDA device here")


@pytest.fixture(autouse=True)
def device() -> Iterator[None]:
    with afina.device("cuda"):
        yield


def captured(function: Any, *inputs: Any, arena: Any = None) -> tuple[Any, Any]:
    """The plan of `function` and its results, which the plan writes anew."""
    plan = Plan(arena or Arena())
    results = [result.detach() for result in function(*plan.begin(list(inputs)))]
    assert plan.end() is None
    return plan, results


def numbers(*shape: int, seed: int = 0) -> Any:
    return afina.tensor(np.random.default_rng(seed).standard_normal(shape).astype("float32"))


def check(plan: Any, results: Any, function: Any, *inputs: Any) -> None:
    """A repetition is what running again is, to the last bit."""
    before = afina.random.get_state()
    wanted = [np.array(result.numpy()) for result in function(*inputs)]
    afina.random.set_state(before)
    assert plan.run(list(inputs))
    for ours, theirs in zip(results, wanted, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs)


def test_a_step_is_one_graph_whose_inputs_may_lie_anywhere() -> None:
    def step(x: Any) -> Any:
        return [ops.sum(ops.exp(x) * 2.0 - 1.0)]

    plan, results = captured(step, numbers(30))
    assert plan.graphs == "as 1 CUDA graph of 4 launches"
    kept = [numbers(30, seed=seed) for seed in range(1, 5)]
    for x in [*kept, *kept]:
        check(plan, results, step, x)
    assert plan.graphs == "as 1 CUDA graph of 4 launches"


@pytest.mark.skipif(not _C.has_warpgroup_products(), reason="needs compute capability 9.0")
@pytest.mark.parametrize("precision", ["medium", "high"])
def test_products_by_warpgroups_are_launched_in_a_graph(precision: str) -> None:
    matrices, kernel = numbers(2, 40, 70), numbers(70, 36)

    def step(x: Any) -> Any:
        z = ops.matmul(x, matrices)  # of a stack, which brings numbers from the host
        return [z, ops.matmul(z, kernel), ops.sum(z)]

    afina.set_float32_matmul_precision(precision)
    _C.set_product_tier("warpgroups")
    try:
        plan, results = captured(step, numbers(2, 9, 40))
        kept = [numbers(2, 9, 40, seed=seed) for seed in range(1, 4)]
        for x in [*kept, *kept]:
            check(plan, results, step, x)
        assert plan.graphs is not None
        assert plan.graphs.startswith("as 1 CUDA graph of")
        assert "beside" not in plan.graphs
    finally:
        _C.set_product_tier("by size")
        afina.set_float32_matmul_precision("highest")


def test_on_the_host_there_is_nothing_to_say() -> None:
    with afina.device("cpu"):
        plan, _ = captured(lambda x: [x + 1.0], numbers(3))
    assert plan.graphs is None


def test_random_kernels_draw_on_inside_a_graph() -> None:
    query = numbers(2, 3, 1, 4)

    def step(x: Any) -> Any:
        return [
            ops.dropout(x, 0.5, True, None),
            ops.random_normal([5], 0.0, 1.0, "float32", None),
            ops.truncated_normal([5], 0.0, 1.0, "float32", None),
            ops.random_uniform([5], 0.0, 1.0, "float32", None),
            ops.random_bernoulli([50], 0.5, None),
            ops.dot_product_attention(query, query, query, dropout=0.4),
        ]

    afina.utils.set_random_seed(5)
    plan, results = captured(step, numbers(50))
    assert plan.graphs is not None
    assert plan.graphs.startswith("as 1 CUDA graph of")
    seen = []
    for _ in range(3):
        check(plan, results, step, numbers(50))
        seen.append([result.numpy().tolist() for result in results])
    for first, *others in zip(*seen, strict=True):
        assert first not in others


def test_an_arena_that_comes_back_elsewhere_is_used_there() -> None:
    def step(x: Any) -> Any:
        return [ops.sum(ops.exp(x * 0.5) + ops.tanh(x))]

    arena = Arena()
    plan, results = captured(step, numbers(1000), arena=arena)
    check(plan, results, step, numbers(1000, seed=1))
    arena.release()
    in_its_place = afina.zeros((arena.bytes // 4 or 2000,))
    check(plan, results, step, numbers(1000, seed=2))
    assert plan.graphs is not None
    assert plan.graphs.startswith("as 1")
    assert float(ops.sum(in_its_place)) == 0.0


def test_memory_that_moves_in_every_run_ends_the_graphs_and_not_the_plan() -> None:
    def step(x: Any) -> Any:
        return [ops.sum(ops.exp(ops.dropout(x, 0.5, True, None)) + ops.tanh(x))]

    arena, kept = Arena(), []
    plan, results = captured(step, numbers(1000), arena=arena)
    for seed in range(8):
        arena.release()
        kept.append(afina.zeros((2000,)))
        check(plan, results, step, numbers(1000, seed=seed))
    assert plan.graphs == "not as CUDA graphs: memory that it uses moves too often"


def test_graphs_that_cuda_refuses_are_launches_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    if "simulated" not in _C.cuda_device():
        pytest.skip("only the simulator refuses when asked")

    def step(x: Any) -> Any:
        return [ops.sum(ops.dropout(x, 0.5, True, None)), ops.sum(x * 2.0)]

    monkeypatch.setenv("AFINA_CUDASIM_REFUSES_GRAPHS", "1")
    plan, results = captured(step, numbers(20))
    for seed in range(3):
        check(plan, results, step, numbers(20, seed=seed))
    assert plan.graphs == "not as CUDA graphs: CUDA graph: CUDA: out of memory"


def test_a_weight_that_was_elsewhere_in_between_is_not_looked_for_where_it_was() -> None:
    w = afina.Parameter(np.ones(30, "float32"))
    plan, _ = captured(lambda x: [ops.sum(x * w)], numbers(30))
    assert plan.run([numbers(30)])
    w.to_("cpu")
    w.to_("cuda")
    assert not plan.run([numbers(30)])


def test_the_precision_in_force_is_heeded() -> None:
    w = numbers(64, 64, seed=9)

    def step(x: Any) -> Any:
        return [ops.matmul(x, w) + 1.0]

    plan, results = captured(step, numbers(64, 64))
    try:
        for precision in ("highest", "medium", "high", "highest"):
            afina.set_float32_matmul_precision(precision)
            check(plan, results, step, numbers(64, 64, seed=1))
    finally:
        afina.set_float32_matmul_precision("highest")


def test_work_of_the_host_lies_between_graphs() -> None:
    seen: list[int] = []

    def step(x: Any) -> Any:
        y = ops.exp(x) * 2.0
        call_each_time(lambda: seen.append(1))
        return [ops.sum(ops.tanh(y))]

    plan, results = captured(step, numbers(30))
    assert plan.graphs == "as 2 CUDA graphs of 4 launches and 1 piece of work beside"
    for seed in range(3):
        plan.run([numbers(30, seed=seed)])
    assert len(seen) == 4
    assert results[0].item() == pytest.approx(
        float(np.tanh(2 * np.exp(numbers(30, seed=2).numpy())).sum()), rel=1e-5
    )


def test_what_is_copied_from_the_host_is_read_in_every_run() -> None:
    table = afina.tensor(np.zeros(30, "float32"), device="cpu")

    def step(x: Any) -> Any:
        return [ops.sum(x * 2.0 + table.to("cuda") * 3.0)]

    plan, results = captured(step, numbers(30))
    for value in (1.0, 2.0):
        table.fill_(value)
        check(plan, results, step, numbers(30))


def test_a_step_that_computes_on_two_devices_is_refused() -> None:
    table = afina.tensor(np.ones(30, "float32"), device="cpu")
    plan = Plan(Arena())
    (x,) = plan.begin([numbers(30)])
    _ = x * (table * 2.0).to("cuda")
    assert plan.end() == "it computes on cuda:0 and on cpu"


def test_tables_and_memory_that_kernels_bring_are_part_of_the_graph() -> None:
    def step(a: Any, b: Any) -> Any:
        product = ops.matmul(a, b)  # (2, 1, 4, 5) by (3, 5, 2): a table says which matrices meet
        ordered = ops.sort(product, -1)  # in memory of its own
        call_each_time(lambda: None)
        other = ops.matmul(product * 2.0, b, transpose_b=True)  # with another table
        return [product, ordered, other]

    plan, results = captured(step, numbers(2, 1, 4, 5), numbers(3, 5, 2))
    assert plan.graphs is not None
    assert plan.graphs.startswith("as 2 CUDA graphs of")
    for seed in range(3):
        check(plan, results, step, numbers(2, 1, 4, 5, seed=seed), numbers(3, 5, 2, seed=seed))


def test_indices_are_checked_in_every_run() -> None:
    table = numbers(4, 2)

    def step(i: Any) -> Any:
        return [ops.embedding(i, table) * 2.0]

    plan, results = captured(step, afina.tensor([0, 1]))
    assert plan.graphs is not None
    assert plan.graphs.startswith("as 1 CUDA graph of")
    for _ in range(2):
        assert plan.run([afina.tensor([0, 4])])
        with pytest.raises(IndexRangeError, match=r"indices\[1\].* is 4, allowed: -4 to 3"):
            results[0].numpy()
        check(plan, results, step, afina.tensor([3, 2]))


def test_plans_of_one_step_take_turns_in_their_memory() -> None:
    def step(x: Any) -> Any:
        return [ops.sum(ops.exp(ops.sort(x, -1)) * 2.0)]

    arena = Arena()
    plans = [(captured(step, numbers(size), arena=arena), size) for size in (1000, 3000, 500)]
    for (plan, results), size in plans * 3:
        check(plan, results, step, numbers(size, seed=size))


def test_training_says_that_its_steps_are_graphs() -> None:
    model = afina.Sequential([L.Dense(8, "relu", input_shape=(4,)), L.Dropout(0.5), L.Dense(1)])
    model.compile("adam", "mse")
    x = np.ones((8, 4), "float32")
    for _ in range(3):
        model.train_on_batch(x, x[:, :1])
    assert "repeated without Python, as 1 CUDA graph of " in model.how_steps_run()
