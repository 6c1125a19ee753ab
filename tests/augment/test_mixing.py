"""MixUp and CutMix: samples and labels are mixed alike."""

import numpy as np
import pytest

from afina.augment import CutMix, MixUp
from afina.data import Loader
from afina.errors import AfinaError

N = 64
X = np.random.default_rng(0).normal(size=(N, 8, 10, 3)).astype("float32")
Y = np.eye(N, dtype="float32")  # every sample its own class, so labels say who was mixed


def generator(seed=0):
    return np.random.default_rng(seed)


def test_mixup_is_l_a_plus_1_minus_l_b_with_the_labels_mixed_the_same():
    x, y = MixUp(0.4)((X, Y), generator())
    for i in range(N):
        others = np.flatnonzero(y[i])
        share = y[i, i]
        partner = next((j for j in others if j != i), i)
        np.testing.assert_allclose(x[i], share * X[i] + (1 - share) * X[partner], atol=1e-5)
        np.testing.assert_allclose(y[i].sum(), 1.0, rtol=1e-6)
    assert (np.count_nonzero(y, axis=1) == 2).sum() > N // 2


def test_the_share_of_mixup_has_the_beta_distribution():
    source, mixing = generator(1), MixUp(0.5, classes=200)
    batches = [mixing((np.zeros((200, 1)), np.arange(200)), source)[1] for _ in range(100)]
    share = np.concatenate([y.diagonal() for y in batches])
    assert abs(share.mean() - 0.5) < 0.01
    assert abs(share.var() - 1 / (4 * (2 * 0.5 + 1))) < 0.01  # of Beta(a, a)


def test_cutmix_pastes_one_rectangle_and_mixes_the_labels_by_its_area():
    x, y = CutMix()((X, Y), generator(2))
    for i in range(N):
        own = (x[i] == X[i]).all(axis=-1)
        share = y[i, i]
        np.testing.assert_allclose(own.mean(), share, atol=1e-6)
        if share < 1:
            partner = next(j for j in np.flatnonzero(y[i]) if j != i)
            assert (x[i][~own] == X[partner][~own]).all()
            rows, columns = (~own).any(axis=1).nonzero()[0], (~own).any(axis=0).nonzero()[0]
            assert (~own).sum() == (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
    assert (y.max(axis=1) < 1).sum() > N // 2


@pytest.mark.parametrize("mixing", [MixUp(0.4, classes=10), CutMix(classes=10)], ids=["MixUp", "CutMix"])
def test_class_numbers_bytes_and_weights_are_mixed_in_a_loader_and_repeat(mixing):
    images = (X * 50 + 128).clip(0, 255).astype("uint8")
    labels, weights = np.arange(N) % 10, np.linspace(0, 1, N)
    first, again = (
        list(Loader((images, labels, weights), 16, shuffle=True, seed=2, batch_transform=mixing))
        for _ in range(2)
    )
    for a, b in zip(first, again, strict=True):
        assert all((p == q).all() for p, q in zip(a, b, strict=True))
    x, y, w = first[0]
    assert (x.dtype, y.shape, w.shape) == (np.uint8, (16, 10), (16,))
    np.testing.assert_allclose(y.sum(axis=1), 1.0, rtol=1e-6)
    assert 0 <= w.min() <= w.max() <= 1


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: MixUp(0.0), "MixUp: alpha"),
        (lambda: MixUp("text"), "MixUp: alpha"),
        (lambda: CutMix(classes=0), "CutMix: classes"),
        (lambda: MixUp()(X, generator()), "MixUp: a batch must be"),
        (lambda: MixUp()((X, Y), 3), "MixUp: generator"),
        (lambda: MixUp()((X, np.arange(N)), generator()), "MixUp: y of int64 cannot be mixed"),
        (lambda: MixUp(classes=3)((X, np.arange(N)), generator()), "MixUp: y must be class numbers"),
        (lambda: MixUp()((X, Y[:3]), generator()), "MixUp: x of shape"),
        (lambda: CutMix()((X[:, 0, 0], Y), generator()), "CutMix: x must be images"),
    ],
)
def test_wrong_arguments_are_named(call, text):
    with pytest.raises(AfinaError, match=text):
        call()
