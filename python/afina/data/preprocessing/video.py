"""Videos (frames, h, w) or (frames, h, w, c): frames chosen, motion measured, what moves cut out (D4)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import ArgumentError, DTypeError, ShapeError
from ...refusal import numbers, shown
from ...utils.optional import import_optional

Array = npt.NDArray[Any]


def sample_uniform(frames: int, count: int) -> npt.NDArray[np.int64]:
    """The numbers of `count` frames of `frames`, evenly spread: the middles of `count` equal parts.

    floor((i + 1/2) frames / count) for i = 0 ... count - 1.

    >>> sample_uniform(10, 5).tolist()
    [1, 3, 5, 7, 9]
    """
    total, wanted = _counts("sample_uniform", frames, count)
    return ((2 * np.arange(wanted) + 1) * total // (2 * wanted)).astype(np.int64)


def motion(video: Any) -> Array:
    """The mean absolute change from each frame to the next, (frames - 1,).

    >>> motion(np.array([[[0.0]], [[0.0]], [[3.0]]])).tolist()
    [0.0, 3.0]
    """
    frames = _video("motion", video)
    later, earlier = frames[1:].astype(np.float64), frames[:-1].astype(np.float64)
    return np.asarray(np.abs(later - earlier).mean(axis=tuple(range(1, frames.ndim))))


def sample_by_motion(video: Any, count: int) -> npt.NDArray[np.int64]:
    """The numbers of `count` frames, in order: close together where much moves, else far apart.

    The motion adds up to a curve over time; the frames stand at the middles of `count` equal parts of its
    height. Without any motion the frames are those of `sample_uniform`.

    >>> still, moving = np.zeros((10, 4, 4)), np.arange(5.0).reshape(5, 1, 1) * np.ones((5, 4, 4))
    >>> sample_by_motion(np.concatenate([still, moving, still + 4]), 3).tolist()
    [11, 12, 14]
    """
    frames = _video("sample_by_motion", video)
    total, wanted = _counts("sample_by_motion", len(frames), count)
    change = motion(frames)
    if change.sum() <= 0:
        return sample_uniform(total, wanted)
    curve = np.cumsum(change) / change.sum()
    found = np.searchsorted(curve, (np.arange(wanted) + 0.5) / wanted) + 1
    for i in range(1, wanted):  # one leap may hold several parts: each frame is taken once
        found[i] = max(found[i], found[i - 1] + 1)
    found = np.minimum(found, total - wanted + np.arange(wanted))
    return found.astype(np.int64)


def per_frame(video: Any, function: Callable[[Array], Any]) -> Array:
    """function(frame) of every frame, stacked: any preparation of images, for videos.

    >>> per_frame(np.ones((3, 4, 6)), lambda frame: frame[::2, ::2]).shape
    (3, 2, 3)
    """
    frames = _video("per_frame", video)
    if not callable(function):
        raise DTypeError(f"per_frame: function must be a function, got {shown(function)}")
    made = [np.asarray(function(frame)) for frame in frames]
    if len({one.shape for one in made}) > 1:
        raise ShapeError(f"per_frame: function gave different shapes: {sorted({one.shape for one in made})}")
    return np.stack(made)


def optical_flow(
    first: Any, second: Any, *, window: float = 3.0, levels: int = 3, iterations: int = 5
) -> Array:
    """How far each pixel of `first` has moved in `second`: (h, w, 2), right and down, in pixels.

    Lucas and Kanade's least squares (1981): around each pixel, under a Gaussian of standard deviation
    `window`, the shift that best explains the change by the gradient. From coarse to fine over `levels`
    halvings, `iterations` corrections each; where there is no gradient the flow is 0. Frames (h, w), or
    (h, w, c) averaged over c. Needs SciPy (the extra `data`).

    >>> square = np.zeros((32, 32)); square[10:20, 10:20] = 1
    >>> flow = optical_flow(square, np.roll(square, 2, axis=1))
    >>> np.round(np.median(flow[10:20, 10:20], axis=(0, 1))).tolist()
    [2.0, -0.0]
    """
    a, b = _grey("optical_flow", "first", first), _grey("optical_flow", "second", second)
    if a.shape != b.shape:
        raise ShapeError(f"optical_flow: frames of shapes {a.shape} and {b.shape} differ")
    if not isinstance(window, (int, float)) or isinstance(window, bool) or not 0.1 <= window <= 1e3:
        raise ArgumentError(f"optical_flow: window must be a number in [0.1, 1000], got {shown(window)}")
    depth = _whole("optical_flow", "levels", levels)
    rounds = _whole("optical_flow", "iterations", iterations)
    image = import_optional("scipy.ndimage", "optical flow")
    pyramid = [(a, b)]
    while len(pyramid) < depth and min(pyramid[-1][0].shape) >= 16:
        pyramid.append(tuple(image.gaussian_filter(frame, 1.0)[::2, ::2] for frame in pyramid[-1]))
    flow = np.zeros((*pyramid[-1][0].shape, 2))
    for earlier, later in reversed(pyramid):
        if flow.shape[:2] != earlier.shape:
            rows, columns = (
                np.minimum(np.arange(n) // 2, m - 1) for n, m in zip(earlier.shape, flow.shape, strict=False)
            )
            flow = 2.0 * flow[rows][:, columns]
        flow = _corrected(image, earlier, later, flow, float(window), rounds)
    down, right = np.gradient(a)
    energy = image.gaussian_filter(down * down + right * right, window)
    flow[energy <= 1e-3 * energy.max()] = 0.0
    return flow


def _corrected(image: Any, first: Array, second: Array, flow: Array, window: float, rounds: int) -> Array:
    """The flow of one level, corrected by what is left of the change when `second` is moved back."""
    rows, columns = np.mgrid[: first.shape[0], : first.shape[1]].astype(float)

    def blurred(values: Array) -> Array:
        return np.asarray(image.gaussian_filter(values, window))

    down, right = np.gradient(first)
    a, b, c = blurred(right * right), blurred(right * down), blurred(down * down)
    weight = 1e-4 * max(float((a + c).max()), 1e-30)  # pulls towards no correction where there is no gradient
    determinant = (a + weight) * (c + weight) - b * b
    for _ in range(rounds):
        moved = image.map_coordinates(
            second, [rows + flow[..., 1], columns + flow[..., 0]], order=1, mode="nearest"
        )
        left = first - moved
        u, v = blurred(right * left), blurred(down * left)
        flow = (
            flow
            + np.stack([((c + weight) * u - b * v), ((a + weight) * v - b * u)], -1) / determinant[..., None]
        )
    return flow


def motion_segmentation(
    video: Any, *, threshold: float | None = None, least: int = 9
) -> npt.NDArray[np.int64]:
    """What moves, told apart: (frames, h, w), 0 for the still background, 1, 2, ... for moving regions.

    The background is the median over time; a pixel that differs from it by more than `threshold` (Otsu's, of
    all differences, unless given) moves. Neighbouring ones of a frame make a region; regions below `least`
    pixels are noise. They are numbered by size, the largest first. Needs SciPy (the extra `data`).

    >>> video = np.zeros((5, 8, 12))
    >>> for t in range(5): video[t, 2:5, 2 * t : 2 * t + 3] = 1
    >>> [int((mask == 1).sum()) for mask in motion_segmentation(video)]
    [9, 9, 9, 9, 9]
    """
    frames = _video("motion_segmentation", video)
    frames = frames.astype(np.float64)
    frames = frames.mean(axis=-1) if frames.ndim == 4 else frames
    smallest = _whole("motion_segmentation", "least", least)
    difference = np.abs(frames - np.median(frames, axis=0))
    if threshold is None:
        limit = otsu_threshold(difference)
    elif (
        isinstance(threshold, (int, float)) and not isinstance(threshold, bool) and 0 <= threshold < math.inf
    ):
        limit = float(threshold)
    else:
        raise ArgumentError(f"motion_segmentation: threshold must be a number from 0, got {shown(threshold)}")
    image = import_optional("scipy.ndimage", "motion segmentation")
    found = np.zeros(frames.shape, np.int64)
    for t, moving in enumerate(difference > limit):
        labels, _ = image.label(moving, np.ones((3, 3)))
        sizes = np.bincount(labels.ravel())[1:]
        order = [k for k in np.argsort(-sizes, kind="stable") if sizes[k] >= smallest]
        for number, k in enumerate(order, 1):
            found[t][labels == k + 1] = number
    return found


def otsu_threshold(values: Any, bins: int = 256) -> float:
    """The cut that leaves the two sides the least variance of their own (Otsu 1979), by a histogram.

    >>> 1.0 < otsu_threshold([0.0, 0.1, 0.9, 5.0, 5.1]) < 5.0
    True
    """
    array = np.asarray(numbers("otsu_threshold", "values", values), np.float64).ravel()
    if array.size == 0 or not np.isfinite(array).all():
        raise ArgumentError("otsu_threshold: values must be finite numbers, at least one")
    count, edges = np.histogram(array, _whole("otsu_threshold", "bins", bins))
    middle = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(count)
    above = below[-1] - below
    sums = np.cumsum(count * middle)
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = sums / below - (sums[-1] - sums) / above
    between = np.where((below > 0) & (above > 0), below * above * np.square(gap), 0.0)
    best = np.flatnonzero(between >= between.max() * (1 - 1e-12))  # a gap without values: cut in its middle
    return float(edges[1:][(best[0] + best[-1]) // 2])


def _video(who: str, video: Any) -> Array:
    frames = np.asarray(numbers(who, "video", video))
    if frames.ndim not in (3, 4) or frames.size == 0:
        raise ShapeError(
            f"{who}: video must be (frames, h, w) or (frames, h, w, c), got shape {frames.shape}"
        )
    if frames.dtype.kind == "f" and not np.isfinite(frames).all():
        raise ArgumentError(f"{who}: video holds NaN or infinity")
    return frames


def _grey(who: str, name: str, frame: Any) -> Array:
    array = np.asarray(numbers(who, name, frame), np.float64)
    if array.ndim not in (2, 3) or min(array.shape, default=0) < 1 or min(array.shape[:2]) < 2:
        raise ShapeError(f"{who}: {name} must be a frame (h, w) or (h, w, c), got shape {array.shape}")
    if not np.isfinite(array).all():
        raise ArgumentError(f"{who}: {name} holds NaN or infinity")
    return array.mean(axis=-1) if array.ndim == 3 else array


def _counts(who: str, frames: Any, count: Any) -> tuple[int, int]:
    total, wanted = _whole(who, "frames", frames), _whole(who, "count", count)
    if wanted > total:
        raise ArgumentError(f"{who}: count is {wanted}, but there are {total} frames")
    return total, wanted


def _whole(who: str, name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ArgumentError(f"{who}: {name} must be a whole number from 1, got {shown(value)}")
    return int(value)
