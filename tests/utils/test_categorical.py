"""Labels as one-hot rows."""

import numpy as np
import pytest

from afina.errors import ArgumentError
from afina.utils import MissingExtraError, import_optional, optional as optional_module, to_categorical


def test_the_rows_are_those_of_the_identity():
    labels = np.array([3, 0, 1, 2, 3])
    np.testing.assert_array_equal(to_categorical(labels), np.eye(4, dtype=np.float32)[labels])


@pytest.mark.parametrize("shape", [(6,), (6, 1), (2, 3), (2, 3, 1)])
def test_a_last_axis_of_one_is_dropped_as_in_keras(shape):
    rows = to_categorical(np.arange(6).reshape(shape), 7)
    assert rows.shape == (*(shape[:-1] if shape[-1] == 1 and len(shape) > 1 else shape), 7)
    np.testing.assert_array_equal(rows.argmax(-1).ravel(), np.arange(6))


def test_labels_may_be_uint8_float_bool_or_lists():
    for labels in (np.array([0, 1], np.uint8), np.array([0.0, 1.0]), np.array([False, True]), [0, 1]):
        assert to_categorical(labels).tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        ([0, 3], 3),
        ([-1, 0], None),
        ([0.5], None),
        ([np.nan], None),
        ([np.inf], None),
        (["a"], None),
        ([1], 0),
        ([1j], 2),
    ],
)
def test_labels_that_are_no_classes_are_named(labels, classes):
    with pytest.raises(ArgumentError, match="to_categorical"):
        to_categorical(labels, classes)


def test_a_missing_package_is_reported_with_its_extra(monkeypatch):
    monkeypatch.setitem(optional_module.EXTRA_OF, "no_such_package", "plots")
    with pytest.raises(
        MissingExtraError, match=r"drawing needs no_such_package.*pip install 'afina\[plots\]'"
    ):
        import_optional("no_such_package.pyplot", "drawing")
