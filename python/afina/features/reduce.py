"""Features made smaller: principal components, and product quantization (K6)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ArgumentError, NotBuiltError, ShapeError
from ..refusal import numbers, shown
from ..utils.optional import import_optional

Array = npt.NDArray[Any]


def pca(components: float, **arguments: Any) -> Any:
    """scikit-learn's `PCA`, to fit on training rows. `components`: how many, or the share of variance kept.

    >>> import numpy as np
    >>> rows = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])
    >>> pca(1).fit_transform(rows).round(3).ravel().tolist()
    [-1.414, 0.0, 1.414]
    """
    decomposition = import_optional("sklearn.decomposition", "pca")
    return decomposition.PCA(components, **{"random_state": 0, **arguments})


class ProductQuantizer:
    """Rows as a few bytes: cut into `parts` equal pieces, each replaced by the nearest of `codes` centres.

    The centres of each piece are found by k-means (scikit-learn, extra `data`) on the rows given to `fit`
    (Jegou et al. 2011). `encode` gives (n, parts) codes, uint8 up to 256 centres, `decode` the rows they
    stand for; `distances` compares a query with codes through a table, without decoding. Raises
    `ArgumentError`, `ShapeError` for rows that cannot be cut, `NotBuiltError` before `fit`.

    >>> rows = np.repeat(np.eye(4), 3, axis=0)
    >>> quantizer = ProductQuantizer(parts=2, codes=3).fit(rows)
    >>> quantizer.encode(rows).shape, bool(np.allclose(quantizer.decode(quantizer.encode(rows)), rows))
    ((12, 2), True)
    """

    def __init__(self, parts: int = 8, codes: int = 256, *, seed: int = 0) -> None:
        for name, value in (("parts", parts), ("codes", codes)):
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 65536:
                raise ArgumentError(f"ProductQuantizer: {name} must lie in 1..65536, got {shown(value)}")
        self.parts, self.codes, self.seed = parts, codes, seed
        self.centres: Array | None = None  # (parts, codes, width)

    def fit(self, rows: Any) -> ProductQuantizer:
        """Find the centres; with fewer than `codes` different rows there are fewer centres."""
        cluster = import_optional("sklearn.cluster", "ProductQuantizer")
        pieces = self._cut(rows)
        count = min(self.codes, *[len(np.unique(piece, axis=0)) for piece in pieces])
        found = [
            cluster.KMeans(count, n_init=1, random_state=self.seed).fit(piece).cluster_centers_
            for piece in pieces
        ]
        self.centres = np.stack(found).astype(np.float32)
        return self

    def encode(self, rows: Any) -> Array:
        """The number of the nearest centre, for each piece of each row."""
        centres = self._known()
        pieces = zip(self._cut(rows), centres, strict=True)
        codes = np.stack([self._squares(piece, mine).argmin(1) for piece, mine in pieces], axis=1)
        return codes.astype(np.uint8 if centres.shape[1] <= 256 else np.uint16)

    def decode(self, codes: Any) -> Array:
        """The rows that codes (n, parts) stand for."""
        centres = self._known()
        given = np.asarray(numbers("decode", "codes", codes))
        if given.ndim != 2 or given.shape[1] != self.parts or given.dtype.kind not in "iu":
            raise ShapeError(
                f"ProductQuantizer: codes must be whole numbers (n, {self.parts}), got {given.shape}"
            )
        if given.size and not 0 <= int(given.min()) <= int(given.max()) < centres.shape[1]:
            raise ArgumentError(f"ProductQuantizer: codes must lie in 0..{centres.shape[1] - 1}")
        return np.concatenate([centres[part][given[:, part]] for part in range(self.parts)], axis=1)

    def distances(self, query: Any, codes: Any) -> Array:
        """Squared distances of one row to every coded one: a table of query pieces to centres, then sums."""
        pieces = self._cut(np.asarray(numbers("distances", "query", query)).reshape(1, -1))
        table = np.stack([self._squares(p, c)[0] for p, c in zip(pieces, self._known(), strict=True)])
        return np.asarray(table[np.arange(self.parts), np.asarray(codes)].sum(axis=1))

    def _known(self) -> Array:
        if self.centres is None:
            raise NotBuiltError("ProductQuantizer: call fit first")
        return self.centres

    def _cut(self, rows: Any) -> list[Array]:
        given = np.asarray(numbers("ProductQuantizer", "rows", rows), np.float32)
        if given.ndim != 2 or given.shape[1] % self.parts or not len(given):
            raise ShapeError(
                f"ProductQuantizer: rows must be (n, a multiple of parts={self.parts}), got {given.shape}"
            )
        if self.centres is not None and given.shape[1] != self.parts * self.centres.shape[2]:
            raise ShapeError(f"ProductQuantizer: rows have another width than those of fit: {given.shape}")
        return np.split(given, self.parts, axis=1)

    @staticmethod
    def _squares(piece: Array, centres: Array) -> Array:
        """(rows, centres): squared distances."""
        return np.asarray((piece**2).sum(1)[:, None] - 2 * piece @ centres.T + (centres**2).sum(1))
