"""The CUDA simulator notices what a device would not forgive; each mistake is planted in a kernel.

They are in faults.cu; those of tiles that warpgroups multiply, in warpgroup_faults.cu.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent
COMPILE = [
    "g++",
    "-std=c++20",
    "-O1",
    "-g",
    f"-I{HERE}",
    f"-I{HERE.parents[1] / 'csrc'}",
    "-DAFINA_CUDA_SIMULATED",
    "-D__CUDACC__",
    "-Wno-psabi",
    "-include",
    "cuda_runtime.h",
    "-x",
    "c++",
]

pytestmark = pytest.mark.skipif(
    shutil.which("g++") is None or platform.machine() != "x86_64", reason="needs g++ on x86-64"
)


SANITIZE = "-fsanitize=thread"
STALE = "an argument of the kernel points to device memory that has been freed"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("plain") / "faults"
    return compiled(target, [], [])


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The kernels, not the simulator itself, under ThreadSanitizer, which takes fibers for threads."""
    target = tmp_path_factory.mktemp("watched") / "faults"
    return compiled(target, ["-DCUDASIM_THREAD_SANITIZER"], [SANITIZE])


@pytest.fixture(scope="module")
def addressed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything under AddressSanitizer, which is told of the fibers' stacks and of the guards."""
    target = tmp_path_factory.mktemp("addressed") / "faults"
    return compiled(target, ["-fsanitize=address"], ["-fsanitize=address"])


def compiled(target: Path, simulator: list[str], kernels: list[str]) -> Path:
    objects = []
    for source in [*HERE.glob("*.cpp"), *HERE.glob("*.cu")]:
        objects.append(target.parent / f"{source.stem}.o")
        options = kernels if source.suffix == ".cu" else simulator
        subprocess.run([*COMPILE, *options, "-c", source, "-o", objects[-1]], check=True)
    subprocess.run(["g++", *kernels, *objects, "-o", target], check=True)
    return target


def run(program: Path, name: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, name], env=os.environ | environment, capture_output=True, text=True, check=False
    )


def said(program: Path, name: str, **environment: str) -> str:
    return run(program, name, **environment).stdout.splitlines()[0]


def computed(program: Path, name: str, **environment: str) -> list[float]:
    return [float(word) for word in run(program, name, **environment).stdout.splitlines()[1].split()]


SCHEDULES = ("forward", "reverse", "random")


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_sound_kernels_compute_the_same_in_every_schedule(plain: Path, schedule: str) -> None:
    assert computed(plain, "turn_around", AFINA_CUDASIM_SCHEDULE=schedule) == list(range(63, -1, -1))
    sums = [sum(range(32))] * 32 + [sum(range(32, 64))] * 32
    assert computed(plain, "sum_of_warp", AFINA_CUDASIM_SCHEDULE=schedule) == sums


def test_a_missing_barrier_reads_memory_that_is_still_nan(plain: Path) -> None:
    found = computed(plain, "missing_barrier")
    assert any(np.isnan(found))


def test_a_missing_barrier_is_a_race_with_both_lines(watched: Path) -> None:
    assert "data race" not in run(watched, "turn_around").stderr
    assert "data race" not in run(watched, "sum_of_warp").stderr
    assert "data race" not in run(watched, "fragments").stderr
    assert "data race" not in run(watched, "copies").stderr
    assert "data race" not in run(watched, "warpgroups").stderr
    report = run(watched, "missing_barrier").stderr
    assert "data race" in report
    assert report.count("faults.cu") >= 2


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_fragments_are_where_the_manual_says(plain: Path, schedule: str) -> None:
    x = np.arange(64.0).reshape(8, 8)
    found = computed(plain, "fragments", AFINA_CUDASIM_SCHEDULE=schedule)
    np.testing.assert_array_equal(np.reshape(found, (8, 8)), x @ x.T)


def test_a_fragment_in_the_wrong_lane_gives_another_product(plain: Path) -> None:
    found = np.reshape(computed(plain, "wrong_fragment_lane"), (8, 8))
    assert not np.array_equal(found, np.reshape(computed(plain, "fragments"), (8, 8)))


def test_a_product_needs_the_whole_warp(plain: Path) -> None:
    text = said(plain, "fragments_of_half_a_warp")
    assert "warp_products.h" in text
    assert "waits for lanes that never come" in text


