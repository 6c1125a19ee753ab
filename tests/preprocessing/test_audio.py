"""Waveforms: SciPy's filters, torch's spectrograms, the mel scale, inside and outside a model."""

from pathlib import Path

import numpy as np
import pytest
from scipy import signal

from afina import layers, models
from afina.data.preprocessing import audio
from afina.errors import AfinaError

RATE = 8000
T = np.arange(2000) / RATE
X = np.sin(2 * np.pi * 440 * T) + 0.5 * np.sin(2 * np.pi * 1800 * T * T) + 0.1 * np.cos(2 * np.pi * 3100 * T)
# torch.stft(x, 128, 48, window=hann_window(128), center=..., pad_mode="reflect").abs() of torch 2.13, every
# fourth frame of this very signal in float32.
TORCH = np.load(Path(__file__).parent / "torch_stft.npz")


@pytest.mark.parametrize(
    ("edges", "kind", "cut"),
    [
        ({"low": 300.0, "high": 3000.0}, "bandpass", [300, 3000]),
        ({"low": 1000.0}, "highpass", 1000),
        ({"high": 1000.0}, "lowpass", 1000),
    ],
    ids=["band", "low cut", "high cut"],
)
def test_band_filters_are_scipys_butterworth_sections(edges, kind, cut):
    waves = np.stack([X, X[::-1]])
    expected = signal.sosfilt(signal.butter(4, cut, kind, fs=RATE, output="sos"), waves)
    np.testing.assert_allclose(audio.band_filter(waves, RATE, **edges), expected, atol=1e-12)
    single = audio.band_filter(waves.astype("float32"), RATE, **edges)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, expected, atol=1e-6)


def test_a_filter_keeps_its_band_and_removes_the_rest():
    low, high = np.sin(2 * np.pi * 200 * T), np.sin(2 * np.pi * 3000 * T)
    kept = audio.band_filter(low + high, RATE, high=800)[500:]
    assert abs(np.std(kept) / np.std(low) - 1) < 0.02
    power = audio.spectrogram(kept, 256)[:, 80:].max()
    assert power < 0.01 * audio.spectrogram(high, 256).max()


@pytest.mark.parametrize("name", ["plain", "centred"])
def test_magnitudes_are_torchs(name):
    ours = audio.spectrogram(X.astype("float32"), 128, 48, center=name == "centred")
    np.testing.assert_allclose(ours[::4], TORCH[f"magnitude_{name}"], atol=1e-4)


@pytest.mark.parametrize("options", [{}, {"window_name": "hamming"}, {"periodic": False}])
def test_the_magnitudes_of_each_frame_are_scipys(options):
    periodic = options.get("periodic", True)
    weights = signal.get_window(options.get("window_name", "hann"), 128, fftbins=periodic)
    waves = np.stack([X, 2 * X[::-1]])
    found = signal.spectrogram(
        waves, RATE, weights, 128, 80, detrend=False, scaling="spectrum", mode="magnitude"
    )[2]
    ours = audio.spectrogram(waves, 128, 48, **options)
    np.testing.assert_allclose(ours, found.transpose(0, 2, 1) * weights.sum(), atol=1e-10)


def test_mel_triangles_are_equally_spaced_and_peak_at_one():
    matrix = audio.mel_matrix(1025, 40, rate=16000, low=0.0)
    mel = audio.hertz_to_mel(np.linspace(0, 8000, 1025))
    step = audio.hertz_to_mel(8000.0) / 41
    for k in range(40):
        centre = (k + 1) * step
        expected = np.maximum(0, 1 - np.abs(mel - centre) / step)
        np.testing.assert_allclose(matrix[:, k], expected, atol=1e-9)
    np.testing.assert_allclose(matrix.sum(axis=1)[(mel > step) & (mel < 40 * step)], 1.0, atol=1e-9)


def test_a_tone_is_loudest_in_the_band_around_it_and_decibels_are_cut():
    bands = audio.mel_spectrogram(np.sin(2 * np.pi * 1000 * T), RATE, 256, mels=40)
    edges = audio.mel_to_hertz(np.linspace(audio.hertz_to_mel(20), audio.hertz_to_mel(4000), 42))
    for k in bands.argmax(axis=1):
        assert edges[k] < 1000 < edges[k + 2]
    assert bands.min() >= bands.max() - 80


def test_lengths_are_cut_and_padded_in_the_middle():
    np.testing.assert_array_equal(audio.fix_length(X, 1000), X[500:1500])
    padded = audio.fix_length(np.ones((2, 3)), 6)
    np.testing.assert_array_equal(padded, [[0, 1, 1, 1, 0, 0]] * 2)


