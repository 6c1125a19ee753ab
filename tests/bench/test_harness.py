"""The harness's statistics, checks and comparison: results are asserted, times never."""

import copy
import json

import numpy as np
import pytest
from bench.case import Case, Timing, normal, selected
from bench.check import WrongResultError, check, check_agreement, check_training
from bench.clock import calls_per_sample, measure_block
from bench.limits import fraction
from bench.page import merged
from bench.samples import Block, Samples, paired_ratio, spread, summary
from bench.training import kernels
from bench.worker import Worker

from bench import compare, reference, report, tables


def test_spread_is_the_middle_half_over_the_median():
    assert spread([1.0, 2.0, 3.0, 4.0, 5.0]) == pytest.approx(2 / 3)
    assert spread([7.0]) == 0.0


def test_disturbed_blocks_are_left_out_while_most_are_quiet():
    samples = Samples([Block([1.0], 0.0, 1), Block([1.2], 0.1, 1), Block([9.0], 1.0, 1)])
    found = summary(samples, 0.3)
    assert found["seconds"] == pytest.approx(1.1)
    assert found["rounds"] == 2
    mostly_loud = Samples([Block([1.0], 0.0, 1), Block([3.0], 1.0, 1), Block([9.0], 1.0, 1)])
    assert summary(mostly_loud, 0.3)["seconds"] == 3.0
    assert summary(mostly_loud, 0.3)["foreign"] == 1.0


def test_ratio_is_taken_within_rounds_so_that_drift_cancels():
    ours = Samples([Block([1.0], 0, 1), Block([2.0], 0, 1), Block([4.0], 0, 1)])
    theirs = Samples([Block([2.0], 0, 1), Block([4.0], 0, 1), Block([8.0], 0, 1)])
    assert paired_ratio(ours, theirs, 0.3) == 2.0


def test_ratio_without_a_quiet_round_is_that_of_the_fastest_samples():
    ours, theirs = Samples([Block([1.0, 50.0], 2, 2)]), Samples([Block([3.0, 4.0], 2, 2)])
    assert paired_ratio(ours, theirs, 0.3) == 3.0


def test_a_block_has_at_least_three_samples_and_counts_its_calls():
    calls = []
    block = measure_block(lambda: calls.append(1), 0.0, 5)
    assert len(block.seconds) == 3
    assert block.calls == 15
    assert len(calls) == 16  # one warms up
    assert calls_per_sample(lambda: None) > 1


def test_fraction_names_the_limit_that_binds():
    limits = {"2": {"gflops": 100.0, "gbs": 10.0}}
    assert fraction(limits, 2, 1e9, 1e6, 0.02) == pytest.approx(
        {"limit": "peak", "rate": 50.0, "unit": "GFLOP/s", "fraction": 0.5}
    )
    assert fraction(limits, 2, 1e6, 1e9, 0.2)["limit"] == "bandwidth"
    assert "fraction" not in fraction({}, 2, 1e9, 0, 0.02)
    assert fraction(limits, 2, 0, 0, 1.0) == {}


@pytest.mark.parametrize("kind", tables.KINDS)
def test_every_case_has_a_name_of_its_own_and_a_reference(kind):
    for case in tables.table(kind).values():
        assert case.op in reference.OPS or case.op in ("dropout", "training", "transfer"), case.name
        directions = [timing.direction for timing in case.timings]
        assert len(set(directions)) == len(directions)


def test_selected_takes_any_of_the_words():
    cases = tables.cases("overhead")
    assert {c.name for c, _ in selected(cases, "relu 64, sum 64")} == {"relu 64", "sum 64"}
    assert [t.direction for _, t in selected(cases, "dense layer 4x16 forward+")] == ["forward+backward"]
    assert len(selected(cases, "")) == sum(len(c.timings) for c in cases)


def _product(transposed: bool = False) -> Case:
    return Case("product", "matmul", normal((3, 4), (4, 2)), (Timing("forward"), Timing("both", (0, 1))))


def test_check_accepts_the_right_product_and_refuses_another():
    case = _product()
    a, b = case.arrays()
    check(case, case.timings[0], [a @ b])
    with pytest.raises(WrongResultError, match="off by"):
        check(case, case.timings[0], [a @ b + 0.1])
    with pytest.raises(WrongResultError, match="shape"):
        check(case, case.timings[0], [(a @ b).T])
    with pytest.raises(WrongResultError, match="finite"):
        check(case, case.timings[0], [np.full((3, 2), np.nan, "float32")])


def test_check_compares_gradients_along_a_direction():
    case = _product()
    a, b = case.arrays()
    dy = case.seed((3, 2))
    check(case, case.timings[1], [dy @ b.T, a.T @ dy])
    with pytest.raises(WrongResultError, match="gradient"):
        check(case, case.timings[1], [dy @ b.T, 1.01 * (a.T @ dy)])


def test_check_of_dropout_looks_at_scale_and_share():
    case = Case("drop", "dropout", normal((100, 100)), (Timing("forward"),), {"rate": 0.5})
    x = case.arrays()[0]
    kept = np.random.default_rng(5).random(x.shape) < 0.5
    check(case, case.timings[0], [np.where(kept, 2 * x, 0)])
    with pytest.raises(WrongResultError, match="kept is not"):
        check(case, case.timings[0], [np.where(kept, x, 0)])
    with pytest.raises(WrongResultError, match="kept"):
        check(case, case.timings[0], [2 * x])


