"""The layer of each item of a level, and the order within each layer."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from graphkit.insight._drawing.levels import PORT, Edge, Item, Level
from graphkit.insight._drawing.picture import Line

if TYPE_CHECKING:
    from collections.abc import Iterable

_SWEEPS: Final = 10


def put_into_layers(level: Level) -> list[tuple[Edge, list[Item]]]:
    """Fill ``level.layers``; return each edge with the items that it passes, from top to bottom."""
    _turn_cycles(level)
    _choose_layers(level)
    count = max((item.layer for item in level.items), default=-1) + 1
    level.layers = [[] for _ in range(count)]
    for item in level.items:
        level.layers[item.layer].append(item)
    ways = _bend(level)
    _order(level.layers, ways)
    return ways


def _turn_cycles(level: Level) -> None:
    """Make every edge run downwards: back edges, and those that would close a cycle of groups, are reversed."""
    for edge in level.edges:
        if edge.line is Line.BACK and edge.upper.kind == "box" and edge.lower.kind == "box":
            _turn(edge)
    below: dict[Item, list[Edge]] = defaultdict(list)
    for edge in level.edges:
        below[edge.upper].append(edge)
    state: dict[Item, int] = {}
    for item in level.items:
        _visit(item, below, state)


def _visit(start: Item, below: dict[Item, list[Edge]], state: dict[Item, int]) -> None:
    """Walk down from an item; an edge to one on the walk's path is reversed."""
    if state.get(start):
        return
    state[start] = 1
    stack = [(start, iter(list(below[start])))]
    while stack:
        item, edges = stack[-1]
        edge = next(edges, None)
        if edge is None:
            state[item] = 2
            stack.pop()
        elif state.get(edge.lower) == 1:
            _turn(edge)
        elif not state.get(edge.lower):
            state[edge.lower] = 1
            stack.append((edge.lower, iter(list(below[edge.lower]))))


def _turn(edge: Edge) -> None:
    edge.upper, edge.lower = edge.lower, edge.upper
    edge.upper_port, edge.lower_port = edge.lower_port, edge.upper_port
    edge.reversed = not edge.reversed


def _choose_layers(level: Level) -> None:
    """Put each item below all that it depends on; entries above all others, exits below."""
    above: dict[Item, list[Item]] = defaultdict(list)
    below: dict[Item, list[Item]] = defaultdict(list)
    for edge in level.edges:
        above[edge.lower].append(edge.upper)
        below[edge.upper].append(edge.lower)
    first = 1 if any(item.kind == "entry" for item in level.items) else 0
    order = _sorted(level.items, above, below)
    for item in order:
        item.layer = max([first, *(other.layer + 1 for other in above[item])])
        if item.kind == "entry":
            item.layer = 0
    for item in reversed(order):
        if not above[item] and below[item] and item.kind == "box":
            item.layer = max(first, min(other.layer for other in below[item]) - 1)
    last = max((item.layer for item in level.items if item.kind != "exit"), default=0) + 1
    for item in level.items:
        if item.kind == "exit":
            item.layer = last


def _sorted(items: Iterable[Item], above: dict[Item, list[Item]], below: dict[Item, list[Item]]) -> list[Item]:
    waiting = {item: len(above[item]) for item in items}
    ready = [item for item, count in waiting.items() if not count]
    order = []
    while ready:
        item = ready.pop()
        order.append(item)
        for other in below[item]:
            waiting[other] -= 1
            if not waiting[other]:
                ready.append(other)
    return order


def _bend(level: Level) -> list[tuple[Edge, list[Item]]]:
    """Add a bend to each layer that an edge passes; edges of one source share theirs."""
    bends: dict[tuple[Item, str, Line, bool, int], Item] = {}
    ways = []
    for edge in level.edges:
        way = [edge.upper]
        for layer in range(edge.upper.layer + 1, edge.lower.layer):
            # A reversed edge starts at its target, which it shares with no other.
            shared = edge.lower if edge.reversed else edge.upper
            key = (shared, edge.source, edge.line, edge.reversed, layer)
            if key not in bends:
                bends[key] = Item("bend", PORT, 0.0, layer=layer)
                level.layers[layer].append(bends[key])
            way.append(bends[key])
        ways.append((edge, [*way, edge.lower]))
    return ways


def _order(layers: list[list[Item]], ways: list[tuple[Edge, list[Item]]]) -> None:
    """Order each layer so that few edges cross: by the middle of its neighbours, downwards and upwards in turn."""
    above: dict[Item, set[Item]] = defaultdict(set)
    below: dict[Item, set[Item]] = defaultdict(set)
    for _, way in ways:
        for upper, lower in itertools.pairwise(way):
            above[lower].add(upper)
            below[upper].add(lower)
    best, fewest = [list(layer) for layer in layers], _crossings(layers, below)
    for sweep in range(_SWEEPS):
        if sweep % 2:
            for layer, fixed in zip(reversed(layers[:-1]), reversed(layers[1:]), strict=True):
                _by_middle(layer, fixed, below)
        else:
            for fixed, layer in itertools.pairwise(layers):
                _by_middle(layer, fixed, above)
        found = _crossings(layers, below)
        if found < fewest:
            best, fewest = [list(layer) for layer in layers], found
    for layer, kept in zip(layers, best, strict=True):
        layer[:] = kept


def _by_middle(layer: list[Item], fixed: list[Item], neighbours: dict[Item, set[Item]]) -> None:
    places = {item: place for place, item in enumerate(fixed)}
    own = {item: place for place, item in enumerate(layer)}

    def middle(item: Item) -> float:
        found = [places[other] for other in neighbours[item] if other in places]
        return sum(found) / len(found) if found else own[item] * len(fixed) / max(len(layer), 1)

    layer.sort(key=middle)


def _crossings(layers: list[list[Item]], below: dict[Item, set[Item]]) -> int:
    total = 0
    for upper, lower in itertools.pairwise(layers):
        places = {item: place for place, item in enumerate(lower)}
        ends = [end for item in upper for end in sorted(places[o] for o in below[item] if o in places)]
        total += _inversions(ends)
    return total


def _inversions(values: list[int]) -> int:
    """Return how many pairs stand in the wrong order."""
    from bisect import bisect_right, insort

    seen: list[int] = []
    total = 0
    for value in values:
        total += len(seen) - bisect_right(seen, value)
        insort(seen, value)
    return total
