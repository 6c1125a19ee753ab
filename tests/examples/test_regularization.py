"""The table of remedies: shortened on coloured patches, and whole on CIFAR-10 where it is."""

import os
from pathlib import Path

import numpy as np
import pytest

from afina.examples import regularization

CIFAR = Path(os.environ.get("AFINA_TEST_DATA", "/nowhere")) / "cifar10.npz"


def patches(count, seed):
    """Images of one colour in noise; the colour is the class."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 10, count).astype("int32")
    colours = np.random.default_rng(0).random((10, 3))
    images = colours[labels][:, None, None] + 0.3 * rng.normal(size=(count, 32, 32, 3))
    return images.clip(0, 1).astype("float32"), labels


def test_each_remedy_has_its_row_and_the_picture_is_drawn(tmp_path, capsys):
    rows = regularization.compare(patches(200, 1), patches(50, 2), patches(100, 3), epochs=2)
    assert [row.name.split()[0].rstrip(",:") for row in rows] == [
        *("plain", "L2", "dropout", "batch", "early", "committee", "augmentation", "augmentation"),
    ]
    assert all(0 <= row.test <= 1 and row.gap == row.train - row.test for row in rows)
    assert rows[0].train > 0.3  # it learns
    assert capsys.readouterr().out.count("|") == 6 * len(rows)
    regularization.draw(rows, tmp_path / "rows.png")
    assert (tmp_path / "rows.png").read_bytes().startswith(b"\x89PNG")


def test_a_remedy_changes_the_network_in_one_way():
    kinds = {
        name: [type(layer).__name__ for layer in regularization.network(remedy)[1].layers]
        for name, remedy in {
            "plain": regularization.Remedy(),
            "dropout": regularization.Remedy(dropout=0.5),
            "norm": regularization.Remedy(norm=True),
            "augmented": regularization.Remedy(augmented=True),
        }.items()
    }
    for name, extra in (("dropout", "Dropout"), ("norm", "BatchNormalization")):
        assert [kind for kind in kinds[name] if kind != extra] == kinds["plain"]
        assert extra in kinds[name]
    assert kinds["augmented"] == kinds["plain"]


@pytest.mark.slow
@pytest.mark.skipif(not CIFAR.is_file(), reason="needs AFINA_TEST_DATA with cifar10.npz")
def test_every_remedy_lowers_the_gap_on_photographs(
    tmp_path,
):  # R9: the table of CAPABILITIES.md
    found = regularization.run(data=str(CIFAR), picture=tmp_path / "rows.png")
    assert found["gap_of_the_plain_network"] > 0.3
    assert found["rows_with_a_smaller_gap"] == 7
