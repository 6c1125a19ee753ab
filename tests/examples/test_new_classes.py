"""From five classes to five others: shortened on drawn images, whole on CIFAR-10 where it is."""

import os
from pathlib import Path

import numpy as np
import pytest

from afina.examples import new_classes

PHOTOS = Path(os.environ.get("AFINA_TEST_DATA", "/nowhere")) / "cifar10.npz"
MODES = ["features", "total", "partial", "minimum", "scratch"]


@pytest.fixture
def drawn(tmp_path):
    """Ten classes of stripes in CIFAR-10's layout; the first and last five share their directions."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[0:32, 0:32]
    arrays = {}
    for part, count in (("train", 40), ("test", 20)):
        labels = np.repeat(np.arange(10), count)
        angle = (labels % 5) * np.pi / 5
        wave = np.sin(0.9 * (np.cos(angle)[:, None, None] * rows + np.sin(angle)[:, None, None] * columns))
        color = np.where(labels[:, None] < 5, [[1.0, 0.3, 0.3]], [[0.3, 0.3, 1.0]])
        images = (
            128 + 80 * wave[..., None] * color[:, None, None] + rng.normal(0, 12, (len(labels), 32, 32, 3))
        )
        arrays[f"x_{part}"] = images.clip(0, 255).astype("uint8")
        arrays[f"y_{part}"] = labels.astype("uint8")
    np.savez(tmp_path / "cifar10.npz", **arrays)
    return tmp_path / "cifar10.npz"


def test_the_example_makes_its_table_and_its_picture(drawn, tmp_path):
    found = new_classes.run(quick=True, picture=tmp_path / "classes.png", data=drawn)
    assert [line.split()[0] for line in found["table"].split("\n")[2:]] == MODES
    assert np.sum(found["confusion_of_the_best"]) == 5 * 20
    assert found["features_accuracy"] > 0.4  # a fifth is guessing
    assert 0 < found["similarity_of_the_new_classes"] <= 1
    assert (tmp_path / "classes.png").read_bytes().startswith(b"\x89PNG")


def test_classes_are_counted_from_zero_and_balanced():
    images = np.arange(60, dtype="uint8").reshape(30, 2, 1, 1) * np.ones((1, 1, 1, 3), "uint8")
    labels = np.repeat(np.arange(10), 3)[:, None]
    x, y = new_classes.of_classes(images, labels, range(5, 10), most=2)
    assert np.bincount(y).tolist() == [2] * 5
    np.testing.assert_array_equal(labels[(x[:, 0, 0, 0] // 2).astype(int), 0] - 5, y)


@pytest.mark.slow
@pytest.mark.skipif(not PHOTOS.is_file(), reason="needs $AFINA_TEST_DATA/cifar10.npz")
def test_transfer_beats_training_from_scratch_on_photos():
    found = new_classes.run(data=PHOTOS)
    assert found[f"{found['best']}_accuracy"] > found["scratch_accuracy"] + 0.02
    assert found["best"] != "scratch"