@pytest.mark.parametrize("mode", ["magnitude", "psd", "log", "real", "imag"])
def test_the_spectrogram_layer_gives_what_the_function_gives(mode):
    waves = np.stack([X, X[::-1]]).astype("float32")
    layer = layers.STFTSpectrogram(mode, 128, 48, 200, periodic=True, scaling=None, expand_dims=True)
    weights = audio.window("hann", 128)
    index = audio.frame_index(2000, 128, 48)
    there = np.fft.rfft(waves[:, index] * weights, 200)
    expected = {
        "magnitude": np.abs(there), "psd": np.abs(there) ** 2, "real": there.real, "imag": there.imag,
        "log": np.log(np.maximum(np.abs(there) ** 2, 1e-7)),
    }[mode]  # fmt: skip
    found = layer(waves).numpy()
    assert found.shape == (2, 40, 101, 1)
    np.testing.assert_allclose(found[..., 0], expected, rtol=1e-3, atol=2e-3 if mode != "psd" else 2e-2)
    np.testing.assert_array_equal(layer(waves[..., None]).numpy(), found)


def test_scalings_divide_by_the_windows_weights():
    waves = X[None].astype("float32")
    plain = layers.STFTSpectrogram("magnitude", 128, scaling=None)(waves).numpy()
    weights = audio.window("hann", 128, periodic=False)
    density = layers.STFTSpectrogram("magnitude", 128)(waves).numpy()
    spectrum = layers.STFTSpectrogram("magnitude", 128, scaling="spectrum")(waves).numpy()
    np.testing.assert_allclose(density * np.sqrt((weights**2).sum()), plain, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(spectrum * weights.sum(), plain, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("decibels", [True, False])
def test_the_mel_layer_gives_what_the_function_gives_transposed(decibels):
    waves = np.stack([X, X[::-1]]).astype("float32")
    layer = layers.MelSpectrogram(
        256, 64, sampling_rate=RATE, num_mel_bins=40, power_to_db=decibels, max_freq=3500.0
    )
    expected = audio.mel_spectrogram(
        waves, RATE, 256, 64, mels=40, high=3500.0, decibels=decibels, center=True
    )
    scale = {"atol": 0.05} if decibels else {"rtol": 1e-3, "atol": 1e-2}
    np.testing.assert_allclose(layer(waves).numpy(), expected.transpose(0, 2, 1), **scale)


def test_a_model_that_begins_with_a_spectrogram_is_saved_whole(tmp_path):
    model = models.Sequential(
        [
            layers.Input(shape=(2000,)),
            layers.MelSpectrogram(128, 64, sampling_rate=RATE, num_mel_bins=16),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    model.save(tmp_path / "model.afina")
    again = models.load_model(tmp_path / "model.afina")
    x = X[None].astype("float32")
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: audio.band_filter(X, RATE), "band_filter: needs low, high or both"),
        (lambda: audio.band_filter(X, RATE, low=2000, high=1000), "band_filter: needs low"),
        (lambda: audio.band_filter(X, RATE, high=4000), "band_filter: needs low"),
        (lambda: audio.band_filter(X, -1, high=4000), "band_filter: rate"),
        (lambda: audio.band_filter(X, RATE, low=100, order=0), "band_filter: order"),
        (lambda: audio.band_filter("text", RATE, low=100), "band_filter: x must be real"),
        (lambda: audio.stft(X[:100], 128), "stft: frames of 128 need"),
        (lambda: audio.stft(X, 128, 0), "stft: frame_step"),
        (lambda: audio.stft(X, 128, window_name="square"), "window: name"),
        (lambda: audio.spectrogram(np.zeros((2, 0))), "spectrogram: x must be waveforms"),
        (lambda: audio.mel_matrix(129, 40, rate=8000, low=5000), "mel_matrix: needs"),
        (lambda: audio.mel_matrix(129, 0, rate=8000), "mel_matrix: mels"),
        (lambda: audio.power_to_db([1.0], least=0.0), "power_to_db: least"),
        (lambda: audio.fix_length(X, -3), "fix_length: samples"),
        (lambda: layers.STFTSpectrogram("loud"), "STFTSpectrogram.*mode"),
        (lambda: layers.STFTSpectrogram(fft_length=100), "STFTSpectrogram.*fft_length"),
        (lambda: layers.STFTSpectrogram(frame_length=0), "STFTSpectrogram.*frame_length"),
        (lambda: layers.STFTSpectrogram(window="square"), "STFTSpectrogram.*window"),
        (lambda: layers.STFTSpectrogram(scaling="loud"), "STFTSpectrogram.*scaling"),
        (lambda: layers.STFTSpectrogram()(np.zeros((2, 100), "float32")), "STFTSpectrogram.*frames of 256"),
        (lambda: layers.STFTSpectrogram()(np.zeros((2, 300, 2), "float32")), "STFTSpectrogram.*inputs must"),
        (lambda: layers.MelSpectrogram(min_freq=9000.0), "MelSpectrogram.*min_freq"),
        (lambda: layers.MelSpectrogram(sequence_length=4096), "MelSpectrogram.*sequence_length"),
        (lambda: layers.MelSpectrogram(top_db=-1.0), "MelSpectrogram.*top_db"),
    ],
)
def test_wrong_arguments_are_named(call, text):
    with pytest.raises(AfinaError, match=text):
        call()
