"""Changed copies of texts: symbols and words inserted, replaced, deleted, misspelt, translated (D4).

Every function takes a `numpy.random.Generator` and changes exactly `count` places; a text with too few of
them is an `ArgumentError`.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import ArgumentError, DTypeError
from ..refusal import shown

Random = np.random.Generator
_TRIES = 100

_ROWS = {
    "qwerty": ("qwertyuiop", "asdfghjkl", "zxcvbnm"),
    "azerty": ("azertyuiop", "qsdfghjklm", "wxcvbn"),
    "qwertz": ("qwertzuiop", "asdfghjkl", "yxcvbnm"),
}


def _neighbours(rows: Sequence[str]) -> dict[str, str]:
    """The keys that touch each key; each row is set half a key to the right of the one above."""
    place = {
        key: (column + 0.5 * row, row) for row, keys in enumerate(rows) for column, key in enumerate(keys)
    }
    return {
        key: "".join(
            other for other, (u, v) in place.items() if other != key and abs(u - x) <= 1 and abs(v - y) <= 1
        )
        for key, (x, y) in place.items()
    }


KEYBOARDS = {layout: _neighbours(rows) for layout, rows in _ROWS.items()}


def edit_distance(first: Sequence[Any], second: Sequence[Any], most: int | None = None) -> int:
    """The least number of insertions, deletions and replacements between two texts (Levenshtein 1966).

    `most`: stop looking beyond; the result is then most + 1.

    >>> edit_distance("kitten", "sitting")
    3
    """
    limit = max(len(first), len(second)) if most is None else most
    if abs(len(first) - len(second)) > limit:
        return limit + 1
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        low, high = max(1, i - limit), min(len(second), i + limit)
        above, row = row, [limit + 1] * (len(second) + 1)
        row[0] = i
        for j in range(low, high + 1):
            row[j] = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a != second[j - 1]))
    return min(row[-1], limit + 1)


def insert_symbols(text: str, count: int, generator: Random, alphabet: str = string.ascii_lowercase) -> str:
    """`count` random symbols of `alphabet` more, anywhere: edit distance `count`.

    >>> len(insert_symbols("word", 2, np.random.default_rng(0)))
    6
    """
    letters = list(_checked("insert_symbols", text, count, generator))
    symbols = _symbols("insert_symbols", alphabet)
    for _ in range(count):
        letters.insert(
            int(generator.integers(len(letters) + 1)), symbols[int(generator.integers(len(symbols)))]
        )
    return "".join(letters)


def delete_symbols(text: str, count: int, generator: Random) -> str:
    """`count` random symbols fewer: edit distance `count`.

    >>> len(delete_symbols("word", 2, np.random.default_rng(0)))
    2
    """
    letters = _checked("delete_symbols", text, count, generator)
    gone = set(_places("delete_symbols", range(len(letters)), count, generator))
    return "".join(letter for i, letter in enumerate(letters) if i not in gone)


def replace_symbols(text: str, count: int, generator: Random, alphabet: str = string.ascii_lowercase) -> str:
    """`count` random symbols replaced by others of `alphabet`: edit distance `count`.

    >>> edit_distance("some words", replace_symbols("some words", 3, np.random.default_rng(0)))
    3
    """
    symbols = _symbols("replace_symbols", alphabet)
    choices = {
        letter: [s for s in symbols if s != letter] for letter in set(text if isinstance(text, str) else "")
    }
    return _replaced("replace_symbols", text, count, generator, choices)


def keyboard_errors(text: str, count: int, generator: Random, layout: str = "qwerty") -> str:
    """`count` letters replaced by a key beside theirs, in their own case: edit distance `count`.

    `layout`: "qwerty", "azerty" or "qwertz".

    >>> keyboard_errors("q", 1, np.random.default_rng(0)) in ("w", "a")
    True
    """
    if layout not in KEYBOARDS:
        raise ArgumentError(f"keyboard_errors: layout must be one of {list(KEYBOARDS)}, got {shown(layout)}")
    lower = {key: list(near) for key, near in KEYBOARDS[layout].items()}
    upper = {key.upper(): [one.upper() for one in near] for key, near in lower.items()}
    return _replaced("keyboard_errors", text, count, generator, {**lower, **upper})


def delete_words(text: str, count: int, generator: Random) -> str:
    """`count` random words fewer.

    >>> len(delete_words("one two three", 1, np.random.default_rng(0)).split())
    2
    """
    words = _checked("delete_words", text, count, generator).split()
    gone = set(_places("delete_words", range(len(words)), count, generator))
    return " ".join(word for i, word in enumerate(words) if i not in gone)


def replace_words(
    text: str,
    count: int,
    generator: Random,
    source: Sequence[str] | Mapping[str, float] | Callable[[list[str], int], str],
) -> str:
    """`count` random words replaced by others from `source`.

    A list: all words alike. A dict word: weight, such as a bag of words' counts: by weight. A function
    (words, place) -> word: a language model's choice; it may answer with the word that was there.

    >>> replace_words("one two", 2, np.random.default_rng(0), ["three"])
    'three three'
    """
    words = _checked("replace_words", text, count, generator).split()
    choose = _chooser(source, generator)
    for place in _places("replace_words", range(len(words)), count, generator):
        words[place] = choose(words, place)
    return " ".join(words)


def replace_by_synonyms(
    text: str, count: int, generator: Random, synonyms: Mapping[str, Sequence[str]]
) -> str:
    """`count` random words that have synonyms replaced by one of them.

    `synonyms`: word: its synonyms; looked up as written, then in lower case.

    >>> replace_by_synonyms("a big house", 1, np.random.default_rng(0), {"big": ["large"]})
    'a large house'
    """
    return _by_table("replace_by_synonyms", text, count, generator, synonyms)


def misspell_words(
    text: str, count: int, generator: Random, misspellings: Mapping[str, Sequence[str]]
) -> str:
    """`count` random words with known misspellings replaced by one of them.

    >>> misspell_words("I receive", 1, np.random.default_rng(0), {"receive": ["recieve"]})
    'I recieve'
    """
    return _by_table("misspell_words", text, count, generator, misspellings)


def back_translate(text: str, there: Callable[[str], str], back: Callable[[str], str]) -> str:
    """back(there(text)): the text in other words, by a pair of translators of the caller.

    >>> back_translate("hello", str.upper, str.lower)
    'hello'
    """
    if not isinstance(text, str):
        raise DTypeError(f"back_translate: text must be text, got {shown(text)}")
    for name, translate in (("there", there), ("back", back)):
        if not callable(translate):
            raise DTypeError(f"back_translate: {name} must be a function, got {shown(translate)}")
        text = translate(text)
        if not isinstance(text, str):
            raise DTypeError(f"back_translate: {name} must return text, gave {shown(text)}")
    return text


def _replaced(
    who: str, text: str, count: int, generator: Random, choices: Mapping[str, Sequence[str]]
) -> str:
    """`count` symbols that have choices replaced, so that the distance is exactly that."""
    letters = _checked(who, text, count, generator)
    able = [i for i, letter in enumerate(letters) if choices.get(letter)]
    for _ in range(_TRIES):  # two replacements can undo each other: "ab" to "ba" looks like one move
        changed = list(letters)
        for place in _places(who, able, count, generator):
            options = choices[letters[place]]
            changed[place] = options[int(generator.integers(len(options)))]
        if edit_distance(letters, changed, count) == count:
            return "".join(changed)
    raise ArgumentError(
        f"{who}: no {count} replacements were found in {shown(text)} that do not undo each other"
    )


def _by_table(who: str, text: str, count: int, generator: Random, table: Mapping[str, Sequence[str]]) -> str:
    if not isinstance(table, Mapping):
        raise DTypeError(f"{who}: the table must be a dict of lists of words, got {shown(table)}")
    words = _checked(who, text, count, generator).split()
    options = [table.get(word) or table.get(word.lower()) or () for word in words]
    for found in options:
        if isinstance(found, str) or not all(isinstance(one, str) for one in found):
            raise DTypeError(f"{who}: the table must hold lists of words, got {shown(found)}")
    for place in _places(who, [i for i, found in enumerate(options) if found], count, generator):
        words[place] = options[place][int(generator.integers(len(options[place])))]
    return " ".join(words)


def _chooser(source: Any, generator: Random) -> Callable[[list[str], int], str]:
    """A function (words, place) -> word."""
    if callable(source):

        def asked(words: list[str], place: int) -> str:
            word: object = source(list(words), place)
            if isinstance(word, str):
                return word
            raise DTypeError(f"replace_words: source must give words, gave {shown(word)}")

        return asked
    if isinstance(source, str) or not isinstance(source, (Sequence, Mapping)) or len(source) == 0:
        raise DTypeError(
            f"replace_words: source must be words, a dict of weights or a function, got {shown(source)}"
        )
    weights = list(source.values()) if isinstance(source, Mapping) else [1.0] * len(source)
    names: list[str] = list(source)
    real = all(isinstance(w, (int, float, np.integer, np.floating)) and 0 <= w < np.inf for w in weights)
    if not real or not all(isinstance(name, str) for name in names):
        raise ArgumentError(f"replace_words: source must hold words with weights from 0, got {shown(source)}")

    def drawn(words: list[str], place: int) -> str:
        shares = np.cumsum(
            [0.0 if name == words[place] else w for name, w in zip(names, weights, strict=True)]
        )
        if shares[-1] <= 0:
            raise ArgumentError(f"replace_words: source has no other word than {words[place]!r}")
        return names[int(np.searchsorted(shares, generator.random() * shares[-1], side="right"))]

    return drawn


def _places(who: str, able: Sequence[int], count: int, generator: Random) -> list[int]:
    """`count` different ones of the places that can be changed, in ascending order."""
    if count > len(able):
        raise ArgumentError(f"{who}: count is {count}, but only {len(able)} places can be changed")
    return sorted(able[int(i)] for i in generator.permutation(len(able))[:count])


def _checked(who: str, text: Any, count: Any, generator: Any) -> str:
    if not isinstance(text, str):
        raise DTypeError(f"{who}: text must be text, got {shown(text)}")
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 0:
        raise ArgumentError(f"{who}: count must be a whole number from 0, got {shown(count)}")
    if not isinstance(generator, np.random.Generator):
        raise DTypeError(f"{who}: generator must be a numpy.random.Generator, got {shown(generator)}")
    return text


def _symbols(who: str, alphabet: Any) -> list[str]:
    if not isinstance(alphabet, str) or not re.search(r".", alphabet, re.DOTALL):
        raise ArgumentError(f"{who}: alphabet must be a text of symbols, got {shown(alphabet)}")
    return sorted(set(alphabet))
