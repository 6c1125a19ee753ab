"""Error analysis by hand: what the misclassified examples have in common (deck D2)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

from ..errors import ArgumentError
from ..refusal import shown


@dataclass(frozen=True)
class TagTable:
    """How many of the `total` examples have each tag; the shares may add up to more than 1."""

    counts: dict[str, int]
    total: int

    @property
    def shares(self) -> dict[str, float]:
        """The part of the examples with each tag: how much of the error its cure could remove at most."""
        return {tag: count / self.total for tag, count in self.counts.items()}

    def __str__(self) -> str:
        width = max([len(tag) for tag in self.counts], default=3)
        rows = [f"{tag:{width}}  {count:5}  {count / self.total:6.1%}" for tag, count in self.counts.items()]
        return "\n".join([f"{'tag':{width}}  count   share", *rows, f"{self.total} examples"])


def tag_table(tags: Mapping[Hashable, Iterable[str]] | Iterable[Iterable[str]]) -> TagTable:
    """The table of an error analysis: for each example (a dict's value, or an entry of a list) its tags.

    An example may have several tags, or none; each counts once. The most frequent tag comes first.

    >>> table = tag_table({1: ["dog"], 2: ["blurry"], 3: ["big cat", "blurry"], 4: []})
    >>> table.shares
    {'blurry': 0.5, 'dog': 0.25, 'big cat': 0.25}
    """
    if isinstance(tags, str) or not isinstance(tags, Iterable):
        raise ArgumentError(f"tag_table: tags must be a dict or a list of lists of tags, got {shown(tags)}")
    examples = list(tags.values()) if isinstance(tags, Mapping) else list(tags)
    if not examples:
        raise ArgumentError("tag_table: tags must have at least one example, got none")
    counts: dict[str, int] = {}
    for number, own in enumerate(examples):
        if isinstance(own, str) or not isinstance(own, Iterable):
            raise ArgumentError(f"tag_table: tags[{number}] must be a list of tags, got {shown(own)}")
        for tag in dict.fromkeys(own):
            if not isinstance(tag, str):
                raise ArgumentError(f"tag_table: tags[{number}] must hold strings, got {shown(tag)}")
            counts[tag] = counts.get(tag, 0) + 1
    return TagTable(dict(sorted(counts.items(), key=lambda item: -item[1])), len(examples))
