"""Changed copies of waveforms (..., samples): noise, speed, pitch (D4). Masks: `layers.SpecAugment`.

The functions do exactly what they are told; `RandomNoise`, `RandomSpeed` and `RandomPitch` draw what to do
for each waveform of a batch (n, samples) and are a loader's `batch_transform`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from ..data.preprocessing.audio import fix_length, frame_index, waveforms, window
from ..errors import ArgumentError, DTypeError, ShapeError
from ..refusal import shown
from ..utils.optional import import_optional

Array = npt.NDArray[Any]
FRAME = 512  # samples of a frame of the phase vocoder


def add_noise(x: Any, snr_db: float, generator: np.random.Generator, noise: Any = None) -> Array:
    """x + noise, scaled so that 10 log10(power of x / power of the noise) is `snr_db` for each waveform.

    `noise`: waveforms that broadcast against x, white noise of `generator` unless given. A silent waveform
    stays silent.

    >>> x = np.sin(np.arange(1000.0))
    >>> noise = add_noise(x, 20.0, np.random.default_rng(0)) - x
    >>> round(float(10 * np.log10(np.mean(x**2) / np.mean(noise**2))), 6)
    20.0
    """
    waves = waveforms("add_noise", x)
    ratio = _real("add_noise", "snr_db", snr_db, -200, 200)
    _check_generator("add_noise", generator)
    added = generator.standard_normal(waves.shape) if noise is None else waveforms("add_noise", noise)
    try:
        added = np.broadcast_to(added, waves.shape).astype(np.float64)
    except ValueError as error:
        raise ShapeError(
            f"add_noise: noise of shape {added.shape} does not fit x of {waves.shape}"
        ) from error
    power = np.square(waves, dtype=np.float64).mean(axis=-1, keepdims=True)
    own = np.square(added).mean(axis=-1, keepdims=True)
    gain = np.sqrt(power / np.where(own > 0, own, 1.0) * 10 ** (-ratio / 10))
    noisy: Array = waves + added * gain
    return noisy.astype(waves.dtype)


def change_speed(x: Any, factor: float) -> Array:
    """x played `factor` times as fast: 1 / factor of the samples, pitch and all (a tape run faster).

    Resampled by SciPy's polyphase filter at the nearest fraction with a denominator up to 100.

    >>> change_speed(np.zeros(1000), 2.0).shape
    (500,)
    """
    waves = waveforms("change_speed", x)
    speed = Fraction(_real("change_speed", "factor", factor, 0.05, 20)).limit_denominator(100)
    if speed == 1:
        return waves.copy()
    signal = import_optional("scipy.signal", "changing the speed of a waveform")
    found: Array = signal.resample_poly(waves, speed.denominator, speed.numerator, axis=-1)
    return found.astype(waves.dtype, copy=False)


def stretch_time(x: Any, factor: float) -> Array:
    """x played `factor` times as fast at its own pitch: round(samples / factor) samples.

    A phase vocoder: the frames' magnitudes are read at the new times, the phases of their peaks go on at the
    measured frequencies, and the bins around a peak turn with it (Laroche and Dolson 1999). Waveforms of at
    least 512 samples.

    >>> stretch_time(np.zeros(4000), 0.5).shape
    (8000,)
    """
    waves = waveforms("stretch_time", x)
    speed = _real("stretch_time", "factor", factor, 0.05, 20)
    samples = waves.shape[-1]
    if samples < FRAME:
        raise ShapeError(f"stretch_time: waveforms need at least {FRAME} samples, got {samples}")
    step = FRAME // 4
    weights = window("hann", FRAME)
    padded = np.pad(waves, [(0, 0)] * (waves.ndim - 1) + [(0, 2 * step)])
    frames = np.fft.rfft(padded[..., frame_index(samples + 2 * step, FRAME, step, center=True)] * weights)
    times = np.arange(0, frames.shape[-2] - 1, speed)
    before = np.floor(times).astype(int)
    share = (times - before)[:, None]
    magnitude = np.abs(frames[..., before, :]) * (1 - share) + np.abs(frames[..., before + 1, :]) * share
    # Each bin turns by 2 pi step / FRAME a step; what was measured beyond is wrapped to within half a turn.
    own = 2 * np.pi * step / FRAME * np.arange(FRAME // 2 + 1)
    phase = np.angle(frames)
    turned = phase[..., before + 1, :] - phase[..., before, :] - own
    advance = own + turned - 2 * np.pi * np.rint(turned / (2 * np.pi))
    phase, peak = phase[..., before, :], _nearest_peak(magnitude)
    current = phase[..., 0, :]
    found = np.empty_like(magnitude, complex)
    for i in range(len(times)):
        turn = np.take_along_axis(current - phase[..., i, :], peak[..., i, :], axis=-1)
        current = phase[..., i, :] + turn
        found[..., i, :] = magnitude[..., i, :] * np.exp(1j * current)
        current = current + advance[..., i, :]
    return _overlapped(found, step, weights, round(samples / speed)).astype(waves.dtype)


def _nearest_peak(magnitude: Array) -> npt.NDArray[np.int64]:
    """For each bin the nearest one that is louder than its two neighbours on either side."""
    bins = magnitude.shape[-1]
    wide = np.pad(magnitude, [(0, 0)] * (magnitude.ndim - 1) + [(2, 2)], constant_values=-1.0)
    others = [wide[..., shift : shift + bins] for shift in (0, 1, 3, 4)]
    is_peak = magnitude > np.maximum.reduce(others)
    place = np.arange(bins)
    below = np.maximum.accumulate(np.where(is_peak, place, -bins), axis=-1)
    above = np.minimum.accumulate(np.where(is_peak, place, 2 * bins)[..., ::-1], axis=-1)[..., ::-1]
    nearest = np.where(place - below <= above - place, below, above)
    return np.where((nearest >= 0) & (nearest < bins), nearest, place)  # silence has no peak


def change_pitch(x: Any, semitones: float) -> Array:
    """x higher by `semitones` (12 double every frequency), its length kept: stretched, then run faster.

    >>> change_pitch(np.zeros(4000), 7.0).shape
    (4000,)
    """
    waves = waveforms("change_pitch", x)
    ratio = 2.0 ** (_real("change_pitch", "semitones", semitones, -36, 36) / 12)
    speed = float(Fraction(ratio).limit_denominator(100))
    if speed == 1:
        return waves.copy()
    found = change_speed(stretch_time(waves, 1 / speed), speed)
    lacking = waves.shape[-1] - found.shape[-1]  # the two roundings can differ by a few samples
    if lacking > 0:
        return np.pad(found, [(0, 0)] * (waves.ndim - 1) + [(0, lacking)])
    return found[..., : waves.shape[-1]]


def _overlapped(frames: Array, step: int, weights: Array, samples: int) -> Array:
    """The signal whose frames these are: overlap and add, divided by the sum of the squared weights."""
    pieces = np.fft.irfft(frames, FRAME) * weights
    length = FRAME + step * (pieces.shape[-2] - 1)
    total, share = np.zeros((*pieces.shape[:-2], length)), np.zeros(length)
    for i in range(pieces.shape[-2]):
        total[..., i * step : i * step + FRAME] += pieces[..., i, :]
        share[i * step : i * step + FRAME] += weights**2
    whole = total / np.maximum(share, 1e-3)
    found = whole[..., FRAME // 2 : FRAME // 2 + samples]
    return np.pad(found, [(0, 0)] * (found.ndim - 1) + [(0, samples - found.shape[-1])])


class _OnWaveforms(ABC):
    """A loader's `batch_transform` for waveforms (n, samples), alone or as the first of a tuple."""

    def __init__(self, name: str, interval: tuple[float, float], low: float, high: float) -> None:
        who = type(self).__name__
        if not isinstance(interval, (tuple, list)) or len(interval) != 2:
            raise ArgumentError(f"{who}: {name} must be (low, high), got {shown(interval)}")
        first, last = (_real(who, name, value, low, high) for value in interval)
        if first > last:
            raise ArgumentError(f"{who}: {name} must be (low, high), got {interval!r}")
        self._interval = (first, last)

    @abstractmethod
    def _changed(self, wave: Array, drawn: float, generator: np.random.Generator) -> Array:
        """One waveform changed by what was drawn."""

    def __call__(self, batch: Any, generator: np.random.Generator) -> Any:
        """The batch with a draw for each waveform; lengths stay."""
        who = type(self).__name__
        _check_generator(who, generator)
        if isinstance(batch, (tuple, list)) and batch:
            return (self(batch[0], generator), *batch[1:])
        waves = waveforms(who, batch)
        if waves.ndim != 2:
            raise ShapeError(f"{who}: a batch must be waveforms (n, samples), got shape {waves.shape}")
        draws = generator.uniform(*self._interval, len(waves))
        changed = [self._changed(w, float(d), generator) for w, d in zip(waves, draws, strict=True)]
        return np.stack([fix_length(wave, waves.shape[1]) for wave in changed])


