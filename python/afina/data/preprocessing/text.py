"""Texts in Portuguese, Spanish and English: cleaned, cut into words, stemmed, counted, numbered (D4)."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import ArgumentError, DTypeError, NotBuiltError
from ...refusal import shown
from ...utils.optional import import_optional
from .stop_words import STOP_WORDS

LANGUAGES = {"en": "english", "es": "spanish", "pt": "portuguese"}
UNKNOWN = 1  # the number of a word that was not seen; 0 pads

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")


def clean(
    text: str,
    *,
    lower: bool = True,
    accents: bool = True,
    digits: bool = True,
    remove: str = "",
) -> str:
    """Letters and digits with single spaces between: punctuation, symbols and the characters of `remove` go.

    `lower`: in lower case. `accents=False` takes accents off ("ação" becomes "acao"). `digits=False` removes
    digits, too. An apostrophe inside a word stays.

    >>> clean("¡Olá,  Mundo 2!", digits=False)
    'olá mundo'
    """
    letters = unicodedata.normalize("NFC", _text("clean", "text", text))
    for symbol in _text("clean", "remove", remove):
        letters = letters.replace(symbol, " ")
    letters = letters.lower() if lower else letters
    if not accents:
        parts = unicodedata.normalize("NFD", letters)
        letters = unicodedata.normalize("NFC", "".join(c for c in parts if unicodedata.category(c) != "Mn"))
    if not digits:
        letters = "".join(" " if c.isdigit() else c for c in letters)
    return " ".join(_WORD.findall(letters))


def words(
    text: str, language: str | None = None, *, stop_words: bool = False, stem: bool = False, **options: Any
) -> list[str]:
    """The words of `clean(text, **options)`: without the language's stop words, and stemmed, where asked for.

    `language`: "en", "es" or "pt", needed for either. Stemming needs snowballstemmer (the extra `text`).

    >>> words("The running dogs", "en", stop_words=True)
    ['running', 'dogs']
    """
    found = clean(text, **options).split()
    if stop_words:
        unwanted = STOP_WORDS[_language("words", language)]
        found = [word for word in found if word.lower() not in unwanted]
    if stem:
        stemmer = _stemmer(_language("words", language))
        found = [stemmer(word) for word in found]
    return found


def stem(word: str, language: str) -> str:
    """The word without its endings, by Snowball's algorithm for "en", "es" or "pt" (Porter 2001).

    Needs snowballstemmer (the extra `text`).

    >>> stem("running", "en"), stem("canciones", "es"), stem("canções", "pt")
    ('run', 'cancion', 'cançõ')
    """
    return _stemmer(_language("stem", language))(_text("stem", "word", word).lower())


@functools.lru_cache(maxsize=8)
def _stemmer(language: str) -> Callable[[str], str]:
    package = import_optional("snowballstemmer", "stemming")
    stemmed: Callable[[str], str] = package.stemmer(LANGUAGES[language]).stemWord
    return stemmed


class Vocabulary:
    """Words and their numbers: 0 pads, 1 stands for unknown words, then the seen ones, the commonest first.

    `max_words`: how many at most; `min_count`: how often a word must have come. `afina.layers.Embedding` with
    `input_dim=len(vocabulary)` takes the numbers.

    >>> vocabulary = Vocabulary().fit([["a", "rose", "is", "a", "rose"]])
    >>> vocabulary.encode(["a", "daisy", "is"]), vocabulary.decode([2, 3, 4])
    ([2, 1, 4], ['a', 'rose', 'is'])
    """

    def __init__(self, max_words: int | None = None, min_count: int = 1) -> None:
        self.max_words = None if max_words is None else positive("Vocabulary", "max_words", max_words)
        self.min_count = positive("Vocabulary", "min_count", min_count)
        self.words: list[str] = []
        self.counts: list[int] = []
        self._numbers: dict[str, int] = {}

    def fit(self, sentences: Iterable[Sequence[str]]) -> Vocabulary:
        """Count the words of the training sentences; equally common ones stay in the order they came."""
        counted = Counter(word for sentence in sentences for word in sentence_words("Vocabulary", sentence))
        common = [(word, n) for word, n in counted.most_common(self.max_words) if n >= self.min_count]
        if not common:
            raise ArgumentError(f"Vocabulary: no word comes {self.min_count} times in the sentences")
        self.words = [word for word, _ in common]
        self.counts = [n for _, n in common]
        self._numbers = {word: number for number, word in enumerate(self.words, UNKNOWN + 1)}
        return self

    def __len__(self) -> int:
        return len(self.words) + UNKNOWN + 1

    def __contains__(self, word: object) -> bool:
        return word in self._numbers

    def encode(self, sentence: Sequence[str]) -> list[int]:
        """The numbers of the words."""
        if not self.words:
            raise NotBuiltError("Vocabulary: call fit with the training sentences first")
        return [self._numbers.get(word, UNKNOWN) for word in sentence_words("Vocabulary", sentence)]

    def decode(self, numbers: Iterable[int]) -> list[str]:
        """The words of the numbers; "" for 0 and "?" for 1."""
        names = ["", "?", *self.words]
        found = [int(number) for number in numbers]
        if any(not 0 <= number < len(names) for number in found):
            raise ArgumentError(f"Vocabulary: numbers must lie in [0, {len(names)}), got {shown(found)}")
        return [names[number] for number in found]


class BagOfWords:
    """How often each training word comes in each text: counts (texts, words), words in alphabetical order.

    `tokenizer(text)` gives the words, `clean(text).split()` unless given; `ngrams`: also runs of up to so
    many words, joined by spaces; `min_count`: in how many texts a word must come; `binary`: 1 for "comes at
    all".

    >>> bag = BagOfWords()
    >>> bag.fit(["a rose is a rose", "a daisy"]).words
    ['a', 'daisy', 'is', 'rose']
    >>> bag(["a rose", "a a rose tree"]).tolist()
    [[1, 0, 0, 1], [2, 0, 0, 1]]
    """

    def __init__(
        self,
        tokenizer: Callable[[str], Sequence[str]] | None = None,
        *,
        ngrams: int = 1,
        min_count: int = 1,
        binary: bool = False,
    ) -> None:
        if tokenizer is not None and not callable(tokenizer):
            raise ArgumentError(f"BagOfWords: tokenizer must be a function, got {shown(tokenizer)}")
        self.tokenizer = tokenizer or (lambda text: clean(text).split())
        self.ngrams = positive("BagOfWords", "ngrams", ngrams)
        self.min_count = positive("BagOfWords", "min_count", min_count)
        self.binary = bool(binary)
        self.words: list[str] = []

    def fit(self, texts: Sequence[str]) -> BagOfWords:
        """Collect the words of the training texts."""
        texts_with = Counter(word for text in _texts("BagOfWords", texts) for word in set(self._terms(text)))
        self.words = sorted(word for word, n in texts_with.items() if n >= self.min_count)
        if not self.words:
            raise ArgumentError(f"BagOfWords: no word comes in {self.min_count} texts")
        return self

    def __call__(self, texts: Sequence[str]) -> npt.NDArray[np.int64]:
        """The counts; words that were not in the training texts are left out."""
        if not self.words:
            raise NotBuiltError("BagOfWords: call fit with the training texts first")
        column = {word: i for i, word in enumerate(self.words)}
        given = _texts("BagOfWords", texts)
        counts = np.zeros((len(given), len(self.words)), np.int64)
        for row, text in enumerate(given):
            for word in self._terms(text):
                if word in column:
                    counts[row, column[word]] += 1
        return np.minimum(counts, 1) if self.binary else counts

    def _terms(self, text: str) -> list[str]:
        single = list(self.tokenizer(text))
        runs = range(2, self.ngrams + 1)
        return single + [" ".join(single[i : i + n]) for n in runs for i in range(len(single) - n + 1)]


def skip_gram_pairs(sentence: Sequence[Any], window: int = 2) -> list[tuple[Any, Any]]:
    """(word, neighbour) for every word and every word up to `window` places before and behind it, in order.

    >>> skip_gram_pairs("the quick brown".split(), window=1)
    [('the', 'quick'), ('quick', 'the'), ('quick', 'brown'), ('brown', 'quick')]
    """
    reach = positive("skip_gram_pairs", "window", window)
    if isinstance(sentence, (str, bytes)) or not isinstance(sentence, Sequence):
        raise DTypeError(f"skip_gram_pairs: sentence must be a list of words, got {shown(sentence)}")
    return [
        (word, sentence[j])
        for i, word in enumerate(sentence)
        for j in range(max(0, i - reach), min(len(sentence), i + reach + 1))
        if j != i
    ]


def pad_sequences(
    sequences: Sequence[Sequence[Any]],
    maxlen: int | None = None,
    dtype: str = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: float = 0,
) -> npt.NDArray[Any]:
    """Sequences of any length as one array (n, maxlen): filled with `value`, cut to `maxlen`, as in Keras.

    `padding` and `truncating`: at the beginning ("pre") or the end ("post"). `maxlen` None: the longest.

    >>> pad_sequences([[1, 2, 3], [4]], maxlen=2).tolist()
    [[2, 3], [0, 4]]
    """
    for name, word in (("padding", padding), ("truncating", truncating)):
        if word not in ("pre", "post"):
            raise ArgumentError(f"pad_sequences: {name} must be 'pre' or 'post', got {shown(word)}")
    if isinstance(sequences, (str, bytes)) or not isinstance(sequences, (Sequence, np.ndarray)):
        raise DTypeError(f"pad_sequences: sequences must be a list of lists, got {shown(sequences)}")
    if any(isinstance(one, (str, bytes)) or not isinstance(one, (Sequence, np.ndarray)) for one in sequences):
        raise DTypeError("pad_sequences: every sequence must be a list of numbers")
    longest = max((len(sequence) for sequence in sequences), default=0)
    size = longest if maxlen is None else positive("pad_sequences", "maxlen", maxlen)
    try:
        padded = np.full((len(sequences), size), value, dtype)
        for row, sequence in zip(padded, sequences, strict=True):
            kept = sequence[-size:] if truncating == "pre" else sequence[:size]
            if len(kept):
                row[slice(size - len(kept), None) if padding == "pre" else slice(len(kept))] = kept
    except (TypeError, ValueError, OverflowError) as error:
        raise DTypeError(f"pad_sequences: sequences must hold numbers that fit {dtype}: {error}") from error
    return padded


def positive(who: str, name: str, value: Any) -> int:
    """A whole number from 1, or `ArgumentError` naming `who` and the argument.

    >>> positive("skip_gram_pairs", "window", 2)
    2
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ArgumentError(f"{who}: {name} must be a whole number from 1, got {shown(value)}")
    return int(value)


