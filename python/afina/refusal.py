"""What was wrong with the arguments of a call that no kernel saw: which one, what came, what is allowed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from afina._C import Tensor
from afina.errors import AfinaError, ArgumentError, DTypeError, ShapeError

_HEAD = re.compile(r"(?P<name>[^\n]*?)\(\): incompatible (?:function|constructor) arguments")
_SIGNATURE = re.compile(r"^ {4}1\. (?:[\w.]+)?\((?P<parameters>.*)\)(?: -> .*)?$", re.MULTILINE)
_DTYPES = ("bool", "uint8", "int32", "int64", "float32", "float64")
_LONGEST = 60
_CLASSES: dict[str, tuple[type, ...]] = {
    "Tensor": (Tensor,),
    "int": (int, np.integer),
    "float": (int, float, np.integer, np.floating, np.bool_),
    "str": (str,),
}
Problem = tuple[type[AfinaError], str]


class _Parameter(NamedTuple):
    name: str
    kind: str
    required: bool


def explained(error: TypeError, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Exception:
    """A `DTypeError` or `ArgumentError` that names the argument which did not fit, else `error` itself.

    >>> from afina import ops
    >>> try:
    ...     ops.softmax("text")
    ... except TypeError as refused:
    ...     print(refused)
    softmax: argument 'x' must be a Tensor or a NumPy array, got str 'text'
    """
    text = str(error)
    head = _HEAD.match(text)
    signature = _SIGNATURE.search(text)
    if head is None or signature is None or "\n    2. " in text:
        return error
    parameters = _parameters(signature["parameters"])
    problem = _miscounted(parameters, args, kwargs)
    given = {**dict(zip([p.name for p in parameters], args, strict=False)), **kwargs}
    for parameter in parameters:
        if problem is None and parameter.name in given:
            unfit = _problem(given[parameter.name], parameter.kind)
            problem = unfit and (unfit[0], f"argument {parameter.name!r} {unfit[1]}")
    return error if problem is None else problem[0](f"{head['name']}: {problem[1]}")


def _miscounted(
    parameters: Sequence[_Parameter], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Problem | None:
    """Too many arguments, unknown ones, the same one twice, or one missing."""
    names = [parameter.name for parameter in parameters]
    given = [*names[: len(args)], *kwargs]
    if len(args) > len(names):
        return DTypeError, f"takes at most {len(names)} arguments, got {len(args)}"
    for key, value in kwargs.items():
        if key not in names:
            return DTypeError, f"unknown argument {key!r}, got {shown(value)}; allowed: {', '.join(names)}"
        if given.count(key) > 1:
            return DTypeError, f"argument {key!r} came twice"
    for parameter in parameters:
        if parameter.required and parameter.name not in given:
            return DTypeError, f"argument {parameter.name!r} is missing, expected {parameter.kind}"
    return None


def shown(value: Any) -> str:
    """Type and value in a few words; arrays by dtype and shape.

    >>> shown(2.5), shown(np.zeros((2, 3)))
    ('float 2.5', 'a float64 array of shape (2, 3)')
    """
    if isinstance(value, np.ndarray):
        return f"a {value.dtype} array of shape {value.shape}"
    if isinstance(value, Tensor):
        return f"a {value.dtype} tensor of shape {value.shape}"
    if value is None:
        return "None"
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= _LONGEST else text[:_LONGEST] + '...'}"


def numbers(owner: str, argument: str, value: Any) -> Any:
    """`value` as a tensor or an array of real numbers; `DTypeError` names owner and argument otherwise.

    >>> numbers("auc", "labels", [1, 0]).tolist()
    [1, 0]
    """
    if isinstance(value, Tensor):
        return value
    try:
        array = np.asarray(value)
    except ValueError as error:  # rows of different lengths
        raise ShapeError(f"{owner}: {argument} make no array: {error}") from error
    if array.dtype.kind not in "fiub":
        raise DTypeError(f"{owner}: {argument} must be real numbers, got {shown(value)}")
    return array


def _parameters(text: str) -> list[_Parameter]:
    """`a: int, b: str = 'x'` taken apart at its outer commas."""
    parts, depth, start = [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    parts.append(text[start:])
    found = []
    for part in parts:
        declared, _, default = part.strip().partition(" = ")
        name, _, kind = declared.partition(": ")
        if name and name not in {"*", "/"}:
            found.append(_Parameter(name, _plain(kind), not default))
    return found


def _plain(kind: str) -> str:
    for long, short in (
        ("afina._C.", ""),
        ("collections.abc.", ""),
        ("typing.SupportsInt | typing.SupportsIndex", "int"),
        ("typing.SupportsFloat | typing.SupportsIndex", "float"),
        ("typing.SupportsInt", "int"),
        ("typing.SupportsFloat", "float"),
    ):
        kind = kind.replace(long, short)
    return kind


def _problem(value: Any, kind: str) -> Problem | None:
    """Why `value` is no `kind`, or None when it may be one."""
    kinds = kind.split(" | ")
    if value is None:
        return None if "None" in kinds or kind in {"bool", "object"} else _not_a(kind, value)
    if kind == "str | type":  # how a dtype is declared
        if _is_dtype(value):
            return None
        return DTypeError, f"must be one of {', '.join(_DTYPES)}, got {shown(value)}"
    said = [_problem_with_one(value, one) for one in kinds if one != "None"]
    if not said or any(problem is None for problem in said):
        return None
    return said[0] if len(said) == 1 else _not_a(kind, value)


def _is_dtype(value: Any) -> bool:
    try:
        return isinstance(value, (str, type, np.dtype)) and np.dtype(value).name in _DTYPES
    except TypeError:
        return False


def _not_a(kind: str, value: Any) -> Problem:
    wanted = kind.replace("Tensor", "a Tensor or a NumPy array") if kind.startswith("Tensor") else kind
    return DTypeError, f"must be {wanted}, got {shown(value)}"


def _problem_with_one(value: Any, kind: str) -> Problem | None:
    if kind.startswith(("Sequence[", "list[", "tuple[")):
        return _problem_in_sequence(value, kind)
    if kind == "Tensor" and isinstance(value, np.ndarray):
        if value.dtype.isnative and value.dtype.name in _DTYPES:
            return None
        return DTypeError, f"must be {_dtypes()}, got {shown(value)} (byte order {value.dtype.byteorder!r})"
    if kind == "int" and isinstance(value, (int, np.integer)):
        if -(2**63) <= int(value) < 2**63:
            return None
        return ArgumentError, f"must fit into 64 bits, got {shown(value)}"
    allowed = _CLASSES.get(kind)
    return None if allowed is None or isinstance(value, allowed) else _not_a(kind, value)


def _problem_in_sequence(value: Any, kind: str) -> Problem | None:
    if isinstance(value, str) or not isinstance(value, (list, tuple)):
        return _not_a(kind, value)
    inner = kind[kind.index("[") + 1 : -1]
    kinds = [inner.removesuffix(", ...")] * len(value)
    if kind.startswith("tuple[") and not inner.endswith(", ..."):
        kinds = inner.split(", ")
        if len(kinds) != len(value):
            return DTypeError, f"must be {kind}, got {len(value)} entries: {shown(value)}"
    for at, (item, one) in enumerate(zip(value, kinds, strict=True)):
        problem = _problem(item, one)
        if problem is not None:
            return problem[0], f"entry {at} {problem[1]}"
    return None


def _dtypes() -> str:
    return f"{', '.join(_DTYPES[:-1])} or {_DTYPES[-1]} in native byte order"