def test_training_curves_must_fall_and_agree():
    assert check_training(10, {"afina": [2.3, 2.0], "torch": [2.3001, 2.0]}) == {"afina": "", "torch": ""}
    assert "does not fall" in check_training(10, {"afina": [2.3, 2.4]})["afina"]
    assert "finite" in check_training(10, {"afina": [2.3, float("nan")]})["afina"]
    assert "differ" in check_training(10, {"afina": [2.3, 2.0], "torch": [2.3, 1.0]})["torch"]


def test_convolution_reference_agrees_with_the_definition():
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 5, 5, 3)), rng.standard_normal((3, 3, 3, 4))
    y = reference.conv2d(x, w, (2, 2), ((1, 1), (1, 1)))
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    assert y.shape == (2, 3, 3, 4)
    assert y[1, 2, 0, 3] == pytest.approx((padded[1, 4:7, 0:3] * w[..., 3]).sum())


def test_kernels_are_the_same_each_time_and_he_normal():
    first, again = kernels([(784, 512)]), kernels([(784, 512)])
    np.testing.assert_array_equal(first[0], again[0])
    assert first[0].std() == pytest.approx((2 / 784) ** 0.5, rel=0.01)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (9.996e-7, "1.00 us"),
        (1.234e-6, "1.23 us"),
        (4.56e-5, "45.6 us"),
        (0.789, "789 ms"),
        (0, "0 ns"),
        (12.3, "12.3 s"),
    ],
)
def test_durations_have_three_digits(seconds, text):
    assert report.duration(seconds) == text


def _run(seconds: float, peer: float | None = None) -> dict:
    libraries = {"afina": {"seconds": seconds, "spread": 0.0, "foreign": 0.0}}
    row = {
        "kind": "ops",
        "case": "relu",
        "direction": "forward",
        "threads": 1,
        "libraries": libraries,
        "wrong": {},
    }
    if peer is not None:
        libraries["torch"] = {"seconds": peer, "spread": 0.0, "foreign": 0.0}
        row.update(best_peer="torch", ratio=peer / seconds)
    return {"rows": [row], "machine": {"commit": "abc"}}


def test_compare_divides_by_the_peers_drift_when_asked():
    old, new = _run(1.0, peer=2.0), _run(1.5, peer=3.0)
    assert compare.compare(old, new)[0]["change"] == pytest.approx(1.5)
    assert compare.compare(old, new, by_peer=True)[0]["change"] == pytest.approx(1.0)


def test_compare_fails_only_beyond_the_threshold(tmp_path, capsys):
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(json.dumps(_run(1.0)))
    new.write_text(json.dumps(_run(1.3)))
    assert compare.main([str(old), str(new)]) == 1
    assert "1.30x slower" in capsys.readouterr().out
    assert compare.main([str(old), str(new), "--threshold", "0.5"]) == 0
    assert compare.main([str(new), str(old)]) == 0
    other = copy.deepcopy(_run(1.0))
    other["rows"][0]["case"] = "elu"
    new.write_text(json.dumps(other))
    assert compare.main([str(old), str(new)]) == 2


def test_markdown_marks_the_fastest_library():
    page = report.markdown(_run(1e-6, peer=2e-6)["rows"], ["afina", "torch"])
    assert "**1.00 us** | 2.00 us | 2.00x" in page
    assert "2.00x the best peer's speed (geometric mean), ahead in 1 of 1" in report.closing(
        _run(1.0, 2.0)["rows"]
    )


def test_a_page_keeps_the_less_disturbed_of_two_measurements():
    first, second = _run(1.0, peer=2.0), _run(3.0, peer=4.0)
    first.update(command="a")
    second.update(command="b")
    first["rows"][0]["libraries"]["torch"]["foreign"] = 0.9
    kept = merged([first, second])
    assert [run["rows"][0]["libraries"]["afina"]["seconds"] for run in kept] == [3.0]
    assert merged([second, first])[0]["rows"][0]["libraries"]["afina"]["seconds"] == 3.0


def test_results_without_a_reference_are_held_against_the_first():
    first = np.arange(6, dtype="float32").reshape(2, 3)
    found = check_agreement({"afina": first, "torch": first + 1e-5, "other": first + 0.1, "flat": first[0]})
    assert (found["afina"], found["torch"]) == ("", "")
    assert "off by" in found["other"]
    assert "shape" in found["flat"]


def test_rows_of_transfer_say_each_librarys_peak_memory():
    run = _run(1.0, peer=2.0)
    run["rows"][0].update(kind="transfer")
    run["rows"][0]["libraries"]["afina"]["peak_bytes"] = 300 << 20
    lines = report.markdown(run["rows"], ["afina", "torch"]).splitlines()
    assert lines[0].endswith("| peak memory in MB |")
    assert lines[2].endswith("| 300 / - |")


def test_a_process_tells_its_peak_memory():
    worker = Worker("afina", 1)
    try:
        worker.supports("overhead", *selected(tables.cases("overhead"), "add 64 forward")[0])
        assert 20 << 20 < worker.peak_memory() < 1 << 30
    finally:
        worker.close()
