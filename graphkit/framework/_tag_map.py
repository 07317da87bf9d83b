"""TagMap: the streams of one side of a node, addressed by tag and index.

An entry of a config reads ``name``, ``TAG:name`` (index 0) or ``TAG:index:name``. Entries without a tag have
the tag "" and count up from 0. Ids are dense ints in the order of (tag, index), so "" comes first.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from graphkit.errors import ConfigError
from graphkit.errors._base import shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_NAME = re.compile(r"[a-z_][a-z0-9_]*\Z")
_TAG = re.compile(r"[A-Z_][A-Z0-9_]*\Z")
_INDEX = re.compile(r"(?:0|[1-9][0-9]{0,17})\Z")  # more digits are no index, and Python refuses to read thousands

Key = tuple[str, int]
"""Tag and index of a port; the tag is "" if it has none."""


class TagIndexName(NamedTuple):
    """One entry: its tag ("" if it has none), its number (its index; None: not written) and its stream name."""

    tag: str
    number: int | None
    name: str


def parse_entry(text: str) -> TagIndexName:
    """Return the parts of ``name``, ``TAG:name`` or ``TAG:index:name``; raises ConfigError."""
    parts = text.split(":")
    name, tags = parts[-1], parts[:-1]
    if len(parts) > 3 or not _NAME.match(name):
        raise ConfigError(
            f'"{text}" is not a stream: expected name, TAG:name or TAG:index:name, with a name of '
            "lower-case letters, digits and _"
        )
    if tags and not _TAG.match(tags[0]) and not (tags[0] == "" and len(tags) == 2):
        raise ConfigError(f'"{text}": tag "{tags[0]}" must be upper-case letters, digits and _')
    if len(tags) == 2 and not _INDEX.match(tags[1]):
        raise ConfigError(f'"{shortened(text)}": index "{shortened(tags[1], 40)}" must be a number from 0')
    return TagIndexName(tags[0] if tags else "", int(tags[1]) if len(tags) == 2 else None, name)


class TagMap:
    """An ordered map of (tag, index) to stream name.

    Args:
        names: stream names by (tag, index), in any order.

    Attributes:
        keys: (tag, index) of each id.
        names: stream name of each id.
    """

    __slots__ = ("_ids", "keys", "names")

    def __init__(self, names: Mapping[Key, str] | None = None) -> None:
        ordered = sorted((names or {}).items())
        self.keys = tuple(key for key, _ in ordered)
        self.names = tuple(name for _, name in ordered)
        self._ids = {key: i for i, key in enumerate(self.keys)}

    @classmethod
    def from_entries(cls, entries: Iterable[str]) -> TagMap:
        """Return the map of config entries; indexes of a tag must run from 0 without gaps."""
        names: dict[Key, str] = {}
        counts: dict[str, int] = {}
        for text in entries:
            entry = parse_entry(text)
            index = entry.number
            if index is None:
                index = 0 if entry.tag else counts.get("", 0)
            counts[entry.tag] = max(counts.get(entry.tag, 0), index + 1)
            if (entry.tag, index) in names:
                hint = f"; number them {entry.tag}:0:..., {entry.tag}:1:..." if entry.tag else ""
                raise ConfigError(
                    f'tag "{entry.tag}" index {index} is given twice, the second time by "{text}"{hint}'
                )
            names[entry.tag, index] = entry.name
        _refuse_gaps(names, counts)
        return cls(names)

    def id_of(self, tag: str, index: int = 0) -> int | None:
        """Return the id of a key, None if there is none."""
        return self._ids.get((tag, index))

    def ids_of(self, tag: str) -> range:
        """Return the ids of all entries of *tag*, in index order."""
        first = self._ids.get((tag, 0))
        return range(0) if first is None else range(first, first + self.count(tag))

    def count(self, tag: str) -> int:
        """Return how many entries *tag* has."""
        return sum(1 for key in self.keys if key[0] == tag)

    def tags(self) -> tuple[str, ...]:
        """Return the tags, sorted."""
        return tuple(sorted({tag for tag, _ in self.keys}))

    def __len__(self) -> int:
        return len(self.keys)

    def __iter__(self) -> Iterator[Key]:
        return iter(self.keys)

    def __contains__(self, key: object) -> bool:
        return key in self._ids

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TagMap) and (self.keys, self.names) == (other.keys, other.names)

    def __hash__(self) -> int:
        return hash((self.keys, self.names))

    def __repr__(self) -> str:
        return f"TagMap({dict(zip(self.keys, self.names, strict=True))})"


def _refuse_gaps(names: Mapping[Key, str], counts: Mapping[str, int]) -> None:
    """Raise ConfigError if the indexes of a tag leave one out; the time grows with the names, not the indexes."""
    given = Counter(tag for tag, _ in names)
    for tag, count in counts.items():
        if given[tag] < count:
            gap = next(index for index in range(count) if (tag, index) not in names)
            label = f'tag "{tag}"' if tag else "the list without a tag"
            raise ConfigError(f"{label} has index {count - 1} but not index {gap}")


def key_label(key: Key) -> str:
    """Return a key as messages show it: ``IMAGE``, ``IMAGE:1`` or ``index 0``."""
    tag, index = key
    if not tag:
        return f"index {index}"
    return tag if index == 0 else f"{tag}:{index}"