def test_a_copy_that_is_not_waited_for_has_not_landed(plain: Path) -> None:
    assert computed(plain, "copies") == list(range(64))
    found = computed(plain, "missing_wait")
    assert found[:32] == list(range(32))
    assert np.isnan(found[32:]).all()


def test_a_copy_may_land_before_others_have_read(plain: Path) -> None:
    turned = list(range(63, -1, -1))
    assert computed(plain, "copy_over_readers") == turned  # copies that land late hide it
    assert computed(plain, "copy_over_readers", AFINA_CUDASIM_SCHEDULE="reverse") != turned


def test_a_copy_on_a_second_stream_lands_when_it_is_waited_for(plain: Path) -> None:
    turned = [float(i) for i in range(63, -1, -1)]
    for schedule in SCHEDULES:
        assert computed(plain, "upload", AFINA_CUDASIM_SCHEDULE=schedule) == turned
    assert np.isnan(computed(plain, "upload_not_awaited")).all()
    assert computed(plain, "upload_from_memory_used_again")[-1] == -1
    ran = run(plain, "upload_to_memory_freed")
    assert ran.returncode < 0
    assert "freed while a copy into it may be under way" in ran.stderr


def test_sound_warpgroups_multiply_exactly_in_every_schedule(plain: Path) -> None:
    for schedule in SCHEDULES:
        assert run(plain, "warpgroups", AFINA_CUDASIM_SCHEDULE=schedule).stdout == "no error\n0 0\n"


def test_a_tile_that_is_not_waited_for_has_not_landed(plain: Path) -> None:
    wrong, undefined = computed(plain, "warpgroup_tile_not_awaited")
    assert wrong == undefined == 64 * 128


def test_a_tile_that_is_released_early_is_overwritten_before_it_is_read(plain: Path) -> None:
    early = "warpgroup_tile_released_early"
    assert computed(plain, early) == [0, 0]  # tiles that land late and products that read early hide it
    assert computed(plain, early, AFINA_CUDASIM_SCHEDULE="reverse")[0] > 0


def test_products_that_are_not_waited_for_have_not_been_added(plain: Path) -> None:
    assert computed(plain, "warpgroup_products_not_awaited", AFINA_CUDASIM_SCHEDULE="reverse")[0] > 0


@pytest.mark.parametrize("fault", ["wrong_swizzle", "wrong_stride"])
def test_a_tile_that_lies_otherwise_than_its_descriptor_says_gives_another_product(
    plain: Path, fault: str
) -> None:
    for schedule in SCHEDULES:
        ran = run(plain, f"warpgroup_{fault}", AFINA_CUDASIM_SCHEDULE=schedule)
        assert ran.stdout.startswith("no error\n")
        assert int(ran.stdout.split()[-2]) > 64 * 128 // 2


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ("too_many_bytes", "misses 0 arrivals and 16 bytes"),
        ("never_released", "for what never comes: a phase of an mbarrier that misses 1 arrivals"),
        ("tile_never_read", "a block ends while a tile of its shared memory is still on its way"),
        ("barrier_not_begun", "no mbarrier has been made here"),
        ("tile_off_its_pattern", "the tile is not where its pattern begins"),
        ("sums_not_ordered", "no wgmma.fence since the last wait"),
        ("too_much_memory", "asks for 102400 bytes of dynamic shared memory, allowed are 49152"),
        ("too_little_memory", "bytes of dynamic shared memory, the launch gave 1024"),
    ],
)
def test_other_mistakes_of_warpgroups_are_named(plain: Path, fault: str, text: str) -> None:
    assert text in said(plain, f"warpgroup_{fault}")


def test_a_copy_of_16_bytes_is_aligned(plain: Path) -> None:
    assert "cp.async of 16 bytes that are not aligned" in said(plain, "misaligned_copy")


def test_a_divergent_barrier_is_named_with_both_lines(plain: Path) -> None:
    text = said(plain, "divergent_barrier")
    lines = [
        n
        for n, line in enumerate((HERE / "faults.cu").read_text().splitlines(), 1)
        if "__syncthreads" in line
    ]
    assert "divergent __syncthreads" in text
    assert f"faults.cu:{lines[1]}" in text
    assert f"faults.cu:{lines[2]}" in text


