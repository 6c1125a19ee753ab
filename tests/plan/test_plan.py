"""What a plan promises: memory, random numbers, results that outlast it, and refusals that say why."""

import gc

import numpy as np
import pytest

import afina
from afina import ops
from afina._C import Arena, Plan, call_each_time, capturing, gradients, memory_stats
from afina.errors import ArgumentError, GradientError, IndexRangeError


def captured(function, *inputs):
    """The plan of `function` and its results, which the plan writes anew."""
    plan = Plan(Arena())
    try:
        results = function(*plan.begin(list(inputs)))
    except BaseException:
        plan.abandon()
        raise
    results = [result.detach() for result in results]
    assert plan.end() is None
    return plan, results


def reason_of(function, *inputs):
    plan = Plan(Arena())
    function(*plan.begin(list(inputs)))
    return plan.end()


def ones(*shape):
    return afina.ones(shape)


def test_results_have_the_values_of_the_new_inputs():
    plan, (y,) = captured(lambda x: [ops.exp(x) * 2.0], ones(3))
    assert plan.run([afina.tensor([0.0, 1.0, 2.0])])
    np.testing.assert_array_equal(y.numpy(), (ops.exp(afina.tensor([0.0, 1.0, 2.0])) * 2.0).numpy())
    assert len(plan) == 2


def test_other_shapes_dtypes_and_counts_do_not_fit():
    plan, (y,) = captured(lambda x: [x + 1.0], ones(3))
    before = y.tolist()
    assert not plan.run([ones(4)])
    assert not plan.run([ones(3).astype("float64")])
    assert not plan.run([])
    assert y.tolist() == before


def test_the_arena_holds_what_lives_at_one_time():
    def chain(x):
        for _ in range(10):
            x = ops.exp(x * 0.5)
        return [ops.sum(x)]

    size = 100_000
    plan, _ = captured(chain, ones(size))
    assert 2 * size * 4 <= plan.arena_bytes <= 2 * size * 4 + 4096  # an op's input and output, no more


def test_capturing_needs_the_memory_of_a_step_and_repeating_allocates_nothing():
    def chain(x):
        for _ in range(20):
            x = ops.exp(x * 0.5)
        return [ops.sum(x)]

    x = ones(250_000)
    before = memory_stats()["in_use"]
    plan, _ = captured(chain, x)
    afina._C.reset_peak_memory()
    plan.run([x])
    used = memory_stats()["in_use"] - before
    where_graphs_look = 0 if x.device == "cpu" else x.size * 4  # for their input
    assert used < 3 * x.size * 4 + where_graphs_look
    assert memory_stats()["peak"] - memory_stats()["in_use"] < 1024
    del plan
    gc.collect()
    assert memory_stats()["in_use"] - before < 1024


def test_plans_of_one_step_share_an_arena():
    arena = Arena()
    plans = []
    for size in (1000, 2000, 500):
        plan = Plan(arena)
        (x,) = plan.begin([ones(size)])
        y = ops.sum(ops.exp(x + 1.0)).detach()
        del x
        assert plan.end() is None
        plans.append((plan, y, size))
    assert arena.bytes == max(plan.arena_bytes for plan, _, _ in plans)
    for plan, y, size in plans * 2:
        assert plan.run([ones(size)])
        assert y.item() == pytest.approx(size * np.exp(2), rel=1e-5)


def test_an_arena_at_rest_holds_nothing_and_comes_back():
    arena = Arena()
    plan = Plan(arena)
    (x,) = plan.begin([ones(1000)])
    y = ops.sum(ops.exp(x + 1.0)).detach()
    del x
    assert plan.end() is None
    before = memory_stats()["in_use"]
    held = arena.bytes
    arena.release()
    assert arena.bytes == 0 < held <= before - memory_stats()["in_use"]
    assert plan.run([ones(1000) * 2.0])
    assert y.item() == pytest.approx(1000 * np.exp(3), rel=1e-5)


