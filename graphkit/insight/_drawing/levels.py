"""Levels: each group as a layered graph of its own, whose edges stop at the borders of groups.

A link between boxes of different groups is cut at every border it crosses: it leaves a group by an exit, one for
each stream, and enters one by an entry. So each group is laid out by itself, and nothing is drawn across a box.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from graphkit.insight._drawing.picture import Box, Line, Link, Picture, Shape

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHAR: Final = 6.7
"""Width of a character of the titles: a monospaced font of 11 pixels."""
_SMALL_CHAR: Final = 5.5
_HEIGHTS: Final = {Shape.NODE: 22.0, Shape.STREAM: 18.0, Shape.SIDE: 18.0}
_LINE_HEIGHT: Final = 12.0
PORT: Final = 8.0
"""Width that is kept free for an edge that passes through a layer, enters or leaves."""


@dataclass(slots=True, eq=False)
class Item:
    """An item in a layer of a level.

    Attributes:
        kind: "box", "entry", "exit" or "bend", a place where an edge passes through a layer.
        box: of a box.
        x: of its middle; y: of its top, both within the level once that is laid out.
    """

    kind: str
    width: float
    height: float
    box: Box | None = None
    layer: int = 0
    x: float = 0.0
    y: float = 0.0


@dataclass(slots=True, eq=False)
class Edge:
    """A piece of links between two items of a level.

    Attributes:
        upper, lower: the items; of a reversed edge the links run from the lower to the upper one.
        upper_port, lower_port: the exit or entry inside a group to which it is attached.
        source: the box that the links come from; edges of one source share their way.
        links: those that run here.
    """

    upper: Item
    lower: Item
    line: Line
    source: str
    upper_port: Item | None = None
    lower_port: Item | None = None
    reversed: bool = False
    links: list[Link] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Level:
    """A group as a graph.

    Attributes:
        group: whose inside it is.
        items: its boxes, entries and exits.
        edges: between them.
        layers: the items from top to bottom, each layer from left to right, bends included.
        width, height: once it is laid out.
    """

    group: Box
    items: list[Item] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    layers: list[list[Item]] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0


def levels_of(picture: Picture) -> dict[str, Level]:
    """Return the level of each group by its id, inner groups before those around them."""
    return _Cutter(picture).levels


def size_of(box: Box) -> tuple[float, float]:
    """Return the width and height that the words on a box need."""
    if box.shape is Shape.NODE:
        height = _HEIGHTS[box.shape] + (_LINE_HEIGHT if box.detail else 0.0)
        return max(_CHAR * len(box.title), _SMALL_CHAR * len(box.detail)) + 18, height
    height = _HEIGHTS[box.shape] + (_LINE_HEIGHT - 1 if box.detail else 0.0)
    return max(_CHAR * len(box.title), _SMALL_CHAR * len(box.detail)) + 16, height


class _Cutter:
    def __init__(self, picture: Picture) -> None:
        self.levels: dict[str, Level] = {}
        self._above: dict[str, list[Box]] = {}
        self._items: dict[str, Item] = {}
        self._ports: dict[tuple[str, str, str, Line], Item] = {}
        self._edges: dict[tuple[int, int, str, Line], Edge] = {}
        self._enter(picture.root, [])
        for link in picture.links:
            self._cut(link)

    def _enter(self, group: Box, above: list[Box]) -> None:
        level = Level(group)
        for box in group.inside:
            self._above[box.id] = [*above, group]
            if box.shape is Shape.GROUP:
                self._enter(box, [*above, group])
                item = Item("box", 0.0, 0.0, box)
            else:
                item = Item("box", *size_of(box), box)
            self._items[box.id] = item
            level.items.append(item)
        self.levels[group.id] = level

    def _cut(self, link: Link) -> None:
        ups, downs = self._above[link.source], self._above[link.target]
        common = sum(1 for _ in _common(ups, downs))
        upper, port = self._items[link.source], None
        for group in reversed(ups[common:]):
            leave = self._port("exit", group, link)
            self._join(self.levels[group.id], link, (upper, port), (leave, None))
            upper, port = self._items[group.id], leave
        lower, lower_port = self._items[link.target], None
        for group in reversed(downs[common:]):
            enter = self._port("entry", group, link)
            self._join(self.levels[group.id], link, (enter, None), (lower, lower_port))
            lower, lower_port = self._items[group.id], enter
        self._join(self.levels[ups[common - 1].id], link, (upper, port), (lower, lower_port))

    def _port(self, kind: str, group: Box, link: Link) -> Item:
        key = (kind, group.id, link.source, link.line)
        if key not in self._ports:
            self._ports[key] = Item(kind, PORT, 0.0)
            self.levels[group.id].items.append(self._ports[key])
        return self._ports[key]

    def _join(
        self, level: Level, link: Link, upper: tuple[Item, Item | None], lower: tuple[Item, Item | None]
    ) -> None:
        key = (id(upper[0]), id(lower[0]), link.source, link.line)
        if key not in self._edges:
            edge = Edge(upper[0], lower[0], link.line, link.source, upper[1], lower[1])
            self._edges[key] = edge
            level.edges.append(edge)
        self._edges[key].links.append(link)


def _common(first: list[Box], second: list[Box]) -> Iterator[Box]:
    for one, other in zip(first, second, strict=False):
        if one is not other:
            return
        yield one
