"""Word vectors learned from the words around: CBOW and skip-gram with negative samples (D4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ... import layers, losses, models, optimizers
from ...errors import ArgumentError, NotBuiltError
from ...refusal import shown
from ..loader import Loader
from ..order import check_seed
from .text import Vocabulary, positive, sentence_words, skip_gram_pairs

Array = npt.NDArray[Any]
MODES = ("skip_gram", "cbow")


class Word2Vec:
    """A vector for each word, so that words with the same neighbours lie close (Mikolov and others 2013).

    mode="skip_gram" guesses each neighbour of a word from it; "cbow" guesses a word from the mean vector of
    its neighbours. Either way the right word is told from `negative` others drawn by count^0.75: the cost is
    -log s(u.v) - sum log s(-u'.v), trained by Adam on two `Embedding` layers, whose first one is kept.

    `dimensions` of the vectors; `window`: words on either side; `epochs`, `batch_size`, `learning_rate`;
    `min_count`: rarer words are left out. `history` has the mean cost of each epoch. The seed fixes the rest.

    >>> sentences = [["red", "wine"], ["white", "wine"], ["red", "car"]] * 20
    >>> model = Word2Vec(8, epochs=2, batch_size=16).fit(sentences)
    >>> model["wine"].shape, len(model.most_similar("red", 2))
    ((8,), 2)
    """

    def __init__(
        self,
        dimensions: int = 50,
        window: int = 2,
        mode: str = "skip_gram",
        *,
        negative: int = 5,
        epochs: int = 5,
        batch_size: int = 256,
        learning_rate: float = 0.01,
        min_count: int = 1,
        seed: int = 0,
    ) -> None:
        self.dimensions = positive("Word2Vec", "dimensions", dimensions)
        self.window = positive("Word2Vec", "window", window)
        if not isinstance(mode, str) or mode not in MODES:
            raise ArgumentError(f"Word2Vec: mode must be one of {MODES}, got {shown(mode)}")
        self.mode = mode
        self.negative = positive("Word2Vec", "negative", negative)
        self.epochs = positive("Word2Vec", "epochs", epochs)
        self.batch_size = positive("Word2Vec", "batch_size", batch_size)
        real = isinstance(learning_rate, (int, float)) and not isinstance(learning_rate, bool)
        if not real or not 0 < learning_rate < float("inf"):
            raise ArgumentError(f"Word2Vec: learning_rate must be positive, got {shown(learning_rate)}")
        self.learning_rate = float(learning_rate)
        self.vocabulary = Vocabulary(min_count=min_count)
        self.seed = check_seed(seed, "Word2Vec")
        self.history: list[float] = []
        self._vectors: Array | None = None

    def fit(self, sentences: Sequence[Sequence[str]]) -> Word2Vec:
        """Learn from lists of words; what was learned before is forgotten."""
        kept = [sentence_words("Word2Vec", sentence) for sentence in sentences]
        self.vocabulary.fit(kept)
        coded = [self._known(sentence) for sentence in kept]
        inputs, targets = self._pairs(coded) if self.mode == "skip_gram" else self._surroundings(coded)
        if len(targets) == 0:
            raise ArgumentError(
                "Word2Vec: the sentences have no two neighbouring words that come often enough"
            )
        loader = Loader(
            (inputs, targets),
            self.batch_size,
            shuffle=True,
            seed=self.seed,
            batch_transform=self._with_negatives,
        )
        network, table = self._network(inputs.shape[1])
        found = network.fit(loader, epochs=self.epochs, verbose=0)
        self.history = list(found.history["loss"])
        self._vectors = table.get_weights()[0]
        return self

    def __getitem__(self, word: str) -> Array:
        """The word's vector."""
        return np.array(self._table()[self._number(word)])

    def similarity(self, first: str, second: str) -> float:
        """The cosine of the angle between two words' vectors."""
        a, b = self[first], self[second]
        return float(a @ b / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-12))

    def most_similar(self, word: str, count: int = 10) -> list[tuple[str, float]]:
        """The `count` words with the largest cosine, best first, without the word itself."""
        count = positive("Word2Vec", "count", count)
        own = self._number(word)
        table = self._table()
        units = table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-12)
        cosine = units @ units[own]
        cosine[[0, 1, own]] = -np.inf  # padding, unknown words, itself
        best = np.argsort(-cosine, kind="stable")[: min(count, len(self.vocabulary.words) - 1)]
        return [(self.vocabulary.words[i - 2], float(cosine[i])) for i in best]

    def _known(self, sentence: Sequence[str]) -> list[int]:
        return [number for number in self.vocabulary.encode(sentence) if number > 1]

    def _pairs(self, coded: list[list[int]]) -> tuple[Array, Array]:
        """Each word, and one of its neighbours to guess."""
        pairs = [pair for sentence in coded for pair in skip_gram_pairs(sentence, self.window)]
        array = np.array(pairs, np.int32).reshape(-1, 2)
        return array[:, :1], array[:, 1]

    def _surroundings(self, coded: list[list[int]]) -> tuple[Array, Array]:
        """The up to 2 * window neighbours of each word, filled up with 0, and the word to guess."""
        rows, targets = [], []
        for sentence in coded:
            for i, word in enumerate(sentence):
                around = sentence[max(0, i - self.window) : i] + sentence[i + 1 : i + 1 + self.window]
                if around:
                    rows.append(around + [0] * (2 * self.window - len(around)))
                    targets.append(word)
        return np.array(rows, np.int32).reshape(-1, 2 * self.window), np.array(targets, np.int32)

    def _with_negatives(self, batch: Any, generator: np.random.Generator) -> Any:
        """Inputs, their weights in the mean, the right word beside drawn ones; labels 1, 0, ..., 0."""
        inputs, targets = batch
        shares = np.cumsum(np.asarray(self.vocabulary.counts, np.float64) ** 0.75)
        drawn = np.searchsorted(shares, generator.random((len(targets), self.negative)) * shares[-1]) + 2
        candidates = np.concatenate([targets[:, None], drawn.astype(np.int32)], axis=1)
        present = (inputs > 0).astype(np.float32)
        labels = np.zeros(candidates.shape, np.float32)
        labels[:, 0] = 1
        return (inputs, present / present.sum(axis=1, keepdims=True), candidates), labels

    def _network(self, width: int) -> tuple[Any, Any]:
        """Scores (batch, 1 + negative), and the layer whose rows become the words' vectors."""
        size = len(self.vocabulary)
        words = layers.Input(shape=(width,), dtype="int32")
        weights = layers.Input(shape=(width,))
        candidates = layers.Input(shape=(1 + self.negative,), dtype="int32")
        start = np.random.Generator(np.random.Philox(key=[self.seed, 2**63]))
        table = layers.Embedding(size, self.dimensions)
        outer = layers.Embedding(size, self.dimensions, embeddings_initializer="zeros")
        mean = layers.Dot((1, 1))([weights, table(words)])
        scores = layers.Dot((1, 2))([mean, outer(candidates)])
        network = models.Model([words, weights, candidates], scores)
        table.set_weights([(start.random((size, self.dimensions)) - 0.5) / self.dimensions])
        network.compile(
            optimizers.Adam(learning_rate=self.learning_rate), losses.BinaryCrossentropy(from_logits=True)
        )
        return network, table

    def _table(self) -> Array:
        if self._vectors is None:
            raise NotBuiltError("Word2Vec: call fit with sentences first")
        return self._vectors

    def _number(self, word: str) -> int:
        self._table()
        if word not in self.vocabulary:
            raise ArgumentError(f"Word2Vec: {word!r} was not learned; it came too seldom or never")
        return self.vocabulary.encode([word])[0]
