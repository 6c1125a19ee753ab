"""ResNet-20: shortened on coloured patches, and whole on CIFAR-10 where it is."""

import os
from pathlib import Path

import numpy as np
import pytest

from afina.examples import residual_network

CIFAR = Path(os.environ.get("AFINA_TEST_DATA", "/nowhere")) / "cifar10.npz"


def test_the_network_learns_and_its_curves_are_drawn(tmp_path):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 120).astype("int32")
    images = (np.eye(3)[labels][:, None, None] + 0.2 * rng.normal(size=(120, 32, 32, 3))).astype("float32")
    model, history = residual_network.train((images, labels), (images[:40], labels[:40]), 6, verbose=0)
    assert model.count_params() == 274_042
    assert history.history["loss"][-1] < history.history["loss"][0] / 2
    residual_network.draw(history, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
@pytest.mark.skipif(not CIFAR.is_file(), reason="needs AFINA_TEST_DATA with cifar10.npz")
def test_five_epochs_name_seven_photographs_of_ten(tmp_path):
    found = residual_network.run(data=str(CIFAR), picture=tmp_path / "curves.png")
    assert found["test_accuracy"] >= 0.70
