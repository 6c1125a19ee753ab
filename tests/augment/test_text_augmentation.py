"""Texts changed in exactly the requested number of places."""

import string

import numpy as np
import pytest

from afina.augment import text as augment
from afina.augment.text import KEYBOARDS, edit_distance
from afina.errors import AfinaError

TEXT = "The quick brown fox jumps over the lazy dog near the river bank"


def generator(seed=0):
    return np.random.default_rng(seed)


def slow_distance(a, b):
    table = np.zeros((len(a) + 1, len(b) + 1), int)
    table[0], table[:, 0] = np.arange(len(b) + 1), np.arange(len(a) + 1)
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            replaced = table[i - 1, j - 1] + (a[i - 1] != b[j - 1])
            table[i, j] = min(table[i - 1, j] + 1, table[i, j - 1] + 1, replaced)
    return table[-1, -1]


def test_the_distance_is_levenshteins_also_when_it_stops_early():
    rng = generator()
    for _ in range(200):
        a, b = ("".join(rng.choice(list("abc"), rng.integers(0, 9))) for _ in range(2))
        exact = slow_distance(a, b)
        assert edit_distance(a, b) == exact
        assert edit_distance(a, b, 3) == min(exact, 4)


@pytest.mark.parametrize("count", [0, 1, 5, 12])
@pytest.mark.parametrize(
    "change",
    [augment.insert_symbols, augment.delete_symbols, augment.replace_symbols, augment.keyboard_errors],
    ids=lambda change: change.__name__,
)
def test_the_edit_distance_is_the_requested_count_and_the_seed_fixes_the_places(change, count):
    for seed in range(20):
        changed = change(TEXT, count, generator(seed))
        assert slow_distance(TEXT, changed) == count
        assert change(TEXT, count, generator(seed)) == changed
    assert count == 0 or len({change(TEXT, count, generator(seed)) for seed in range(20)}) > 1


@pytest.mark.parametrize("layout", KEYBOARDS)
def test_keyboard_errors_only_swap_keys_that_touch(layout):
    near = KEYBOARDS[layout]
    assert all(key in near[other] for key, others in near.items() for other in others)
    assert sorted(near) == sorted(string.ascii_lowercase)
    for seed in range(50):
        changed = augment.keyboard_errors(TEXT, 4, generator(seed), layout)
        for a, b in zip(TEXT, changed, strict=True):
            assert a == b or (b.lower() in near[a.lower()] and a.isupper() == b.isupper())


def test_the_neighbours_of_a_key_are_those_of_the_hand():
    assert set(KEYBOARDS["qwerty"]["g"]) == set("tyfhvb")
    assert set(KEYBOARDS["qwerty"]["q"]) == set("wa")
    assert "z" in KEYBOARDS["qwertz"]["u"]


def test_words_are_deleted_and_replaced():
    words = TEXT.split()
    shorter = augment.delete_words(TEXT, 3, generator()).split()
    assert edit_distance(words, shorter) == 3
    assert len(shorter) == len(words) - 3
    replaced = augment.replace_words(TEXT, 3, generator(), ["cat", "tree"]).split()
    assert sum(a != b for a, b in zip(words, replaced, strict=True)) == 3
    weighted = [
        augment.replace_words("x", 1, generator(s), {"often": 9.0, "seldom": 1.0}) for s in range(500)
    ]
    assert abs(weighted.count("often") / 500 - 0.9) < 0.05
    model = augment.replace_words(TEXT, 2, generator(), lambda around, place: around[place].upper())
    assert sum(a.isupper() for a in model.split()) == 2


def test_synonyms_and_misspellings_come_from_their_tables():
    synonyms = {"quick": ["fast", "swift"], "river": ["stream"], "the": ["a"]}
    changed = augment.replace_by_synonyms(TEXT, 5, generator(), synonyms).split()
    for a, b in zip(TEXT.split(), changed, strict=True):
        assert a == b or b in synonyms[a.lower()]
    assert sum(a != b for a, b in zip(TEXT.split(), changed, strict=True)) == 5
    assert augment.misspell_words("I receive", 1, generator(), {"receive": ["recieve"]}) == "I recieve"


def test_back_translation_asks_there_and_back():
    assert augment.back_translate(TEXT, str, str) == TEXT
    there = {"the house": "a casa"}.__getitem__
    assert augment.back_translate("the house", there, lambda t: t.replace("a casa", "the home")) == "the home"


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: augment.insert_symbols(3, 1, generator()), "insert_symbols: text"),
        (lambda: augment.insert_symbols(TEXT, -1, generator()), "insert_symbols: count"),
        (lambda: augment.insert_symbols(TEXT, 1, generator(), ""), "insert_symbols: alphabet"),
        (lambda: augment.delete_symbols("ab", 3, generator()), "delete_symbols: count is 3, but only 2"),
        (lambda: augment.delete_symbols("ab", 1, 7), "delete_symbols: generator"),
        (
            lambda: augment.replace_symbols("aa", 1, generator(), "a"),
            "replace_symbols: count is 1, but only 0",
        ),
        (lambda: augment.replace_symbols("abab", 4, generator(), "ab"), "undo each other"),
        (lambda: augment.keyboard_errors("123", 1, generator()), "keyboard_errors: count"),
        (lambda: augment.keyboard_errors("a", 1, generator(), "dvorak"), "keyboard_errors: layout"),
        (lambda: augment.delete_words("a b", 3, generator()), "delete_words: count"),
        (lambda: augment.replace_words("a", 1, generator(), "b"), "replace_words: source"),
        (lambda: augment.replace_words("a", 1, generator(), ["a"]), "no other word than 'a'"),
        (lambda: augment.replace_words("a", 1, generator(), {"b": -1.0}), "replace_words: source"),
        (
            lambda: augment.replace_words("a", 1, generator(), lambda w, i: 3),
            "replace_words: source must give",
        ),
        (lambda: augment.replace_by_synonyms("a", 1, generator(), ["b"]), "replace_by_synonyms: the table"),
        (
            lambda: augment.misspell_words("a", 1, generator(), {"a": "b"}),
            "misspell_words: the table must hold",
        ),
        (lambda: augment.back_translate("a", 3, str), "back_translate: there"),
        (lambda: augment.back_translate("a", str, lambda t: 3), "back_translate: back must return"),
    ],
)
def test_wrong_arguments_are_named(call, name):
    with pytest.raises(AfinaError, match=name):
        call()