def test_results_outlast_the_plan():
    plan, (y,) = captured(lambda x: [x * 3.0], ones(1000))
    plan.run([ones(1000)])
    del plan
    gc.collect()
    assert (y.numpy() == 3.0).all()


def test_an_input_that_is_a_result_outlasts_the_plan():
    plan, (y,) = captured(lambda x: [x], ones(1000))
    assert plan.run([afina.tensor(np.full(1000, 7.0, "float32"))])
    del plan
    gc.collect()
    assert (y.numpy() == 7.0).all()


def test_random_numbers_go_on_as_they_would():
    def drop(x):
        return [ops.dropout(x, 0.5, True, None), ops.random_normal([4], 0.0, 1.0, "float32", None)]

    afina.utils.set_random_seed(5)
    wanted = [[y.numpy().copy() for y in drop(ones(50))] for _ in range(4)]
    afina.utils.set_random_seed(5)
    first = [y.numpy().copy() for y in drop(ones(50))]
    plan, results = captured(drop, ones(50))
    found = [first, [y.numpy().copy() for y in results]]
    for _ in range(2):
        plan.run([ones(50)])
        found.append([y.numpy().copy() for y in results])
    for ours, theirs in zip(found, wanted, strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_gradient_with_several_uses_is_summed():
    w = afina.Parameter(np.linspace(-1, 1, 6, dtype="float32").reshape(2, 3))

    def step(x):
        h = ops.matmul(x, w)
        loss = ops.sum(ops.tanh(h) * h + h * h)
        return [loss, *gradients(loss, [w])]

    x, other = ones(4, 2), afina.tensor(np.arange(8, dtype="float32").reshape(4, 2) / 8)
    plan, (_, found) = captured(step, x)
    plan.run([other])
    np.testing.assert_array_equal(found.numpy(), step(other)[1].numpy())


def test_checks_of_values_happen_in_every_run():
    table = ones(4, 2)
    plan, _ = captured(lambda i: [ops.embedding(i, table)], afina.tensor([0, 1]))

    def run_and_wait(indices):
        plan.run([afina.tensor(indices)])
        afina.synchronize()

    with pytest.raises(IndexRangeError, match=r"indices\[1\].* is 4, allowed: -4 to 3"):
        run_and_wait([0, 4])
    assert plan.run([afina.tensor([3, 2])])


def test_a_function_of_python_runs_in_every_repetition():
    seen = []
    plan, _ = captured(lambda x: [x + 1.0, call_each_time(lambda: seen.append(capturing())) or x], ones(2))
    plan.run([ones(2)])
    plan.run([ones(2)])
    assert seen == [False, False, False]


def test_what_reads_a_value_is_refused_with_the_reason():
    assert "item() reads a value" in reason_of(lambda x: ops.sum(x).item(), ones(2))
    assert "numpy() reads the values" in reason_of(lambda x: x.numpy(), ones(2))
    assert "__dlpack__" in reason_of(lambda x: np.from_dlpack(x), afina.ones((2,), device="cpu"))
    assert "random generator" in reason_of(lambda x: afina.random.get_state(), ones(2))

    def backward(x):
        x.requires_grad = True
        ops.sum(x * x).backward()

    assert "backward() adds to .grad" in reason_of(backward, ones(2))


def test_a_capture_in_a_capture_is_refused():
    plan = Plan(Arena())
    plan.begin([])
    try:
        with pytest.raises(ArgumentError, match="already capturing"):
            Plan(Arena()).begin([])
    finally:
        plan.abandon()
    assert not capturing()
    with pytest.raises(ArgumentError, match="without begin"):
        plan.end()


def test_a_step_that_fails_leaves_no_capture():
    with pytest.raises(GradientError):
        captured(lambda x: gradients(ops.sum(x), [x]), ones(2))
    assert not capturing()
