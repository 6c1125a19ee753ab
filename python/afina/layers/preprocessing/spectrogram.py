"""Spectrograms inside a model: frames times the matrix of the windowed Fourier transform."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ..._C import Tensor
from ...data.preprocessing.audio import WINDOWS, frame_index, mel_matrix, window
from ...errors import ArgumentError, ShapeError
from ...refusal import shown
from ...registry import register
from ...tensor import tensor
from ..arguments import check_positive
from ..input_spec import InputSpec
from ..layer import TensorLayer
from ..symbolic import SymbolicShape

MODES = ("log", "magnitude", "psd", "real", "imag")


class _Framed(TensorLayer):
    """Waveforms (n, samples), or (n, samples, 1), cut into frames and transformed."""

    center = False

    def __init__(
        self, length: int, step: int, window_name: str | None, periodic: bool, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if window_name is not None and window_name not in WINDOWS:
            raise ArgumentError(
                f"{self.label}: window must be None or one of {WINDOWS}, got {shown(window_name)}"
            )
        self.window = window_name
        self._length, self._step, self._periodic = length, step, periodic
        self._matrix: Tensor | None = None
        self.input_spec = InputSpec(min_ndim=2)

    def _frames(self, samples: int | None) -> int | None:
        if samples is None:
            return None
        margin = 2 * (self._length // 2) if self.center else 0
        return max(0, (samples + margin - self._length) // self._step + 1)

    def _transformed(self, inputs: Tensor, fft_length: int) -> tuple[Tensor, Tensor]:
        """Real and imaginary parts (n, frames, fft_length // 2 + 1)."""
        x = inputs if inputs.dtype == self.dtype else ops.cast(inputs, self.dtype)
        if x.ndim == 3 and x.shape[2] == 1:
            x = x.reshape(x.shape[0], x.shape[1])
        if x.ndim != 2:
            raise ShapeError(
                f"{self.label}: inputs must be (n, samples) or (n, samples, 1), got {tuple(inputs.shape)}"
            )
        index = frame_index(x.shape[1], self._length, self._step, center=self.center)
        frames = ops.gather(x, tensor(index.reshape(-1)), 1).reshape(x.shape[0], *index.shape)
        if self._matrix is None:
            self._matrix = self._fourier(fft_length)
        bins = fft_length // 2 + 1
        both = ops.linear(frames, self._matrix)
        shape = both.shape[:2]
        real = ops.slice(both, [0, 0, 0], [*shape, bins], [1, 1, 1])
        return real, ops.slice(both, [0, 0, bins], [*shape, 2 * bins], [1, 1, 1])

    def _fourier(self, fft_length: int) -> Tensor:
        """(frame, 2 * bins): the window's weights times cos and -sin."""
        weights = np.ones(self._length)
        if self.window is not None:
            weights = window(self.window, self._length, periodic=self._periodic)
        turns = np.outer(np.arange(self._length), np.arange(fft_length // 2 + 1)) % fft_length
        angles = 2 * np.pi * turns / fft_length
        matrix = np.concatenate([np.cos(angles), -np.sin(angles)], axis=1) * weights[:, None]
        return tensor(matrix.astype(self.dtype))


@register
class STFTSpectrogram(_Framed):
    """The short-time Fourier transform: (n, samples) -> (n, frames, fft_length // 2 + 1) (D4).

    `mode`: "magnitude" |X|, "psd" |X|^2, "log" ln max(|X|^2, 1e-7), "real" or "imag". `frame_step`: half a
    frame unless given; `fft_length`: the frame's length unless given, zeros fill a longer one. `window`:
    "hann", "hamming", "rectangular" or None; `periodic`: its kind. `scaling` divides by the square root of
    sum w^2 ("density"), by sum w ("spectrum") or not (None). `expand_dims` adds a channel axis of 1. Whole
    frames only. Gradients flow.

    >>> STFTSpectrogram("magnitude", 256, 128)(np.ones((2, 1024), "float32")).shape
    (2, 7, 129)
    """

    def __init__(
        self,
        mode: str = "log",
        frame_length: int = 256,
        frame_step: int | None = None,
        fft_length: int | None = None,
        window: str | None = "hann",
        periodic: bool = False,
        scaling: str | None = "density",
        expand_dims: bool = False,
        **kwargs: Any,
    ) -> None:
        check_positive("STFTSpectrogram", frame_length=frame_length)
        step = max(1, frame_length // 2) if frame_step is None else frame_step
        bins = frame_length if fft_length is None else fft_length
        check_positive("STFTSpectrogram", frame_step=step, fft_length=bins)
        super().__init__(frame_length, step, window, bool(periodic), **kwargs)
        if mode not in MODES:
            raise ArgumentError(f"{self.label}: mode must be one of {MODES}, got {shown(mode)}")
        if scaling not in ("density", "spectrum", None):
            raise ArgumentError(
                f"{self.label}: scaling must be 'density', 'spectrum' or None, got {shown(scaling)}"
            )
        if bins < frame_length:
            raise ArgumentError(
                f"{self.label}: fft_length {bins} must not be below frame_length {frame_length}"
            )
        self.mode, self.frame_length, self.frame_step, self.fft_length = mode, frame_length, step, bins
        self.periodic, self.scaling, self.expand_dims = bool(periodic), scaling, bool(expand_dims)

    def _fourier(self, fft_length: int) -> Tensor:
        matrix = super()._fourier(fft_length)
        weights = matrix.numpy()[:, 0].astype(np.float64)  # cos 0 = 1 times the window
        scale = {None: 1.0, "density": np.sqrt(np.square(weights).sum()), "spectrum": weights.sum()}
        return matrix * float(1.0 / scale[self.scaling])

    def call(self, inputs: Tensor) -> Tensor:
        """The spectrograms."""
        real, imaginary = self._transformed(inputs, self.fft_length)
        if self.mode in ("real", "imag"):
            y = real if self.mode == "real" else imaginary
        else:
            y = ops.square(real) + ops.square(imaginary)
            if self.mode == "magnitude":
                y = ops.sqrt(y + 1e-30)  # a slope at zero, too
            elif self.mode == "log":
                y = ops.log(ops.maximum(y, 1e-7))
        return ops.expand_dims(y, -1) if self.expand_dims else y

    def compute_output_shape(self, input_shape: SymbolicShape) -> SymbolicShape:
        """(n, frames, bins), and 1 for the channel axis."""
        shape = (input_shape[0], self._frames(input_shape[1]), self.fft_length // 2 + 1)
        return (*shape, 1) if self.expand_dims else shape


@register
class MelSpectrogram(_Framed):
    """Energies on the mel scale: (n, samples) -> (n, num_mel_bins, frames), by default in dB (D4).

    |X|^mag_exp of centred frames (mirrored at the ends) times the triangles of
    `afina.data.preprocessing.audio.mel_matrix`; with `power_to_db` 10 log10(max(., min_power) / ref_power),
    cut at `top_db` below each sample's largest value. `sequence_stride`: samples from frame to frame;
    `sequence_length`: the frame's length, `fft_length` unless given. Gradients flow.

    >>> layer = MelSpectrogram(256, 128, sampling_rate=8000, num_mel_bins=40)
    >>> layer(np.ones((2, 1024), "float32")).shape
    (2, 40, 9)
    """

    center = True

    def __init__(
        self,
        fft_length: int = 2048,
        sequence_stride: int = 512,
        sequence_length: int | None = None,
        window: str | None = "hann",
        sampling_rate: int = 16000,
        num_mel_bins: int = 128,
        min_freq: float = 20.0,
        max_freq: float | None = None,
        power_to_db: bool = True,
        top_db: float = 80.0,
        mag_exp: float = 2.0,
        min_power: float = 1e-10,
        ref_power: float = 1.0,
        **kwargs: Any,
    ) -> None:
        check_positive("MelSpectrogram", fft_length=fft_length, sequence_stride=sequence_stride)
        check_positive("MelSpectrogram", sampling_rate=sampling_rate, num_mel_bins=num_mel_bins)
        length = fft_length if sequence_length is None else sequence_length
        check_positive("MelSpectrogram", sequence_length=length)
        super().__init__(length, sequence_stride, window, True, **kwargs)
        if length > fft_length:
            raise ArgumentError(
                f"{self.label}: sequence_length {length} must not be above fft_length {fft_length}"
            )
        top = sampling_rate / 2 if max_freq is None else max_freq
        if not 0 <= min_freq < top <= sampling_rate / 2:
            raise ArgumentError(
                f"{self.label}: needs 0 <= min_freq < max_freq <= {sampling_rate / 2:g}, got "
                f"min_freq={min_freq} and max_freq={max_freq}"
            )
        for name, value in (
            ("top_db", top_db),
            ("mag_exp", mag_exp),
            ("min_power", min_power),
            ("ref_power", ref_power),
        ):
            if not 0 < value < float("inf"):
                raise ArgumentError(f"{self.label}: {name} must be positive, got {value}")
        self.fft_length, self.sequence_stride, self.sequence_length = fft_length, sequence_stride, length
        self.sampling_rate, self.num_mel_bins = sampling_rate, num_mel_bins
        self.min_freq, self.max_freq = float(min_freq), None if max_freq is None else float(max_freq)
        self.power_to_db, self.top_db, self.mag_exp = bool(power_to_db), float(top_db), float(mag_exp)
        self.min_power, self.ref_power = float(min_power), float(ref_power)
        triangles = mel_matrix(
            fft_length // 2 + 1, num_mel_bins, rate=sampling_rate, low=self.min_freq, high=self.max_freq
        )
        self._triangles = tensor(triangles.astype(self.dtype))

    def call(self, inputs: Tensor) -> Tensor:
        """The mel spectrograms."""
        real, imaginary = self._transformed(inputs, self.fft_length)
        power = ops.square(real) + ops.square(imaginary)
        if self.mag_exp != 2.0:
            power = (power + 1e-30) ** (self.mag_exp / 2.0)
        y = ops.transpose(ops.linear(power, self._triangles), (0, 2, 1))
        if not self.power_to_db:
            return y
        y = (ops.log(ops.maximum(y, self.min_power)) - float(np.log(self.ref_power))) * float(
            10.0 / np.log(10.0)
        )
        return ops.maximum(y, ops.max(y, (1, 2), True) - self.top_db) if y.size else y

    def compute_output_shape(self, input_shape: SymbolicShape) -> SymbolicShape:
        """(n, num_mel_bins, frames)."""
        return (input_shape[0], self.num_mel_bins, self._frames(input_shape[1]))
