"""afina.compile: steps of one's own, captured."""

import warnings

import numpy as np
import pytest

import afina
from afina import ops
from afina.errors import ArgumentError


def problem(seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(32, 4)).astype("float32")
    return x, x @ np.array([[1.0], [-2.0], [0.5], [3.0]], "float32")


def make_step(optimizer):
    w = afina.Parameter(np.zeros((4, 1), "float32"))

    def step(x, y):
        error = ops.matmul(x, w) - y
        loss = ops.mean(error * error)
        optimizer.apply(afina.gradients(loss, [w]), [w])
        return {"loss": loss, "worst": ops.max(ops.abs(error))}

    return step, w


@pytest.mark.parametrize("name", ["sgd", "adam", "rmsprop", "adagrad", "adadelta"])
def test_a_compiled_step_trains_as_the_plain_one_does(name):
    x, y = problem()
    found = []
    for compiled in (False, True):
        step, w = make_step(afina.optimizers.get(name))
        run = afina.compile(step) if compiled else step
        history = [
            {key: value.item() for key, value in run(afina.tensor(x), afina.tensor(y)).items()}
            for _ in range(20)
        ]
        found.append((history, w.tolist()))
    assert found[0] == found[1]


def test_a_schedule_goes_on():
    x, y = problem()
    optimizer = afina.optimizers.SGD(afina.schedules.ExponentialDecay(0.1, 1, 0.5))
    step = afina.compile(make_step(optimizer)[0])
    for _ in range(10):
        step(x, y)
    assert optimizer.iterations == 10
    assert optimizer.learning_rate == pytest.approx(0.1 * 0.5**10)


def test_results_of_earlier_calls_stay():
    double = afina.compile(lambda x: x * 2.0)
    results = [double(np.full(3, i, "float32")) for i in range(5)]
    assert [r.tolist()[0] for r in results] == [0.0, 2.0, 4.0, 6.0, 8.0]


def test_shapes_values_and_structures_are_captured_apart():
    @afina.compile
    def step(pair, *, factor, name="a"):
        return [pair[0] * factor, pair[1] + (1.0 if name == "a" else 2.0)]

    for _ in range(4):
        for size in (2, 3):
            for factor in (1.0, 5.0):
                for name in ("a", "b"):
                    u, v = step((np.ones(size, "f"), np.ones(size, "f")), factor=factor, name=name)
                    assert u.tolist() == [factor] * size
                    assert v.tolist() == [2.0 if name == "a" else 3.0] * size


def test_a_step_that_reads_a_value_warns_once_and_works():
    @afina.compile
    def step(x):
        return x * 2.0 if ops.sum(x).item() > 0 else x

    step(np.ones(2, "f"))
    with pytest.warns(afina.CaptureWarning, match=r"step runs as it stands: item\(\) reads a value"):
        step(np.ones(2, "f"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert step(np.ones(2, "f")).tolist() == [2.0, 2.0]
        assert step(-np.ones(2, "f")).tolist() == [-1.0, -1.0]
    assert "item() reads a value" in repr(step)


def test_too_many_numbers_warn():
    step = afina.compile(lambda x, factor: x * factor)
    for i in range(32):
        assert step(np.ones(1, "f"), float(i)).item() == i
    with pytest.warns(afina.CaptureWarning, match="a number that changes should be a tensor"):
        assert step(np.ones(1, "f"), 33.0).item() == 33


def test_bad_arguments_and_results_are_refused():
    with pytest.raises(ArgumentError, match="step must be a function"):
        afina.compile(3)
    with pytest.raises(ArgumentError, match=r"arguments must be tensors.* got object"):
        afina.compile(lambda x: x)(object())
    with pytest.raises(ArgumentError, match=r"returned float 1\.5, which a repetition could not"):
        afina.compile(lambda x: 1.5)(np.ones(2, "f"))


def test_errors_of_the_step_reach_the_caller_and_the_step_works_on():
    @afina.compile
    def step(x, fail):
        if fail:
            raise KeyError("mine")
        return x + 1.0

    for _ in range(3):
        with pytest.raises(KeyError, match="mine"):
            step(np.ones(2, "f"), True)
    assert [step(np.ones(2, "f"), False).tolist() for _ in range(3)] == [[2.0, 2.0]] * 3


def test_a_compiled_step_inside_another_is_part_of_it():
    inner = afina.compile(lambda x: ops.exp(x))
    outer = afina.compile(lambda x: inner(x) + inner(x))
    for value in (0.0, 1.0, 0.5, 0.25):
        assert outer(np.full(2, value, "f")).tolist() == pytest.approx([2 * np.exp(value)] * 2, rel=1e-6)
    assert outer.reason is None