class RandomNoise(_OnWaveforms):
    """`add_noise` with a signal-to-noise ratio from U[snr_db], in dB.

    >>> RandomNoise((10.0, 30.0))(np.ones((2, 100)), np.random.default_rng(0)).shape
    (2, 100)
    """

    def __init__(self, snr_db: tuple[float, float] = (10.0, 30.0)) -> None:
        super().__init__("snr_db", snr_db, -200, 200)

    def _changed(self, wave: Array, drawn: float, generator: np.random.Generator) -> Array:
        return add_noise(wave, drawn, generator)


class RandomSpeed(_OnWaveforms):
    """`change_speed` by a factor from U[factor]; the middle is kept, or zeros added, to the same length.

    >>> RandomSpeed((0.9, 1.1))(np.ones((2, 100)), np.random.default_rng(0)).shape
    (2, 100)
    """

    def __init__(self, factor: tuple[float, float] = (0.9, 1.1)) -> None:
        super().__init__("factor", factor, 0.05, 20)

    def _changed(self, wave: Array, drawn: float, generator: np.random.Generator) -> Array:  # noqa: ARG002
        return change_speed(wave, drawn)


class RandomPitch(_OnWaveforms):
    """`change_pitch` by semitones from U[semitones].

    >>> RandomPitch((-2.0, 2.0))(np.ones((2, 1000)), np.random.default_rng(0)).shape
    (2, 1000)
    """

    def __init__(self, semitones: tuple[float, float] = (-2.0, 2.0)) -> None:
        super().__init__("semitones", semitones, -36, 36)

    def _changed(self, wave: Array, drawn: float, generator: np.random.Generator) -> Array:  # noqa: ARG002
        return change_pitch(wave, drawn)


def _check_generator(who: str, generator: object) -> None:
    if not isinstance(generator, np.random.Generator):
        raise DTypeError(f"{who}: generator must be a numpy.random.Generator, got {shown(generator)}")


def _real(who: str, name: str, value: Any, low: float, high: float) -> float:
    real = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    if not real or not math.isfinite(value) or not low <= value <= high:
        raise ArgumentError(f"{who}: {name} must be a number in [{low:g}, {high:g}], got {shown(value)}")
    return float(value)