def test_a_barrier_that_a_thread_never_reaches_is_named(plain: Path) -> None:
    assert "thread (5, 0, 0) of block (0, 0, 0) has left the kernel" in said(plain, "deserted_barrier")


def test_writes_outside_are_noticed(plain: Path) -> None:
    assert said(plain, "write_behind_the_end") == "a write behind the end of 256 bytes of device memory"
    assert "a write behind the end of a shared array of 256 bytes" in said(plain, "write_behind_shared")


def test_a_write_outside_is_named_with_its_line_under_address_sanitizer(addressed: Path) -> None:
    options = "detect_leaks=0"
    for sound in ("turn_around", "sum_of_warp", "fragments", "copies", "warpgroups"):
        ran = run(addressed, sound, ASAN_OPTIONS=options)
        assert ran.returncode == 0, ran.stderr
        assert "AddressSanitizer" not in ran.stderr
    for fault in ("write_behind_the_end", "write_behind_shared"):
        report = run(addressed, fault, ASAN_OPTIONS=options).stderr
        assert "AddressSanitizer: use-after-poison" in report
        assert f"in {fault}" in report
        assert "faults.cu:" in report


def test_masks_must_name_the_lanes_that_come(plain: Path) -> None:
    assert "the mask does not name the lane of thread (16, 0, 0)" in said(plain, "wrong_mask")
    assert "collective" in said(plain, "absent_lanes") or "which is not there" in said(plain, "absent_lanes")


def test_host_and_device_memory_are_kept_apart(plain: Path) -> None:
    assert said(plain, "host_pointer") == "an argument of the kernel points to the host's memory"
    ran = run(plain, "host_reads_device")
    assert ran.returncode < 0
    assert "the host touched device memory" in ran.stderr


def test_memory_that_is_freed_is_not_given_to_a_kernel(plain: Path) -> None:
    assert said(plain, "freed_pointer") == STALE


def test_a_kernel_on_a_second_stream_runs_when_it_is_waited_for(plain: Path) -> None:
    for schedule in ("forward", "reverse", "random"):
        assert computed(plain, "stream", AFINA_CUDASIM_SCHEDULE=schedule) == list(range(64))
    assert np.isnan(computed(plain, "stream_not_awaited")).all()
    assert np.isnan(computed(plain, "stream_whose_memory_is_written")).all()
    assert computed(plain, "stream_whose_memory_is_written", AFINA_CUDASIM_SCHEDULE="reverse") == list(
        range(64)
    )
    assert said(plain, "stream_whose_memory_is_freed") == STALE


def test_a_graph_does_what_was_recorded_with_the_numbers_of_then(plain: Path) -> None:
    assert computed(plain, "graph") == [8.0 * i for i in range(64)]
    assert np.isnan(computed(plain, "graph_not_launched")).all()
    assert said(plain, "graph_that_copies") == "8; no error"


def test_a_stale_pointer_in_a_graph_is_seen(plain: Path) -> None:
    assert said(plain, "graph_with_a_stale_pointer") == STALE


@pytest.mark.parametrize(
    ("fault", "refusal"),
    [
        ("graph_that_waits", "operation not permitted when stream is capturing"),
        ("graph_that_allocates", "operation not permitted when stream is capturing"),
        ("graph_that_frees", "operation not permitted when stream is capturing"),
        ("graph_that_pins", "operation not permitted when stream is capturing"),
        ("graph_that_copies_pageable_memory", "operation not permitted when stream is capturing"),
        ("graph_that_waits_for_others", "dependency created on uncaptured work in another stream"),
    ],
)
def test_what_a_graph_cannot_hold_spoils_the_capture(plain: Path, fault: str, refusal: str) -> None:
    assert said(plain, fault) == f"{refusal}; operation failed due to a previous error during capture"


def test_the_host_cannot_wait_for_an_event_of_a_graph_nor_another_thread_end_it(plain: Path) -> None:
    awaited = "operation not permitted on an event last recorded in a capturing stream"
    assert said(plain, "graph_whose_event_is_awaited").startswith(awaited)
    other = "attempt to terminate a thread-local capture sequence from another thread"
    assert said(plain, "graph_of_another_thread") == other


def test_shapes_that_no_device_takes_are_refused(plain: Path) -> None:
    assert said(plain, "too_many_threads") == "a block has 1 to 1024 threads, not 2048"
