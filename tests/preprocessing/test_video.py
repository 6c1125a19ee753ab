"""Videos: exact frame numbers, the moving third, three pixels to the right, what moves cut out."""

import numpy as np
import pytest
from scipy import ndimage

from afina.data.preprocessing import video
from afina.errors import AfinaError


def square_at(left, top=20, size=14, shape=(64, 96)):
    frame = np.zeros(shape)
    frame[top : top + size, left : left + size] = 1
    return frame


def textured(shift, seed=0):
    """A smooth random picture moved by (right, down)."""
    picture = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(80, 100)), 2, mode="wrap")
    return ndimage.shift(picture, shift[::-1], order=3, mode="grid-wrap")


@pytest.mark.parametrize(
    ("frames", "count", "expected"),
    [
        (10, 5, [1, 3, 5, 7, 9]),
        (10, 1, [5]),
        (7, 3, [1, 3, 5]),
        (4, 4, [0, 1, 2, 3]),
        (300, 3, [50, 150, 250]),
    ],
)
def test_uniform_frames_are_the_middles_of_equal_parts(frames, count, expected):
    assert video.sample_uniform(frames, count).tolist() == expected


def test_frames_by_motion_come_from_the_third_that_moves():
    still = np.tile(square_at(10), (30, 1, 1))
    moving = np.stack([square_at(10 + t) for t in range(1, 31)])
    after = np.tile(square_at(40), (30, 1, 1))
    frames = np.concatenate([still, moving, after])
    found = video.sample_by_motion(frames, 8)
    assert (np.diff(found) > 0).all()
    assert found.min() >= 30
    assert found.max() < 61
    np.testing.assert_array_equal(video.sample_by_motion(still, 5), video.sample_uniform(30, 5))
    np.testing.assert_allclose(video.motion(frames)[[5, 80]], 0)


def test_a_leap_gives_every_frame_once():
    frames = np.zeros((20, 4, 4))
    frames[10:] = 1
    found = video.sample_by_motion(frames, 6)
    assert len(set(found.tolist())) == 6
    assert found.max() < 20
    frames = np.zeros((5, 4, 4))
    frames[4] = 1
    assert video.sample_by_motion(frames, 4).tolist() == [1, 2, 3, 4]


def test_a_square_that_moves_three_pixels_has_a_median_flow_of_three():
    first, second = square_at(30), square_at(33)
    flow = video.optical_flow(first, second)
    edge = np.abs(ndimage.gaussian_gradient_magnitude(first, 1)) > 0.05
    np.testing.assert_allclose(np.median(flow[edge], axis=0), [3.0, 0.0], atol=0.2)
    np.testing.assert_allclose(np.median(flow[20:34, 30:44], axis=(0, 1)), [3.0, 0.0], atol=0.2)
    assert np.abs(flow[:, :8]).max() < 0.05  # far from anything


@pytest.mark.parametrize("shift", [(0.4, -0.7), (3.0, 0.0), (-2.5, 4.0)])
def test_a_moved_texture_flows_by_its_shift_everywhere(shift):
    flow = video.optical_flow(textured((0, 0)), textured(shift))
    inner = flow[10:-10, 10:-10]
    np.testing.assert_allclose(np.median(inner, axis=(0, 1)), shift, atol=0.1)
    assert np.abs(inner - shift).mean() < 0.15
    colour = (
        np.repeat(textured((0, 0))[..., None], 3, axis=2),
        np.repeat(textured(shift)[..., None], 3, axis=2),
    )
    np.testing.assert_allclose(video.optical_flow(*colour), flow, atol=1e-9)


def test_two_moving_squares_are_cut_out_and_numbered_by_size():
    rng = np.random.default_rng(0)
    background = rng.uniform(0, 0.3, (64, 96))
    frames, truth = [], []
    for t in range(12):
        big, small = square_at(4 + 6 * t, 10), square_at(80 - 6 * t, 44, 7)
        frames.append(np.clip(background + big + small, 0, 1) + 0.01 * rng.normal(size=(64, 96)))
        truth.append(big + 2 * small)
    found = video.motion_segmentation(np.stack(frames))
    assert found.max() == 2
    for mask, expected in zip(found, truth, strict=True):
        assert (mask == expected).mean() > 0.99
    still = np.tile(background, (6, 1, 1))
    assert video.motion_segmentation(still, threshold=0.1).max() == 0


def test_any_preparation_of_images_is_done_frame_by_frame():
    frames = np.random.default_rng(0).uniform(size=(5, 6, 8, 3))
    halved = video.per_frame(frames, lambda frame: frame[::2, ::2])
    np.testing.assert_array_equal(halved, frames[:, ::2, ::2])


def test_otsus_cut_parts_two_clusters():
    rng = np.random.default_rng(0)
    low, high = rng.normal(1, 0.2, 900), rng.normal(5, 0.3, 100)
    assert low.max() < video.otsu_threshold(np.concatenate([low, high])) < high.min()


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: video.sample_uniform(3, 5), "sample_uniform: count is 5"),
        (lambda: video.sample_uniform(0, 1), "sample_uniform: frames"),
        (lambda: video.sample_uniform(5, 1.5), "sample_uniform: count"),
        (lambda: video.sample_by_motion(np.zeros((3, 4, 4)), 4), "sample_by_motion: count"),
        (lambda: video.sample_by_motion(np.zeros((4, 4)), 2), "sample_by_motion: video must be"),
        (lambda: video.motion("text"), "motion: video must be real"),
        (lambda: video.motion(np.full((2, 2, 2), np.nan)), "motion: video holds NaN"),
        (lambda: video.per_frame(np.zeros((3, 4, 4)), 3), "per_frame: function"),
        (lambda: video.per_frame(np.tri(3)[:, None], lambda f: np.zeros(int(f.sum()))), "different shapes"),
        (lambda: video.optical_flow(np.zeros((4, 4)), np.zeros((4, 5))), "optical_flow: frames of shapes"),
        (lambda: video.optical_flow(np.zeros(4), np.zeros(4)), "optical_flow: first must be"),
        (lambda: video.optical_flow(np.eye(4), np.eye(4), window=0), "optical_flow: window"),
        (lambda: video.optical_flow(np.eye(4), np.eye(4), levels=0), "optical_flow: levels"),
        (
            lambda: video.motion_segmentation(np.zeros((2, 4, 4)), threshold=-1),
            "motion_segmentation: threshold",
        ),
        (lambda: video.motion_segmentation(np.zeros((2, 4, 4)), least=0), "motion_segmentation: least"),
        (lambda: video.otsu_threshold([]), "otsu_threshold: values"),
    ],
)
def test_wrong_arguments_are_named(call, name):
    with pytest.raises(AfinaError, match=name):
        call()
