"""The pickles inside torch's files, read by a machine that can only build plain data.

Pickle is a small stack language whose words `GLOBAL` and `REDUCE` call anything by name; that is why
unpickling a stranger's file runs a stranger's code. Here the words come from the standard library's lexer
(`pickletools.genops`, which executes nothing), a closed list of them is understood, and a name is a piece of
text that is looked up in a closed table: nothing is imported, no attribute is set, no constructor is called.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, NoReturn, cast

from ..errors import FileFormatError

WORD_LIMIT = 5_000_000  # opcodes; a state dict of ten thousand tensors has half a million
LONGEST = 1 << 26  # bytes of one text or number inside a pickle
BITS = 64  # of whole numbers

Name = tuple[str, str]  # module and name, as text
Calls = Mapping[Name, "Callable[..., Any] | None"]  # None: a name that only stands for itself


class _Window:
    """A file that never hands out more than it holds, whatever length a pickle declares."""

    def __init__(self, file: BinaryIO, end: int) -> None:
        self.file, self.end = file, end

    def read(self, size: int) -> bytes:
        return self.file.read(min(size, LONGEST, max(self.end - self.file.tell(), 0)))

    def readline(self) -> bytes:
        return self.file.readline(LONGEST)

    def tell(self) -> int:
        return self.file.tell()


class Restored:
    """What a call may return that gets the rest of its state from the word BUILD."""

    def restore(self, state: Any) -> None:
        """Take the state, or raise a ValueError."""
        raise NotImplementedError


class _Mark:
    """Where a run of items on the stack begins."""


class _Global:
    """A name of the table, on the stack."""

    def __init__(self, name: Name) -> None:
        self.name = name


def read_pickle(
    file: BinaryIO, end: int, where: str, calls: Calls, persistent: Callable[[Any], Any] | None = None
) -> Any:
    """The value of the pickle that begins at the file's position; the position moves behind it.

    `calls`: what the names that may occur stand for, as functions of the pickled arguments. `persistent`:
    what becomes of a persistent id. Raises `FileFormatError` for any other word or name and for a pickle that
    is damaged.
    """
    machine = _Machine(where, calls, persistent)
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(cast(Any, _Window(file, end)))):
            if count >= WORD_LIMIT:
                machine.refuse(f"more than {WORD_LIMIT} opcodes")
            if opcode.name == "STOP":
                return machine.result()
            machine.step(opcode.name, argument)
    except FileFormatError:
        raise
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise FileFormatError(f"{where}: its pickle is damaged: {error}") from error
    raise FileFormatError(f"{where}: its pickle is damaged: no STOP")


# words that push what the lexer has read
_CONSTANTS = {
    "BININT", "BININT1", "BININT2", "INT", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT",
    "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "STRING", "BINSTRING", "SHORT_BINSTRING",
    "BINBYTES", "SHORT_BINBYTES", "BINBYTES8",
}  # fmt: skip
_LITERALS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_FRESH: dict[str, Callable[[], Any]] = {"EMPTY_DICT": dict, "EMPTY_LIST": list, "MARK": _Mark}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


class _Machine:
    """The stack and the memo of one pickle."""

    def __init__(self, where: str, calls: Calls, persistent: Callable[[Any], Any] | None) -> None:
        self.where, self.calls, self.persistent = where, calls, persistent
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def refuse(self, what: str) -> NoReturn:
        raise FileFormatError(f"{self.where}: its pickle has {what}; allowed: plain data and tensors")

    def result(self) -> Any:
        if len(self.stack) != 1 or isinstance(self.stack[0], _Mark | _Global):
            self.refuse(f"{len(self.stack)} values at its end")
        return self.stack[0]

    def step(self, word: str, argument: Any) -> None:
        """One word of the language."""
        stack = self.stack
        if word in _CONSTANTS:
            if type(argument) is int and argument.bit_length() >= BITS:
                self.refuse(f"a whole number of {argument.bit_length()} bits")
            stack.append(argument)
        elif word in _LITERALS:
            stack.append(_LITERALS[word])
        elif word in _FRESH:
            stack.append(_FRESH[word]())
        elif word in _TUPLES:
            stack[-_TUPLES[word] :] = [tuple(self.top(_TUPLES[word]))]
        elif word in ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"):
            self.memo[len(self.memo) if word == "MEMOIZE" else argument] = self.top(1)[0]
        elif word in ("GET", "BINGET", "LONG_BINGET"):
            stack.append(self.memo[argument])
        elif word not in ("PROTO", "FRAME"):
            method = getattr(self, f"do_{word.lower()}", None)
            if method is None:
                self.refuse(f"the opcode {word}")
            method(argument)

    # --- the words that take from the stack ---

    def top(self, count: int) -> list[Any]:
        """The last items, which must all be values."""
        items = self.stack[-count:]
        if len(items) < count or any(isinstance(item, _Mark) for item in items):
            self.refuse("an opcode with too few values before it")
        return items

    def pop(self) -> Any:
        self.top(1)
        return self.stack.pop()

    def items(self) -> list[Any]:
        """What stands above the last mark, taken off together with it."""
        places = range(len(self.stack) - 1, -1, -1)
        last = next((place for place in places if isinstance(self.stack[place], _Mark)), None)
        if last is None:
            self.refuse("an opcode without its mark")
        found = self.stack[last + 1 :]
        del self.stack[last:]
        return found

    def do_pop(self, _: Any) -> None:
        self.pop()

    def do_tuple(self, _: Any) -> None:
        self.stack.append(tuple(self.items()))

    def do_list(self, _: Any) -> None:
        self.stack.append(self.items())

    def do_dict(self, _: Any) -> None:
        items = self.items()
        self.stack.append({})
        self.fill(items)

    def do_append(self, _: Any) -> None:
        self.extend([self.pop()])

    def do_appends(self, _: Any) -> None:
        self.extend(self.items())

    def do_setitem(self, _: Any) -> None:
        value, key = self.pop(), self.pop()
        self.fill([key, value])

    def do_setitems(self, _: Any) -> None:
        self.fill(self.items())

    def extend(self, items: list[Any]) -> None:
        """Into the list on top."""
        target = self.top(1)[0]
        if type(target) is not list:
            self.refuse("items for what is no list")
        target.extend(items)

    def fill(self, items: list[Any]) -> None:
        """Keys and values in turn, into the dict on top."""
        target = self.top(1)[0]
        if type(target) is not dict or len(items) % 2:
            self.refuse("items for what is no dict")
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(key, str | int):  # hashing nested tuples could take for ever
                self.refuse(f"a key of type {type(key).__name__}")
            target[key] = value

    # --- the words that could do harm elsewhere ---

    def do_global(self, argument: Any) -> None:
        module, _, name = argument.partition(" ")
        self.name((module, name))

    def do_stack_global(self, _: Any) -> None:
        name, module = self.pop(), self.pop()
        self.name((module, name))

    def name(self, name: Any) -> None:
        """A name of the table, or nothing."""
        if not all(isinstance(part, str) for part in name) or name not in self.calls:
            self.refuse(f"the name {'.'.join(str(part)[:80] for part in name)!r}")
        self.stack.append(_Global(name))

    def do_reduce(self, _: Any) -> None:
        arguments, called = self.pop(), self.pop()
        function = self.calls[called.name] if isinstance(called, _Global) else None
        if function is None or type(arguments) is not tuple:
            self.refuse("a call of what cannot be called")
        self.stack.append(function(*map(_named, arguments)))

    def do_build(self, _: Any) -> None:
        """State for what waits for it. Torch gives dicts an attribute `_metadata`; that is left out."""
        state, target = self.pop(), self.top(1)[0]
        if isinstance(target, Restored):
            target.restore(state)
        elif type(target) is not dict or type(state) is not dict:
            self.refuse("attributes for what is no dict")

    def do_binpersid(self, _: Any) -> None:
        if self.persistent is None:
            self.refuse("a persistent id")
        identity = self.pop()
        self.stack.append(self.persistent(tuple(_named(item) for item in identity)))


def _named(item: Any) -> Any:
    """A name of the table as the text it is; anything else as it is."""
    return item.name if isinstance(item, _Global) else item
