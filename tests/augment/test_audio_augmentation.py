"""Waveforms: the measured noise, half the length at twice the speed, twice the frequency at its length."""

import numpy as np
import pytest

from afina import layers
from afina.augment import audio
from afina.data import Loader
from afina.errors import AfinaError

RATE = 8000
T = np.arange(8000) / RATE
TONE = np.sin(2 * np.pi * 440 * T)


def generator(seed=0):
    return np.random.default_rng(seed)


def dominant(x):
    """The loudest frequency in Hz, between the bins."""
    power = np.abs(np.fft.rfft(x * np.hanning(len(x)))) ** 2
    k = int(power.argmax())
    left, middle, right = np.log(power[k - 1 : k + 2])
    return (k + 0.5 * (left - right) / (left - 2 * middle + right)) * RATE / len(x)


@pytest.mark.parametrize("snr", [-5.0, 10.0, 30.0])
def test_noise_has_the_given_signal_to_noise_ratio(snr):
    waves = np.stack([TONE, 0.01 * TONE[::-1]]).astype("float32")
    noise = audio.add_noise(waves, snr, generator()).astype("float64") - waves
    measured = 10 * np.log10(np.mean(waves.astype("f8") ** 2, axis=1) / np.mean(noise**2, axis=1))
    np.testing.assert_allclose(measured, snr, atol=0.1)
    hum = np.sin(2 * np.pi * 50 * T)
    mixed = audio.add_noise(TONE, snr, generator(), hum) - TONE
    np.testing.assert_allclose(np.abs(np.corrcoef(mixed, hum)[0, 1]), 1.0, atol=1e-6)
    assert not audio.add_noise(np.zeros(10), snr, generator()).any()


@pytest.mark.parametrize("factor", [2.0, 0.5, 1.25])
def test_speed_divides_the_length_and_multiplies_the_frequency(factor):
    fast = audio.change_speed(TONE, factor)
    assert len(fast) == round(8000 / factor)
    assert abs(dominant(fast) / (440 * factor) - 1) < 0.002
    assert audio.change_speed(TONE.astype("float32"), factor).dtype == np.float32


