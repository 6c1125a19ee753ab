"""Objects are shown as the calls that make them, and modules are found by name."""

import numpy as np
import pytest

import afina
from afina import augment, callbacks, data, initializers, losses, optimizers, regularizers, schedules
from afina.utils.formatting import as_call

SHOWN = {
    "SGD(learning_rate=0.1, momentum=0.9)": lambda: optimizers.SGD(0.1, 0.9),
    "Adam()": optimizers.Adam,
    "L2(l2=0.1)": lambda: regularizers.L2(0.1),
    "CosineDecay(initial_learning_rate=0.1, decay_steps=100)": lambda: schedules.CosineDecay(0.1, 100),
    "RandomNormal(stddev=0.1)": lambda: initializers.RandomNormal(stddev=0.1),
    "MaskedLoss(loss=BinaryCrossentropy(), by='entry')": lambda: losses.MaskedLoss("binary_crossentropy"),
    "Normalizer(ddof=1)": lambda: data.Normalizer(ddof=1),
    "MixUp(alpha=0.4, classes=3)": lambda: augment.MixUp(0.4, 3),
    "CutMix()": augment.CutMix,
    "Loader(data=(<float64 (6, 3)>, <int64 (6,)>), batch_size=4, shuffle=True)": lambda: data.Loader(
        (np.zeros((6, 3)), np.arange(6)), 4, shuffle=True
    ),
    "ImageDataGenerator(rotation_range=15, zoom_range=(0.9, 1.2), horizontal_flip=True, rescale=0.5, "
    "data_format='channels_last')": lambda: augment.ImageDataGenerator(
        rotation_range=15, zoom_range=(0.9, 1.2), horizontal_flip=True, rescale=0.5
    ),
    "EarlyStopping(monitor=<Monitor>, patience=3)": lambda: callbacks.EarlyStopping(patience=3),
}


@pytest.mark.parametrize("text", SHOWN)
def test_an_object_is_shown_as_the_call_that_makes_it(text):
    assert repr(SHOWN[text]()) == text


def test_long_arguments_are_given_as_their_type():
    class Thing:
        def __init__(self, values, count=3):
            self.values, self.count = values, count

    assert as_call(Thing(list(range(100)))) == "Thing(values=<list>)"
    assert as_call(Thing([1], 4)) == "Thing(values=[1], count=4)"


def test_test_data_say_whether_they_were_opened():
    guarded = data.GuardedTestSet(np.zeros((4, 2)), np.zeros(4))
    assert repr(guarded) == "GuardedTestSet(4 rows, not opened yet)"
    guarded.open("final evaluation")
    assert repr(guarded) == "GuardedTestSet(4 rows, opened 1 x)"


def test_the_parts_of_a_package_are_found_without_an_import_of_their_own():
    assert callable(augment.tabular.smote)
    assert callable(afina.data.preprocessing.text.BagOfWords)
    with pytest.raises(AttributeError, match="has no attribute 'sound'"):
        _ = augment.sound
