"""The networks of the training cases take their steps, with a few samples each."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from bench.networks import Network

import afina
from bench import training

PARAMETERS = {
    "mlp128": 407_050,
    "mlp32": 407_050,
    "tiny32": 2_410,
    "cnn": 1_199_882,
    "resnet20": 274_042,
    "mobilenetv2": 3_538_984,
    "resnet18": 11_288_712,
    "lstm": 104_508,
    "transformer": 3_323_648,
}


@pytest.mark.parametrize("case", training.CASES, ids=lambda case: case.name)
def test_a_step_reaches_every_weight_and_lowers_the_loss(case):
    shape, classes = case.settings["shape"], case.settings["classes"]
    few = replace(case, inputs=partial(training.inputs, case.name, 2, shape, classes))
    afina.utils.set_random_seed(1)
    model = Network(afina, dropout=False).compiled(few)
    assert model.count_params() == PARAMETERS[case.name]
    before = [w.numpy().copy() for w in model.trainable_weights]
    x, y = few.arrays()
    first = float(model.train_on_batch(x, y))
    for weight, value in zip(model.trainable_weights, before, strict=True):
        assert np.isfinite(weight.numpy()).all()
        assert (weight.numpy() != value).any(), weight.path
    assert float(model.train_on_batch(x, y)) < first
