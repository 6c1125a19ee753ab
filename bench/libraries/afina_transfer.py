"""Features and fine-tuning of MobileNetV2 in our own words."""

from __future__ import annotations

from typing import Any

import numpy as np

import afina
from afina.transfer import Transfer

from ..case import Case, Timing
from ..training import CHECKED_STEPS, kernels
from ..transfer import EPSILON, FEATURES_BATCH, RATE, TRAINING_BATCH, weights
from .base import Runner


def transfer(case: Case, timing: Timing) -> Runner:
    """`predict` without the classifier, or an epoch of `fit` with a new one."""
    x, y = case.arrays()
    network = afina.applications.MobileNetV2(
        case.settings["shape"], include_top=False, pooling="avg", weights=weights()
    )
    if timing.direction == "features":
        return Runner(
            lambda: network.predict(x, batch_size=FEATURES_BATCH, verbose=0),
            lambda: [network.predict(x[:FEATURES_BATCH], verbose=0)],
            repeats=len(x),
        )
    model = Transfer(network, case.settings["classes"], "total", dropout=0.0).model
    head: Any = model.layers[-1]
    head.kernel.assign(kernels([tuple(head.kernel.shape)])[0])
    optimizer = afina.optimizers.Adam(RATE, epsilon=EPSILON)
    model.compile(optimizer, "sparse_categorical_crossentropy")
    few = x[:TRAINING_BATCH], y[:TRAINING_BATCH]
    return Runner(
        lambda: model.fit(x, y, batch_size=TRAINING_BATCH, verbose=0),
        lambda: [np.array([float(model.train_on_batch(*few)) for _ in range(CHECKED_STEPS)])],
        repeats=len(x),
    )
