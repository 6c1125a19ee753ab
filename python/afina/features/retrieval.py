"""Images like a given one: the nearest rows of features, and a picture of what was found (K6)."""

from __future__ import annotations

import importlib
import os
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ArgumentError, ShapeError
from ..refusal import numbers, shown
from ..utils.optional import import_optional

Array = npt.NDArray[Any]


class Retrieval:
    """The rows (n, width) of a collection, to be searched by the cosine of the angle to a query.

    `metric="euclidean"` compares distances instead. FAISS searches where it is installed, scikit-learn
    (extra `data`) otherwise. Raises `ShapeError` for rows that do not fit, `ArgumentError` for a `k` outside
    of 1 to n.

    >>> index = Retrieval(np.eye(3))
    >>> index.search([[0.1, 1.0, 0.0]], k=2)[0].tolist()
    [[1, 0]]
    """

    def __init__(self, rows: Any, metric: str = "cosine") -> None:
        if metric not in ("cosine", "euclidean"):
            raise ArgumentError(f"Retrieval: metric must be 'cosine' or 'euclidean', got {shown(metric)}")
        self.metric = metric
        given = _rows("rows", rows)
        self.count, self.width = given.shape
        self._index = _index(self._scaled(given))

    def search(self, queries: Any, k: int = 5) -> tuple[Array, Array]:
        """(places (m, k), distances (m, k)) of the `k` nearest rows of each query, the nearest first.

        The distance is 1 - cosine, or the Euclidean one.
        """
        given = _rows("queries", queries)
        if given.shape[1] != self.width:
            raise ShapeError(f"Retrieval: queries must have {self.width} columns, got shape {given.shape}")
        if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= self.count:
            raise ArgumentError(f"Retrieval: k must lie in 1..{self.count}, got {shown(k)}")
        places, distances = self._index(self._scaled(given), k)
        return places, distances**2 / 2 if self.metric == "cosine" else distances

    def _scaled(self, rows: Array) -> Array:
        if self.metric == "euclidean":
            return rows
        return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12))


def _rows(name: str, value: Any) -> Array:
    rows = np.ascontiguousarray(numbers("Retrieval", name, value), np.float32)
    if rows.ndim != 2 or not rows.size:
        raise ShapeError(f"Retrieval: {name} must have shape (n, width), got {rows.shape}")
    return rows


def _index(rows: Array) -> Any:
    """A function of (queries, k) that gives places and Euclidean distances."""
    try:
        faiss = importlib.import_module("faiss")
    except ImportError:
        neighbors = import_optional("sklearn.neighbors", "Retrieval").NearestNeighbors().fit(rows)

        def by_scikit_learn(queries: Array, k: int) -> tuple[Array, Array]:
            distances, places = neighbors.kneighbors(queries, k)
            return places, distances

        return by_scikit_learn
    index = faiss.IndexFlatL2(rows.shape[1])
    index.add(rows)

    def by_faiss(queries: Array, k: int) -> tuple[Array, Array]:
        squares, places = index.search(queries, k)
        return places, np.sqrt(np.maximum(squares, 0))

    return by_faiss


def plot_neighbors(queries: Any, images: Any, places: Any, path: str | os.PathLike[str] | None = None) -> Any:
    """A picture with a row for each query: the query, then the images found; returns the matplotlib figure.

    `queries` (m, h, w) or (m, h, w, c), `images` the collection, `places` (m, k) from `Retrieval.search`.

    >>> photos = np.zeros((3, 4, 4), "uint8")
    >>> len(plot_neighbors(photos[:1], photos, [[0, 2]]).axes)
    3
    """
    figure = import_optional("matplotlib.figure", "drawing neighbours")
    found = np.asarray(places)
    shown_queries = list(queries)
    if found.ndim != 2 or len(found) != len(shown_queries):
        raise ShapeError(
            f"plot_neighbors: places must be ({len(shown_queries)}, k), a row a query, got {found.shape}"
        )
    rows, columns = found.shape
    made = figure.Figure(figsize=(1.6 * (columns + 1), 1.7 * rows), layout="constrained")
    for axes, query, row in zip(
        made.subplots(rows, columns + 1, squeeze=False), shown_queries, found, strict=True
    ):
        for axis, image, title in zip(axes, [query, *[images[i] for i in row]], ["query", *row], strict=True):
            axis.imshow(np.squeeze(image), cmap="gray")
            axis.set_title(str(title), fontsize=8)
            axis.set_axis_off()
    if path is not None:
        made.savefig(path, dpi=120)
    return made
