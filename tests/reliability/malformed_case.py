"""What a malformed call is, and the values that are nearly always wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

FAMILIES = (TypeError, ValueError, IndexError, MemoryError, RuntimeError)
NOT_MEANT = (NotImplementedError, RecursionError, UnicodeError, np.linalg.LinAlgError)


@dataclass(frozen=True)
class Malformed:
    """A call that must raise a typed exception whose message has a match of every pattern in `says`.

    `may_pass`: the call is at a border (an empty tensor, another rank); it may also be right, and then
    `check` says whether its result is.
    """

    subject: str
    trigger: str
    call: Callable[[], Any]
    says: Sequence[str] = ()
    may_pass: bool = False
    check: Callable[[Any], None] | None = None

    @property
    def id(self) -> str:
        return f"{self.subject}: {self.trigger}"


def run(case: Malformed) -> str:
    """Empty when the call did what it must, else what went wrong."""
    try:
        result = case.call()
    except BaseException as error:
        return judge(case, error)
    if not case.may_pass:
        return f"accepted silently, gave {str(result)[:200]}"
    if case.check is not None:
        try:
            case.check(result)
        except AssertionError as error:
            return f"accepted with a wrong result: {str(error)[:300]}"
    return ""


def judge(case: Malformed, error: BaseException) -> str:
    """Is this the exception of a library that knew what was wrong?"""
    kind = type(error)
    text = str(error)
    if not isinstance(error, FAMILIES) or isinstance(error, NOT_MEANT):
        return f"{kind.__name__}, which is no typed refusal: {text[:300]}"
    missing = [pattern for pattern in case.says if not re.search(pattern, text, re.IGNORECASE)]
    if missing:
        return f"{kind.__name__}: {text[:300]!r} lacks {missing}"
    return ""


def foreign_arrays(shape: tuple[int, ...]) -> dict[str, tuple[Any, str]]:
    """Values that are no tensor: name -> (value, what the message must mention)."""
    ones = np.ones(shape or (1,))
    return {
        "None": (None, "None|missing"),
        "text": ("text", "text|str"),
        "an object": (object(), "object"),
        "a dict": ({"a": 1}, "dict"),
        "complex64": (ones.astype("complex64"), "complex64"),
        "float16": (ones.astype("float16"), "float16"),
        "objects": (ones.astype(object), "object"),
        "byte-swapped": (ones.astype(">f8"), ">f8|byte order"),
        "dates": (ones.astype("datetime64[s]"), "datetime64"),
        "strings": (ones.astype("U8"), "<U8|str"),
        "uint16": (ones.astype("uint16"), "uint16"),
        "a record": (np.zeros(shape or (1,), [("a", "f4")]), "'a'|void|record"),
    }


NOT_INTS = {
    "text": "three",
    "1.5": 1.5,
    "NumPy's 1.5": np.float32(1.5),
    "NaN": float("nan"),
    "infinity": float("inf"),
    "2**63": 2**63,
    "-2**70": -(2**70),
    "complex": 2 + 1j,
    "an object": object(),
    "a dict": {},
    "an array": np.ones((2, 2)),
}
NOT_FLOATS = {
    "text": "three",
    "complex": 2 + 1j,
    "an object": object(),
    "a list": [1.0],
    "a dict": {},
    "an array": np.ones((2, 2)),
}
NOT_STRINGS = {
    "3": 3,
    "an object": object(),
    "a list": ["mean"],
    "unknown": "no such thing",
    "NUL": "me\0an",
    "4 KiB": "x" * 4096,
    "empty": "",
}


def shown(value: Any) -> str:
    """A pattern for how a message may show `value`."""
    if value is None:
        return "None|missing"
    if isinstance(value, np.ndarray):
        return f"{value.dtype}|array|{re.escape(str(value.shape))}"
    if isinstance(value, str):
        return re.escape(value[:20]).replace("\0", ".{1,4}") + "|str"
    number = re.escape(str(value))[:24]
    return f"{number}|{re.escape(repr(value)[:24])}|{type(value).__name__}"
