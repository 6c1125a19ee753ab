"""Word vectors: the cost falls, planted synonyms become neighbours, as near as gensim puts them."""

import numpy as np
import pytest

from afina.data.preprocessing.word2vec import Word2Vec
from afina.errors import AfinaError

PAIRS = [
    ("big", "large"),
    ("car", "auto"),
    ("fast", "quick"),
    ("house", "home"),
    ("dog", "hound"),
    ("sad", "unhappy"),
]

# of gensim 4.4.0, Word2Vec(vector_size=16, window=2, negative=5, epochs=30, seed=1), on the sentences below
GENSIMS_MEAN_RANK = {"skip_gram": 1.0, "cbow": 1.0}


def corpus(sentences=1200, seed=0):
    """Every pair has a topic of eight words of its own; either synonym stands between six of them."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(sentences):
        topic = int(rng.integers(len(PAIRS)))
        around = [f"t{topic}w{int(k)}" for k in rng.integers(0, 8, 6)]
        found.append([*around[:3], PAIRS[topic][int(rng.integers(2))], *around[3:]])
    return found


SENTENCES = corpus()


def ranks(vectors):
    """Of each word of a pair, the place of its synonym among all words by cosine; 1 is the nearest."""
    names = sorted({word for sentence in SENTENCES for word in sentence})
    units = np.stack([vectors[name] / np.linalg.norm(vectors[name]) for name in names])
    found = []
    for pair in PAIRS:
        for word, other in (pair, pair[::-1]):
            cosine = units @ units[names.index(word)]
            found.append(
                int((cosine > cosine[names.index(other)] + 1e-9).sum())
            )  # the word itself counts one
    return found


@pytest.mark.parametrize("mode", ["skip_gram", "cbow"])
def test_the_cost_falls_and_planted_synonyms_are_nearest_neighbours(mode):
    model = Word2Vec(16, window=2, mode=mode, epochs=6, learning_rate=0.02, seed=1).fit(SENTENCES)
    assert len(model.history) == 6
    assert model.history[-1] < 0.8 * model.history[0]
    assert np.mean(ranks(model)) <= GENSIMS_MEAN_RANK[mode] + 0.5
    nearest = {word: model.most_similar(word, 1)[0][0] for pair in PAIRS for word in pair}
    assert sum(nearest[a] == b for a, b in PAIRS) + sum(nearest[b] == a for a, b in PAIRS) >= 9
    assert model.similarity("big", "large") > model.similarity("big", "dog") + 0.5


def test_a_seed_fixes_the_vectors():
    first, again, other = (Word2Vec(8, epochs=1, seed=seed).fit(SENTENCES[:100])["big"] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_rare_words_are_left_out():
    model = Word2Vec(8, epochs=1, min_count=2).fit([["a", "b", "a", "b"], ["a", "once"]])
    assert sorted(model.vocabulary.words) == ["a", "b"]
    assert [word for word, _ in model.most_similar("a")] == ["b"]
    with pytest.raises(AfinaError, match="'once' was not learned"):
        model["once"]


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: Word2Vec(0), "dimensions"),
        (lambda: Word2Vec(mode="glove"), "mode"),
        (lambda: Word2Vec(learning_rate=-1.0), "learning_rate"),
        (lambda: Word2Vec(negative=1.5), "negative"),
        (lambda: Word2Vec(seed=-1), "seed"),
        (lambda: Word2Vec()["word"], "call fit"),
        (lambda: Word2Vec().fit([["alone"]]), "neighbouring"),
        (lambda: Word2Vec().fit(["a text"]), "a sentence must be a list"),
        (lambda: Word2Vec(epochs=1).fit([["a", "b"]]).most_similar("a", 0), "count"),
    ],
)
def test_wrong_arguments_are_named(call, name):
    with pytest.raises(AfinaError, match=f"Word2Vec.*{name}"):
        call()
