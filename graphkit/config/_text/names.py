"""Names of nodes and places of their connections."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from graphkit.errors import ConfigError
from graphkit.framework import TagMap
from graphkit.framework._tag_map import parse_entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphkit.config._checking.faults import Faults
    from graphkit.config._model import Entry, NodeConfig
    from graphkit.config._text.source import Place
    from graphkit.framework import Key


def canonical_names(nodes: Sequence[NodeConfig]) -> list[str]:
    """Return the name of each node: as given, else its calculator's; the k-th of several gets ``_k``."""
    given = [node.name or node.calculator for node in nodes]
    totals = Counter(given)
    seen: Counter[str] = Counter()
    names = []
    for name in given:
        seen[name] += 1
        names.append(name if totals[name] == 1 else f"{name}_{seen[name]}")
    return names


def tag_map(entries: Sequence[Entry], owner: str, faults: Faults) -> TagMap | None:
    """Return the tag map of *entries*; None after reporting why there is none."""
    try:
        return TagMap.from_entries(entry.text for entry in entries)
    except ConfigError as exc:
        faults.add(f"{owner}: {exc.message}", _culprit(entries).place)
        return None


def _culprit(entries: Sequence[Entry]) -> Entry:
    """Return the first entry that cannot be read, or else the last one, which repeats or skips an index."""
    for end, entry in enumerate(entries, start=1):
        try:
            parse_entry(entry.text)
            TagMap.from_entries(e.text for e in entries[:end])
        except ConfigError:
            return entry
    return entries[-1]


def keyed(entries: Sequence[Entry]) -> dict[Key, Entry]:
    """Return the entries by tag and index; they must make a tag map."""
    counts: dict[str, int] = {}
    found: dict[Key, Entry] = {}
    for entry in entries:
        parsed = parse_entry(entry.text)
        index = counts.get(parsed.tag, 0) if parsed.number is None else parsed.number
        counts[parsed.tag] = max(counts.get(parsed.tag, 0), index + 1)
        found[parsed.tag, index] = entry
    return found


def place_of_key(entries: Sequence[Entry], key: Key, default: Place) -> Place:
    """Return the place of the entry of a tag and index."""
    entry = keyed(entries).get(key)
    return default if entry is None else entry.place
