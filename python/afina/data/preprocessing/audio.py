"""Waveforms: band filters, frames, spectrograms, mel scale (D4). Samples are the last axis."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import ArgumentError, ShapeError
from ...refusal import numbers, shown
from ...utils.optional import import_optional

Array = npt.NDArray[Any]
WINDOWS = ("hann", "hamming", "rectangular")


def band_filter(
    x: Any, rate: float, low: float | None = None, high: float | None = None, *, order: int = 4
) -> Array:
    """x (..., samples) with the frequencies from `low` to `high` Hz kept: Butterworth's filter, run forward.

    Without `low` it is a low-pass, without `high` a high-pass filter. `rate`: samples a second; low < high <
    rate / 2. float64 for float64, else float32. Needs SciPy (`butter`, `sosfilt`; the extra `data`).

    >>> tone = np.sin(2 * np.pi * 50 * np.arange(4000) / 1000)
    >>> bool(np.abs(band_filter(tone, 1000, low=200)[1000:]).max() < 0.01)
    True
    """
    waves = waveforms("band_filter", x)
    half = _positive("band_filter", "rate", rate) / 2
    edges = [_positive("band_filter", name, f) for name, f in (("low", low), ("high", high)) if f is not None]
    if not edges or max(edges) >= half or (len(edges) == 2 and edges[0] >= edges[1]):
        raise ArgumentError(
            f"band_filter: needs low, high or both, low < high < {half:g}, got {low} and {high}"
        )
    order = count("band_filter", "order", order)
    kind = "bandpass" if len(edges) == 2 else "lowpass" if low is None else "highpass"
    signal = import_optional("scipy.signal", "filtering a waveform")
    sections = signal.butter(order, edges if len(edges) == 2 else edges[0], kind, fs=rate, output="sos")
    filtered: Array = signal.sosfilt(sections, waves.astype(np.float64, copy=False), axis=-1)
    return filtered.astype(waves.dtype, copy=False)


def fix_length(x: Any, samples: int) -> Array:
    """x (..., n) cut to its middle `samples`, or with zeros on both sides up to them.

    >>> fix_length([1.0, 2.0], 4).tolist(), fix_length([1.0, 2.0, 3.0], 1).tolist()
    ([0.0, 1.0, 2.0, 0.0], [2.0])
    """
    waves = waveforms("fix_length", x)
    lacking = count("fix_length", "samples", samples) - waves.shape[-1]
    if lacking <= 0:
        start = -lacking // 2
        return waves[..., start : start + samples]
    return np.pad(waves, [(0, 0)] * (waves.ndim - 1) + [(lacking // 2, lacking - lacking // 2)])


def window(name: str, length: int, *, periodic: bool = True) -> Array:
    """The weights of a frame: "hann", "hamming" or "rectangular"; `periodic` ones repeat after `length`.

    >>> np.round(window("hann", 4), 6).tolist()
    [0.0, 0.5, 1.0, 0.5]
    """
    if not isinstance(name, str) or name not in WINDOWS:
        raise ArgumentError(f"window: name must be one of {WINDOWS}, got {shown(name)}")
    length = count("window", "length", length)
    if name == "rectangular" or length == 1:
        return np.ones(length)
    floor = 0.5 if name == "hann" else 0.54
    turns = 2 * np.pi * np.arange(length) / (length if periodic else length - 1)
    return np.asarray(floor - (1 - floor) * np.cos(turns))


def frame_index(samples: int, length: int, step: int, *, center: bool = False) -> npt.NDArray[np.int64]:
    """(frames, length): which sample is where in each frame.

    `center`: the signal is mirrored at both ends (d c b | a b c d | c b a), so that frame t has its middle at
    t * step; otherwise only whole frames count.

    >>> frame_index(5, 3, 2).tolist()
    [[0, 1, 2], [2, 3, 4]]
    """
    margin = length // 2 if center else 0
    if center and margin >= samples:
        raise ShapeError(f"frames of {length} need more than {margin} samples to be centred, got {samples}")
    if samples + 2 * margin < length:
        raise ShapeError(f"frames of {length} need as many samples, got {samples}")
    starts = np.arange(0, samples + 2 * margin - length + 1, step) - margin
    place = np.abs(starts[:, None] + np.arange(length))
    last = samples - 1
    found: npt.NDArray[np.int64] = last - np.abs(last - place)
    return found


def stft(
    x: Any,
    frame_length: int = 256,
    frame_step: int | None = None,
    *,
    window_name: str = "hann",
    periodic: bool = True,
    center: bool = False,
) -> Array:
    """The Fourier transform of each frame: x (..., samples) -> complex (..., frames, frame_length // 2 + 1).

    `frame_step`: samples from frame to frame, by default a quarter of a frame. Frames and `center` as in
    `frame_index`, the weights as in `window`.

    >>> stft(np.ones(512), 256, 128).shape
    (3, 129)
    """
    waves = waveforms("stft", x)
    length = count("stft", "frame_length", frame_length)
    step = max(1, length // 4) if frame_step is None else count("stft", "frame_step", frame_step)
    weights = window(window_name, length, periodic=periodic).astype(waves.dtype)
    try:
        index = frame_index(waves.shape[-1], length, step, center=center)
    except ShapeError as error:
        raise ShapeError(f"stft: {error}") from error
    found: Array = np.fft.rfft(waves[..., index] * weights)
    return found


def spectrogram(x: Any, frame_length: int = 256, frame_step: int | None = None, **options: Any) -> Array:
    """|stft|, the magnitudes of each frame: (..., samples) -> (..., frames, frame_length // 2 + 1).

    `options` are those of `stft`. float64 for float64, else float32. `afina.layers.STFTSpectrogram` is the
    layer.

    >>> tone = np.sin(2 * np.pi * 10 * np.arange(256) / 256)
    >>> int(spectrogram(tone)[0].argmax())
    10
    """
    waves = waveforms("spectrogram", x)
    return np.abs(stft(waves, frame_length, frame_step, **options)).astype(waves.dtype)


def hertz_to_mel(frequency: Any) -> Any:
    """2595 log10(1 + f / 700): the pitch scale on which 1000 Hz is about 1000 (O'Shaughnessy 1987; HTK).

    >>> round(float(hertz_to_mel(1000.0)), 1)
    1000.0
    """
    return 2595.0 * np.log10(1.0 + np.asarray(frequency, np.float64) / 700.0)


def mel_to_hertz(mel: Any) -> Any:
    """700 (10^(m / 2595) - 1), the inverse of `hertz_to_mel`.

    >>> round(float(mel_to_hertz(hertz_to_mel(440.0))), 6)
    440.0
    """
    return 700.0 * (10.0 ** (np.asarray(mel, np.float64) / 2595.0) - 1.0)


@functools.lru_cache(maxsize=32)
def _mel_matrix(bins: int, mels: int, rate: float, low: float, high: float) -> Array:
    edges = np.linspace(hertz_to_mel(low), hertz_to_mel(high), mels + 2)
    place = hertz_to_mel(np.linspace(0.0, rate / 2, bins))[:, None]
    rising = (place - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - place) / (edges[2:] - edges[1:-1])
    matrix: Array = np.maximum(0.0, np.minimum(rising, falling))
    matrix.flags.writeable = False
    return matrix


def mel_matrix(
    bins: int, mels: int = 64, *, rate: float, low: float = 20.0, high: float | None = None
) -> Array:
    """(bins, mels): triangles that are straight and equally spaced on the mel scale, each of height 1.

    `bins`: fft_length // 2 + 1 frequencies from 0 to rate / 2. `low`, `high`: where the first triangle begins
    and the last one ends, in Hz; `high` is rate / 2 unless given.

    >>> mel_matrix(129, 40, rate=8000).shape
    (129, 40)
    """
    rate = _positive("mel_matrix", "rate", rate)
    bins, mels = count("mel_matrix", "bins", bins), count("mel_matrix", "mels", mels)
    top = rate / 2 if high is None else _positive("mel_matrix", "high", high)
    real = isinstance(low, (int, float, np.integer, np.floating)) and not isinstance(low, bool)
    if not real or not 0 <= low < top <= rate / 2:
        raise ArgumentError(f"mel_matrix: needs 0 <= low < high <= {rate / 2:g}, got {low} and {high}")
    return _mel_matrix(bins, mels, rate, float(low), top)


def power_to_db(
    power: Any, *, reference: float = 1.0, least: float = 1e-10, top: float | None = 80.0
) -> Array:
    """10 log10(max(power, least) / reference), cut at `top` dB below the largest value of each sample.

    >>> power_to_db([1.0, 0.1, 0.0], top=30.0).tolist()
    [0.0, -10.0, -30.0]
    """
    values = np.asarray(numbers("power_to_db", "power", power))
    decibels = 10.0 * np.log10(np.maximum(values, _positive("power_to_db", "least", least)))
    decibels = decibels - 10.0 * math.log10(_positive("power_to_db", "reference", reference))
    if top is not None and decibels.size:
        axes = tuple(range(max(0, decibels.ndim - 2), decibels.ndim))
        decibels = np.maximum(
            decibels, decibels.max(axes, keepdims=True) - _positive("power_to_db", "top", top)
        )
    return np.asarray(decibels)


def mel_spectrogram(
    x: Any,
    rate: float,
    frame_length: int = 256,
    frame_step: int | None = None,
    *,
    mels: int = 64,
    low: float = 20.0,
    high: float | None = None,
    decibels: bool = True,
    **options: Any,
) -> Array:
    """|stft|^2 times `mel_matrix`, in dB unless told otherwise: (..., samples) -> (..., frames, mels).

    `afina.layers.MelSpectrogram` is the layer.

    >>> mel_spectrogram(np.random.default_rng(0).normal(size=8000), 8000, mels=40).shape
    (122, 40)
    """
    power = np.square(spectrogram(x, frame_length, frame_step, **options))
    matrix = mel_matrix(power.shape[-1], mels, rate=rate, low=low, high=high)
    scaled = power @ matrix.astype(power.dtype)
    return power_to_db(scaled) if decibels else scaled


def waveforms(who: str, x: Any) -> Array:
    """x as float64 where it is that, else float32, with at least one sample; `ShapeError` names `who`.

    >>> waveforms("stft", [1, 2]).dtype
    dtype('float32')
    """
    array = np.asarray(numbers(who, "x", x))
    if array.ndim == 0 or array.size == 0:
        raise ShapeError(f"{who}: x must be waveforms (..., samples), got shape {array.shape}")
    return array.astype(np.float64 if array.dtype == np.float64 else np.float32, copy=False)


def count(who: str, name: str, value: Any) -> int:
    """A positive int, or `ArgumentError` naming `who` and the argument.

    >>> count("stft", "frame_length", 256)
    256
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ArgumentError(f"{who}: {name} must be a positive int, got {shown(value)}")
    return int(value)


def _positive(who: str, name: str, value: Any) -> float:
    real = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    if not real or not 0 < value < math.inf:
        raise ArgumentError(f"{who}: {name} must be a positive number, got {shown(value)}")
    return float(value)