def sentence_words(who: str, sentence: Any) -> Sequence[str]:
    """`sentence` itself when it is a list of texts; `DTypeError` naming `who` otherwise.

    >>> sentence_words("Vocabulary", ["a", "rose"])
    ['a', 'rose']
    """
    if isinstance(sentence, (str, bytes)) or not isinstance(sentence, Sequence):
        raise DTypeError(f"{who}: a sentence must be a list of words, got {shown(sentence)}")
    for word in sentence:
        if not isinstance(word, str):
            raise DTypeError(f"{who}: a sentence must hold words, got {shown(word)}")
    return sentence


def _texts(who: str, texts: Any) -> Sequence[str]:
    if isinstance(texts, (str, bytes)) or not isinstance(texts, Sequence):
        raise DTypeError(f"{who}: texts must be a list of texts, got {shown(texts)}")
    return [_text(who, "texts", text) for text in texts]


def _text(who: str, name: str, text: Any) -> str:
    if not isinstance(text, str):
        raise DTypeError(f"{who}: {name} must be text, got {shown(text)}")
    return text


def _language(who: str, language: Any) -> str:
    if not isinstance(language, str) or language not in LANGUAGES:
        raise ArgumentError(f"{who}: language must be one of {list(LANGUAGES)}, got {shown(language)}")
    return language