@pytest.mark.parametrize("factor", [2.0, 0.5, 1.3])
def test_stretching_divides_the_length_and_keeps_the_frequency_and_loudness(factor):
    stretched = audio.stretch_time(TONE, factor)
    assert len(stretched) == round(8000 / factor)
    assert abs(dominant(stretched) / 440 - 1) < 0.002
    middle = stretched[len(stretched) // 4 : -len(stretched) // 4]
    assert abs(np.std(middle) / np.std(TONE) - 1) < 0.1


@pytest.mark.parametrize("semitones", [12.0, -12.0, 4.0])
def test_twelve_semitones_double_the_frequency_and_the_length_stays(semitones):
    higher = audio.change_pitch(np.stack([TONE, TONE]), semitones)
    assert higher.shape == (2, 8000)
    assert abs(dominant(higher[1]) / (440 * 2 ** (semitones / 12)) - 1) < 0.005


@pytest.mark.parametrize(
    "transform", [audio.RandomNoise((5.0, 20.0)), audio.RandomSpeed((0.8, 1.25)), audio.RandomPitch((-3, 3))]
)
def test_a_transform_draws_for_each_waveform_keeps_the_length_and_repeats_in_a_loader(transform):
    waves = np.tile(TONE, (6, 1)).astype("float32")
    first, again = (
        list(Loader((waves, np.arange(6)), 3, seed=4, batch_transform=transform)) for _ in range(2)
    )
    assert [x.shape for x, _ in first] == [(3, 8000)] * 2
    assert all((a[0] == b[0]).all() for a, b in zip(first, again, strict=True))
    rows = np.concatenate([x for x, _ in first])
    assert len({row.tobytes() for row in rows}) == 6
    assert np.concatenate([y for _, y in first]).tolist() == list(range(6))
    alone = transform(waves, generator())
    assert alone.shape == waves.shape
    assert alone.dtype == np.float32


def test_masks_are_no_wider_than_told_and_hide_whole_bands():
    layer = layers.SpecAugment(
        frequency_mask=7, time_mask=11, frequency_masks=1, time_masks=1, fill_value=-1.0
    )
    x = generator(1).uniform(0, 1, (500, 40, 30)).astype("float32")
    y = layer.augment(x, generator())
    hidden = y == -1.0
    assert (hidden | (y == x)).all()
    frames, bins = hidden.all(axis=2), hidden.all(axis=1)
    np.testing.assert_array_equal(hidden, frames[:, :, None] | bins[:, None, :])
    for mask, widest in ((frames, 11), (bins, 7)):
        widths = mask.sum(axis=1)
        assert (widths.min(), widths.max()) == (0, widest)
        for row in mask[widths > 0]:
            assert np.ptp(row.nonzero()[0]) + 1 == row.sum()
        assert mask.any(axis=0).all()  # everywhere
    many = layers.SpecAugment(3, 4, 5, 2, fill_value=-1.0).augment(x, generator())
    assert ((many == -1.0).all(axis=1)).sum(axis=1).max() > 3


def test_masks_take_the_mean_unless_told_and_never_exceed_the_picture():
    x = generator(1).uniform(0, 1, (20, 6, 5, 2)).astype("float32")
    y = layers.SpecAugment(50, 50, 1, 0).augment(x, generator())
    hidden = (y != x).all(axis=(1, 3))
    for i in range(20):
        np.testing.assert_allclose(y[i][:, hidden[i]], x[i].mean(), rtol=1e-5)
    assert hidden.all(axis=1).any()


def test_bending_moves_one_point_and_keeps_the_ends():
    frames = np.tile(np.arange(50.0)[:, None], (1, 8))
    x = np.tile(frames, (300, 1, 1))
    layer = layers.SpecAugment(0, 0, 0, 0, time_warp=6)
    y = layer.augment(x, generator())
    np.testing.assert_array_equal(y[:, [0, -1]], x[:, [0, -1]])
    assert (np.diff(y[:, :, 0], axis=1) > 0).all()
    assert 4 < np.abs(y - x).max() <= 6.0001
    start, to = layer.draw(generator(), 300, 50, 8)["bend"][7]
    np.testing.assert_allclose(y[7, to], start, atol=1e-9)


def test_spectrograms_are_changed_in_training_only_and_by_the_seed():
    x = generator(1).uniform(0, 1, (8, 40, 30)).astype("float32")
    layer, twin = layers.SpecAugment(seed=3, time_warp=3), layers.SpecAugment(seed=3, time_warp=3)
    np.testing.assert_array_equal(layer(x).numpy(), x)
    y = layer(x, training=True).numpy()
    np.testing.assert_array_equal(twin(x, training=True).numpy(), y)
    assert (layer(x, training=True).numpy() != y).any()


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: audio.add_noise(TONE, "loud", generator()), "add_noise: snr_db"),
        (lambda: audio.add_noise(TONE, 10.0, 3), "add_noise: generator"),
        (lambda: audio.add_noise(TONE, 10.0, generator(), np.ones(3)), "add_noise: noise of shape"),
        (lambda: audio.add_noise([], 10.0, generator()), "add_noise: x must be waveforms"),
        (lambda: audio.change_speed(TONE, 0.0), "change_speed: factor"),
        (lambda: audio.stretch_time(TONE[:100], 2.0), "stretch_time: waveforms need at least"),
        (lambda: audio.stretch_time(TONE, float("nan")), "stretch_time: factor"),
        (lambda: audio.change_pitch(TONE, 99), "change_pitch: semitones"),
        (lambda: audio.RandomNoise(10.0), "RandomNoise: snr_db"),
        (lambda: audio.RandomSpeed((1.2, 0.8)), "RandomSpeed: factor"),
        (lambda: audio.RandomPitch((-50, 0)), "RandomPitch: semitones"),
        (lambda: audio.RandomSpeed()(TONE, generator()), "RandomSpeed: a batch must be waveforms"),
        (lambda: audio.RandomSpeed()(TONE[None], None), "RandomSpeed: generator"),
        (lambda: layers.SpecAugment(-1), "SpecAugment.*frequency_mask"),
        (lambda: layers.SpecAugment(fill_value="zero"), "SpecAugment.*fill_value"),
        (lambda: layers.SpecAugment()(np.zeros((2, 3), "float32")), "SpecAugment.*rank"),
    ],
)
def test_wrong_arguments_are_named(call, text):
    with pytest.raises(AfinaError, match=text):
        call()
