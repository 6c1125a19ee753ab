"""Texts: scikit-learn's counts, Snowball's stems, the deck's skip-gram table."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer

from afina.data.preprocessing import text
from afina.data.preprocessing.stop_words import STOP_WORDS
from afina.errors import AfinaError

TEXTS = [
    "The quick brown fox jumps over the lazy dog.",
    "A quick-witted fox! The dog, the fox; the DOG?",
    "Ação e reação: não há dúvida, é física.",
    "¿Qué tal? ¡Muy bien, señor! 3 perros",
]
# word: stem, by the Snowball stemmers of NLTK 3.9, which are an implementation of their own
STEMS = {
    "en": "running:run runs:run runner:runner easily:easili fairness:fair happiness:happi national:nation "
    "relational:relat conditional:condit generously:generous studies:studi studying:studi flying:fli "
    "dogs:dog argued:argu consistency:consist hopping:hop hoped:hope troubled:troubl "
    "probably:probabl knives:knive was:was",
    "es": "corriendo:corr corrieron:corr corredor:corredor fácilmente:facil felicidad:felic "
    "naciones:nacion condiciones:condicion universidades:univers estudios:estudi perros:perr "
    "perrita:perrit canciones:cancion cantábamos:cant hablaron:habl habitaciones:habit "
    "rápidamente:rapid amistades:amistad comeríamos:com",
    "pt": "correndo:corr correram:corr corredor:corredor facilmente:facil felicidade:felic nações:naçõ "
    "condições:condiçõ universidades:univers estudos:estud cachorros:cachorr meninas:menin "
    "canções:cançõ cantávamos:cant falaram:fal quartos:quart rapidamente:rapid amizades:amizad "
    "comeríamos:com jogadores:jogador",
}


@pytest.mark.parametrize("language", STEMS)
def test_stems_are_snowballs(language):
    for pair in STEMS[language].split():
        word, stemmed = pair.split(":")
        assert text.stem(word, language) == stemmed


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({}, {}),
        ({"ngrams": 2}, {"ngram_range": (1, 2)}),
        ({"binary": True, "min_count": 2}, {"binary": True, "min_df": 2}),
    ],
    ids=["words", "pairs", "binary and common"],
)
def test_counts_are_count_vectorizers(ours, theirs):
    vectorizer = CountVectorizer(token_pattern=r"[^\W_]+", **theirs)
    expected = vectorizer.fit_transform(TEXTS).toarray()
    bag = text.BagOfWords(**ours).fit(TEXTS)
    assert bag.words == vectorizer.get_feature_names_out().tolist()
    np.testing.assert_array_equal(bag(TEXTS), expected)
    other = ["the dog and a cat", ""]
    np.testing.assert_array_equal(bag(other), vectorizer.transform(other).toarray())


def test_characters_digits_accents_and_case_are_removed_as_told():
    assert text.clean(TEXTS[3]) == "qué tal muy bien señor 3 perros"
    assert text.clean(TEXTS[2], accents=False) == "acao e reacao nao ha duvida e fisica"
    assert text.clean(TEXTS[3], digits=False, lower=False) == "Qué tal Muy bien señor perros"
    assert text.clean("don\u2019t stop_now x@y", remove="x") == "don\u2019t stop now y"
    assert text.clean("e\u0301") == "é"  # one letter, however it was typed


@pytest.mark.parametrize(
    ("sentence", "language", "left"),
    [
        ("The dogs were running to the houses", "en", ["dog", "run", "hous"]),
        ("Los perros corrieron a las casas", "es", ["perr", "corr", "cas"]),
        ("Os cachorros correram para as casas", "pt", ["cachorr", "corr", "cas"]),
    ],
)
def test_stop_words_go_and_the_rest_is_stemmed(sentence, language, left):
    assert text.words(sentence, language, stop_words=True, stem=True) == left


def test_stop_words_are_lower_case_words():
    for language, found in STOP_WORDS.items():
        assert 100 < len(found) < 250, language
        assert all(word == text.clean(word) for word in found)


def test_the_decks_skip_gram_table_is_reproduced_in_order():
    sentence = text.words("The quick brown fox jumps over the lazy dog")
    table = (
        "the,quick the,brown quick,the quick,brown quick,fox brown,the brown,quick brown,fox brown,jumps "
        "fox,quick fox,brown fox,jumps fox,over"
    )
    expected = [tuple(pair.split(",")) for pair in table.split()]
    assert text.skip_gram_pairs(sentence, window=2)[: len(expected)] == expected
    assert len(text.skip_gram_pairs(sentence, window=2)) == 30


def test_a_vocabulary_numbers_the_commonest_first_and_keeps_two_for_itself():
    sentences = [t.split() for t in ("b a b c", "a b d")]
    vocabulary = text.Vocabulary(max_words=3).fit(sentences)
    assert vocabulary.words == ["b", "a", "c"]
    assert vocabulary.encode(["b", "a", "d", "c"]) == [2, 3, 1, 4]
    assert vocabulary.decode([0, 1, 2, 4]) == ["", "?", "b", "c"]
    assert len(vocabulary) == 5
    assert "a" in vocabulary
    assert text.Vocabulary(min_count=2).fit(sentences).words == ["b", "a"]


def test_sequences_are_filled_and_cut_at_either_end():
    rows = [[1, 2, 3], [4], []]
    assert text.pad_sequences(rows).tolist() == [[1, 2, 3], [0, 0, 4], [0, 0, 0]]
    assert text.pad_sequences(rows, 2, padding="post", truncating="post", value=-1).tolist() == [
        [1, 2], [4, -1], [-1, -1],
    ]  # fmt: skip
    assert text.pad_sequences([[0.5]], 2, "float32").dtype == np.float32


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: text.clean(3), "clean: text"),
        (lambda: text.words("a", "fr", stop_words=True), "words: language"),
        (lambda: text.words("a", stem=True), "words: language"),
        (lambda: text.stem("a", "de"), "stem: language"),
        (lambda: text.stem(3, "en"), "stem: word"),
        (lambda: text.BagOfWords(tokenizer=3), "BagOfWords: tokenizer"),
        (lambda: text.BagOfWords(ngrams=0), "BagOfWords: ngrams"),
        (lambda: text.BagOfWords()(["a"]), "BagOfWords: call fit"),
        (lambda: text.BagOfWords().fit("a text"), "BagOfWords: texts must be a list"),
        (lambda: text.BagOfWords().fit(["..."]), "BagOfWords: no word"),
        (lambda: text.Vocabulary().encode(["a"]), "Vocabulary: call fit"),
        (lambda: text.Vocabulary().fit(["a b"]), "Vocabulary: a sentence must be a list"),
        (lambda: text.Vocabulary().fit([[1]]), "Vocabulary: a sentence must hold words"),
        (lambda: text.Vocabulary(min_count=2).fit([["a"]]), "Vocabulary: no word"),
        (lambda: text.Vocabulary().fit([["a"]]).decode([7]), "Vocabulary: numbers"),
        (lambda: text.skip_gram_pairs("a text"), "skip_gram_pairs: sentence"),
        (lambda: text.skip_gram_pairs(["a"], 0), "skip_gram_pairs: window"),
        (lambda: text.pad_sequences([[1]], padding="left"), "pad_sequences: padding"),
        (lambda: text.pad_sequences([1, 2]), "pad_sequences: every sequence"),
        (lambda: text.pad_sequences([["a"]]), "pad_sequences: sequences must hold numbers"),
        (lambda: text.pad_sequences([[1]], maxlen=0), "pad_sequences: maxlen"),
    ],
)
def test_wrong_arguments_are_named(call, name):
    with pytest.raises(AfinaError, match=name):
        call()
