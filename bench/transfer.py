"""Transfer learning with MobileNetV2's published weights: features of images, and an epoch of fine-tuning.

Both at 160 x 160 pixels, in seconds an image. Each library runs each row in a process of its own, whose peak
memory is part of the row; the weights' file is found (or fetched) as `afina.applications` finds it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache

import numpy as np

from .case import Array, Case, Timing

SIZE, CLASSES = 160, 2
IMAGES, FEATURES_BATCH, TRAINING_BATCH = 96, 32, 16
RATE, EPSILON = 0.00001, 1e-7  # of Adam


def inputs(rng: np.random.Generator) -> list[Array]:
    """Images of noise and labels in turns."""
    x = rng.standard_normal((IMAGES, SIZE, SIZE, 3), dtype="float32")
    return [x, (np.arange(IMAGES) % CLASSES).astype("int32")]


CASES = [
    Case(
        f"mobilenetv2 {SIZE}x{SIZE}",
        "transfer",
        inputs,
        (Timing("features"), Timing("fine-tuning")),
        {"shape": (SIZE, SIZE, 3), "classes": CLASSES},
    )
]


@cache
def weights() -> str:
    """The path of the weights' file, asked of another process, since no peer shall carry afina's memory."""
    names = (
        "from afina.applications.mobilenet_v2 import IMAGENET; from afina.applications.pretrained import find"
    )
    asked = subprocess.run(
        [sys.executable, "-c", f"{names}; print(find(IMAGENET))"],
        capture_output=True,
        text=True,
        check=False,
        env=dict(os.environ),
    )
    if asked.returncode:
        raise FileNotFoundError(asked.stderr.strip().splitlines()[-1])
    return asked.stdout.strip()
