"""The spoken digits: shortened on tones, and whole on the recordings where they are."""

import os
from pathlib import Path

import numpy as np
import pytest

from afina.examples import spoken_digits

RECORDINGS = Path(os.environ.get("AFINA_TEST_DATA", "/nowhere")) / "spoken_digits.npz"


def tones(takes=6, seed=0):
    """Each digit a pair of tones, each speaker a pitch of its own, in the file's layout."""
    rng = np.random.default_rng(seed)
    time = np.arange(3000) / spoken_digits.RATE
    waves, digits, speakers = [], [], []
    pitches = {"a": 1.0, "b": 1.1, "c": 0.92, "d": 1.2, "theo": 1.45, "yweweler": 0.7}
    for speaker, pitch in pitches.items():
        for digit in range(10):
            for _ in range(takes):
                wave = sum(
                    np.sin(2 * np.pi * pitch * f * time) for f in (300 + 120 * digit, 2000 - 90 * digit)
                )
                waves.append(6000 * (wave + 0.2 * rng.normal(size=3000)))
                digits.append(digit)
                speakers.append(speaker)
    offsets = np.arange(len(waves) + 1) * 3000
    samples = np.concatenate(waves).astype("int16")
    return {
        "samples": samples, "offsets": offsets, "digits": np.array(digits), "speakers": np.array(speakers),
    }  # fmt: skip


def test_the_example_compares_its_three_trainings_and_draws_them(tmp_path):
    found = spoken_digits.main(tones(), tmp_path / "picture.png", epochs=12)
    assert list(found) == ["random split", "by speaker", "by speaker, SpecAugment"]
    assert found["random split"]["test"] > 0.8
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
@pytest.mark.skipif(not RECORDINGS.is_file(), reason="needs AFINA_TEST_DATA with spoken_digits.npz")
def test_the_example_holds_on_the_recordings(tmp_path):
    found = spoken_digits.main(np.load(RECORDINGS), tmp_path / "picture.png")
    assert found["random split"]["test"] > 0.9
    assert found["by speaker"]["test"] > 0.3  # three times chance
