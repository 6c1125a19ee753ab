"""Text from an LSTM, character by character (deck D1, after listing 8.1 of Chollet's book).

The network reads windows of 60 characters and predicts the next one; text is then drawn from its predictions
with a temperature T, in proportion to p^(1/T). A low T repeats what is likely, a high one invents.

Without `--text FILE` it learns one sentence said again and again, which T = 0.2 must then reproduce. A book
of a few hundred thousand characters wants some dozens of passes: `--passes 40`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..layers import LSTM, Dense
from ..models import Sequential
from ..optimizers import RMSprop
from ..utils import set_random_seed
from .showing import figure, main

# Of a length that 3 does not divide: windows 3 apart then begin everywhere in it.
SENTENCE = "the quick brown fox jumps over the lazy dog, and the dog did not mind. "
STEP = 3  # characters from one window to the next
TEMPERATURES = (0.2, 0.5, 1.0, 1.2)
LENGTH = 400  # of a generated text


def windows(text: str, alphabet: list[str], length: int) -> tuple[Any, Any]:
    """One-hot windows (n, length, characters) of bools, and the character that follows each (n, characters).

    >>> x, y = windows("abcabcabc", ["a", "b", "c"], 4)
    >>> x.shape, y.argmax(1).tolist()
    ((2, 4, 3), [1, 1])
    """
    place = {letter: number for number, letter in enumerate(alphabet)}
    codes = np.array([place[letter] for letter in text])
    starts = np.arange(0, len(codes) - length, STEP)
    hot = np.eye(len(alphabet), dtype=bool)
    return hot[codes[starts[:, None] + np.arange(length)]], hot[codes[starts + length]]


def drawn(probabilities: Any, temperature: float, generator: np.random.Generator) -> int:
    """A character's number, drawn with probability proportional to p^(1/T).

    >>> drawn(np.array([0.5, 0.2, 0.3]), 0.01, np.random.default_rng(0))
    0
    """
    scores = np.log(np.asarray(probabilities, "float64") + 1e-12) / temperature
    scaled = np.exp(scores - scores.max())
    return int(generator.choice(len(scaled), p=scaled / scaled.sum()))


def written(model: Any, seed: Any, temperature: float, count: int) -> list[int]:
    """The numbers of `count` characters that follow the one-hot window `seed`."""
    generator = np.random.default_rng(0)
    window, found = seed[None].copy(), []
    for _ in range(count):
        found.append(drawn(model.predict(window, verbose=0)[0], temperature, generator))
        window = np.roll(window, -1, axis=1)
        window[0, -1] = np.arange(window.shape[2]) == found[-1]
    return found


def run(
    quick: bool = False, picture: Path | None = None, text: Path | None = None, passes: int | None = None
) -> dict[str, Any]:
    """Learn a text (by default one sentence said again and again), then write at four temperatures."""
    set_random_seed(0)
    length, units, wanted = (20, 48, 120) if quick else (60, 128, LENGTH)
    sentence = SENTENCE[:26] if quick else SENTENCE
    source = sentence * (240 if quick else 180) if text is None else text.read_text(encoding="utf-8").lower()
    if len(source) < length + 1000:
        raise ArgumentError(
            f"text_generation: the text must have {length + 1000} characters, got {len(source)}"
        )
    alphabet = sorted(set(source))
    x, y = windows(source, alphabet, length)

    model = Sequential([LSTM(units, input_shape=(length, len(alphabet))), Dense(len(alphabet), "softmax")])
    model.compile(RMSprop(learning_rate=0.01), "categorical_crossentropy")
    losses = []
    for _ in range(passes or (6 if quick else 12)):
        losses += model.fit(x, y, batch_size=128, epochs=1, verbose=0).history["loss"]

    texts = {}
    for temperature in TEMPERATURES:
        numbers = written(model, x[0], temperature, wanted)
        texts[f"text_at_{temperature}"] = "".join(alphabet[number] for number in numbers)
    found: dict[str, Any] = {"first_loss": losses[0], "last_loss": losses[-1], **texts}
    if text is None:
        share = [a == b for a, b in zip(texts["text_at_0.2"], source[length:], strict=False)]
        found["reproduced_at_0.2"] = sum(share) / wanted
        assert found["reproduced_at_0.2"] == 1.0, found
    if picture is not None:
        made, axes = figure(1, size=(4.8, 3.4))
        axes[0, 0].plot(range(1, len(losses) + 1), losses, "o-", color="#1f5fa8")
        axes[0, 0].set(xlabel="pass over the text", ylabel="cross-entropy of a character", yscale="log")
        made.savefig(picture, dpi=110)
    return found


if __name__ == "__main__":
    given = ("text", Path, "a text file; without one a sentence said again and again")
    main(run, "text_generation", [given, ("passes", int, "passes over the text (12)")])
