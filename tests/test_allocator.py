"""Memory of tensors: kept when they die, never handed out twice, joined to serve larger ones."""

import os
import subprocess
import sys

import numpy as np
import pytest

import afina

MB = 1 << 20


def bytes_held():
    stats = afina.memory_stats("cpu")
    return stats["in_use"] + stats["cached"]


def of(size, value):
    return afina.full((size,), value, dtype="uint8", device="cpu")


def test_living_tensors_never_share_memory(rng):
    living = {}
    for number in range(600):
        size = int(rng.choice([100, 70_000, MB - 1, MB, MB + 1, 1_500_000, 3_000_000, 9_000_001]))
        living[number] = of(size, number % 251)
        if len(living) > 12:
            name = list(living)[rng.integers(len(living))]
            array = living.pop(name).numpy()
            assert (array == name % 251).all()
    for name, x in living.items():
        assert (x.numpy() == name % 251).all()


keeping = pytest.mark.skipif(
    "libasan" in os.environ.get("LD_PRELOAD", ""), reason="under AddressSanitizer nothing is kept"
)


def join_neighbours():
    before = bytes_held()
    parts = [of(3 * MB // 2, 1) for _ in range(16)]
    held = bytes_held()
    assert held - before <= 26 * MB
    del parts
    whole = of(24 * MB, 2)
    assert bytes_held() == held
    halves = [of(5 * MB, 3) for _ in range(2)]
    assert bytes_held() - held <= 10 * MB
    assert (whole.numpy() == 2).all()
    assert all((half.numpy() == 3).all() for half in halves)


@keeping
def test_small_neighbours_that_died_make_room_for_a_large_tensor():
    # In a process of its own: what other tests left behind lies between the neighbours.
    subprocess.run([sys.executable, __file__], check=True)


@keeping
def test_kept_memory_goes_back_to_the_system_on_demand():
    living = of(2 * MB, 7)
    dead = [of(size, 1) for size in (1000, MB, 6 * MB)]
    del dead
    assert afina.memory_stats("cpu")["cached"] >= 7 * MB
    afina.empty_cache()
    assert afina.memory_stats("cpu")["cached"] == 0
    assert (living.numpy() == 7).all()
    np.testing.assert_array_equal(of(6 * MB, 9).numpy()[::MB], 9)


if __name__ == "__main__":
    join_neighbours()
