"""Layers of the policy mixed_bfloat16: float32 everywhere but in the factors of their products (G4)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import afina
from afina import _C, layers, mixed_precision, ops, optimizers
from afina.errors import DTypeError
from devices import DEVICES

# What rounds here: nothing on a CPU without AVX512-BF16.
ROUNDING = [device for device in DEVICES if device != "cpu" or _C.can_round_products()]


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    yield
    mixed_precision.set_global_policy("float32")
    afina.set_float32_matmul_precision("highest")


def bfloat16(x: np.ndarray) -> np.ndarray:
    words = np.asarray(x, "float32").view("uint32")
    return ((words + 0x7FFF + (words >> 16 & 1)) >> 16 << 16).view("float32").astype("float64")


def network(policy: str | None = None) -> afina.Sequential:
    afina.utils.set_random_seed(0)
    return afina.Sequential(
        [
            layers.Conv2D(16, 3, activation="relu", padding="same", input_shape=(8, 8, 8), dtype=policy),
            layers.BatchNormalization(dtype=policy),
            layers.Flatten(dtype=policy),
            layers.Dense(64, activation="relu", dtype=policy),
            layers.Dense(10, activation="softmax", dtype="float32"),
        ]
    )


def samples() -> tuple[np.ndarray, np.ndarray]:
    """Ten blurred patterns with noise."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 320)
    patterns = rng.standard_normal((10, 8, 8, 8))
    return (patterns[labels] + rng.standard_normal((320, 8, 8, 8))).astype("float32"), labels


def trained(policy: str, device: str = "cpu", epochs: int = 3) -> tuple[afina.Sequential, list[float]]:
    x, y = samples()
    with afina.device(device):
        model = network(policy)
        model.compile(optimizers.SGD(0.02, 0.9), "sparse_categorical_crossentropy")
        history = model.fit(x, y, batch_size=64, epochs=epochs, shuffle=False, verbose=0)
    return model, history.history["loss"]


@pytest.mark.parametrize("device", ROUNDING)
def test_a_layer_rounds_its_factors_and_nothing_else(device: str) -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((48, 40)).astype("float32")
    with afina.device(device):
        layer = layers.Dense(24, dtype="mixed_bfloat16")
        inputs = afina.tensor(x, requires_grad=True)
        y = layer(inputs)
        seed = rng.standard_normal(y.shape).astype("float32")
        dx, dkernel = afina.gradients(y, [inputs, layer.kernel], afina.tensor(seed))
        kernel = layer.kernel.numpy()
        pairs = [
            (y.numpy(), x, kernel),
            (dx.numpy(), seed, kernel.T),
            (dkernel.numpy(), x.T, seed),
        ]
    for found, left, right in pairs:
        assert found.dtype == "float32"
        wanted = bfloat16(left) @ bfloat16(right)
        np.testing.assert_allclose(found, wanted, rtol=2e-6, atol=1e-5)
        exact = left.astype("float64") @ right.astype("float64")
        size = abs(left).astype("float64") @ abs(right)  # each factor is off by 2^-9 of itself at most
        assert (abs(found - exact) <= 2.01 * 2.0**-9 * size).all()
        assert abs(found - exact).max() > 1e-4


@pytest.mark.parametrize("device", ROUNDING)
def test_the_policy_is_the_layers_own_and_holds_for_its_gradients_only(device: str) -> None:
    rng = np.random.default_rng(2)
    x = rng.standard_normal((48, 40)).astype("float32")
    with afina.device(device):
        mixed, plain = layers.Dense(40, dtype="mixed_bfloat16"), layers.Dense(40, dtype="float32")
        data = afina.tensor(x)
        hidden = mixed(data)
        y = plain(hidden)
        dplain, dmixed = afina.gradients(ops.sum(y * y), [plain.kernel, mixed.kernel])
        dy = 2 * y.numpy().astype("float64")
        exact = hidden.numpy().T.astype("float64") @ dy
        np.testing.assert_allclose(dplain.numpy(), exact, rtol=1e-5, atol=1e-4)
        dhidden = (dy @ plain.kernel.numpy().T).astype("float32")
        np.testing.assert_allclose(dmixed.numpy(), bfloat16(x).T @ bfloat16(dhidden), rtol=1e-2, atol=0.1)
        assert abs(dmixed.numpy() - x.T.astype("float64") @ dhidden).max() > 1e-3
        after = plain(data).numpy()
    np.testing.assert_allclose(after, x @ plain.kernel.numpy() + plain.bias.numpy(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("device", ROUNDING)
def test_training_reaches_the_same_loss(device: str) -> None:
    exact, losses = trained("float32")
    mixed, mixed_losses = trained("mixed_bfloat16", device)
    assert {weight.dtype for weight in mixed.weights} == {"float32"}
    assert losses[-1] < 0.1 * losses[0]
    np.testing.assert_allclose(mixed_losses, losses, rtol=0.02)
    assert any((a.numpy() != b.numpy()).any() for a, b in zip(exact.weights, mixed.weights, strict=True))


@pytest.mark.skipif(ROUNDING != DEVICES or len(DEVICES) < 2, reason="needs a CPU and a device that round")
def test_the_cpu_and_the_device_agree() -> None:
    results = [[w.numpy() for w in trained("mixed_bfloat16", device, 1)[0].weights] for device in DEVICES]
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-2, atol=1e-3)


def test_a_scaled_loss_gives_the_same_updates() -> None:
    x, y = samples()
    results = []
    for factor in (None, 2.0**10):
        model = network("mixed_bfloat16")
        model.compile(optimizers.SGD(0.02, loss_scale_factor=factor), "sparse_categorical_crossentropy")
        model.train_on_batch(x[:64], y[:64])
        results.append([weight.numpy() for weight in model.weights])
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-8)


def test_the_global_policy_is_that_of_new_layers() -> None:
    before = layers.Dense(3)
    assert before.compute_dtype == "float32"
    mixed_precision.set_global_policy("mixed_bfloat16")
    assert mixed_precision.global_policy() == mixed_precision.Policy("mixed_bfloat16")
    assert mixed_precision.dtype_policy().compute_dtype == "bfloat16"
    after, own = layers.Dense(3), layers.Activation("softmax", dtype="float32")
    assert (after.dtype, after.compute_dtype) == ("float32", "bfloat16")
    assert {before.compute_dtype, own.compute_dtype} == {"float32"}
    mixed_precision.set_dtype_policy(mixed_precision.DTypePolicy("float64"))
    assert layers.Dense(3).dtype == "float64"


def test_a_saved_model_keeps_its_policies(tmp_path: Path) -> None:
    model = network("mixed_bfloat16")
    model.save(tmp_path / "model.afina")
    again = afina.models.load_model(tmp_path / "model.afina")
    assert [layer.dtype_policy.name for layer in again.layers] == [
        layer.dtype_policy.name for layer in model.layers
    ]
    assert [again.layers[i].compute_dtype for i in (0, -1)] == ["bfloat16", "float32"]


@pytest.mark.parametrize("name", ["mixed_float16", "bfloat16", "float16", ""])
def test_other_policies_are_refused(name: str) -> None:
    for make in (mixed_precision.set_global_policy, mixed_precision.Policy):
        with pytest.raises(DTypeError, match=r"must be one of \['float32', 'float64', 'mixed_bfloat16'\]"):
            make(name)
    with pytest.raises(DTypeError, match=r"Dense.*must be one of"):
        layers.Dense(3, dtype=name)
