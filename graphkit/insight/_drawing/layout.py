"""The layout: each group on its own, inner ones first, then put together."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from graphkit.insight._drawing.layers import put_into_layers
from graphkit.insight._drawing.levels import Edge, Item, Level, levels_of
from graphkit.insight._drawing.picture import Shape

if TYPE_CHECKING:
    from graphkit.insight._drawing.picture import Line, Link, Picture

PADDING: Final = 14.0
TITLE: Final = 20.0
_GAP: Final = 16.0
_LAYER_GAP: Final = 26.0
_MOST_LAYER_GAP: Final = 70.0
_SWEEPS: Final = 12
_LAST_SWEEPS: Final = 4


@dataclass(slots=True)
class Curve:
    """A piece of links, from top to bottom.

    Attributes:
        points: (x, y) of the ends and of all places where it meets a layer, two for each layer passed.
        arrow: "end", "start" or "": where an arrow meets a box.
        meets_upper, meets_lower: whether it ends at boxes there, not at a border or on its way.
    """

    points: list[tuple[float, float]]
    line: Line
    arrow: str
    links: list[Link]
    meets_upper: bool = False
    meets_lower: bool = False


@dataclass(slots=True)
class Layout:
    """A picture with places: (left, top, width, height) of each box, by id."""

    width: float
    height: float
    boxes: dict[str, tuple[float, float, float, float]] = field(default_factory=dict)
    curves: list[Curve] = field(default_factory=list)


def lay_out(picture: Picture) -> Layout:
    """Return the places of the boxes and links of a picture."""
    levels = levels_of(picture)
    ways: dict[str, list[tuple[Edge, list[Item]]]] = {}
    for group_id, level in levels.items():
        for item in level.items:
            if item.box is not None and item.box.shape is Shape.GROUP:
                inner = levels[item.box.id]
                item.width, item.height = inner.width, inner.height
        ways[group_id] = put_into_layers(level)
        _Coordinates(level, ways[group_id]).choose()
    root = levels[picture.root.id]
    layout = Layout(root.width, root.height)
    _place(root, levels, ways, (0.0, 0.0), layout)
    return layout


def _place(
    level: Level,
    levels: dict[str, Level],
    ways: dict[str, list[tuple[Edge, list[Item]]]],
    corner: tuple[float, float],
    layout: Layout,
) -> None:
    left, top = corner
    for item in level.items:
        if item.box is None:
            continue
        place = (left + item.x - item.width / 2, top + item.y)
        layout.boxes[item.box.id] = (*place, item.width, item.height)
        if item.box.shape is Shape.GROUP:
            _place(levels[item.box.id], levels, ways, place, layout)
    layout.curves += _Curves(level, ways[level.group.id], corner).made()


def port_offset(item: Item, port: Item | None) -> float:
    """Return the distance of an entry or exit from the middle of its group."""
    return 0.0 if port is None else port.x - item.width / 2


class _Coordinates:
    """Chooses x so that edges are straight, as far as the order and the widths in each layer allow; then y."""

    def __init__(self, level: Level, ways: list[tuple[Edge, list[Item]]]) -> None:
        self._level = level
        self._above: dict[Item, list[tuple[Item, float]]] = defaultdict(list)
        self._below: dict[Item, list[tuple[Item, float]]] = defaultdict(list)
        self._edges_below: dict[int, int] = defaultdict(int)
        self._bounds = (-math.inf, math.inf)
        for edge, way in ways:
            for upper, lower in itertools.pairwise(way):
                shift = port_offset(edge.upper, edge.upper_port) if upper is edge.upper else 0.0
                shift -= port_offset(edge.lower, edge.lower_port) if lower is edge.lower else 0.0
                self._above[lower].append((upper, shift))
                self._below[upper].append((lower, -shift))
                self._edges_below[upper.layer] += 1

    def choose(self) -> None:
        """Set x and y of all items, and the size of the level."""
        level = self._level
        for layer in level.layers:
            self._pack(layer)
        for sweep in range(_SWEEPS + _LAST_SWEEPS):
            if sweep == _SWEEPS:
                self._draw_in()
            upwards = sweep % 2 == 1
            for layer in reversed(level.layers) if upwards else level.layers:
                self._align(layer, self._below if upwards else self._above)
        items = [item for layer in level.layers for item in layer]
        if not items:
            level.width, level.height = 2 * PADDING, 2 * PADDING + TITLE
            return
        shift = PADDING - min(item.x - item.width / 2 for item in items)
        for item in items:
            item.x += shift
        title = 6.7 * (len(level.group.title) + len(level.group.detail) + 1) + 20
        level.width = max(max(item.x + item.width / 2 for item in items) + PADDING, title)
        self._stack()

    def _pack(self, layer: list[Item]) -> None:
        x = 0.0
        for item in layer:
            item.x = x + item.width / 2
            x += item.width + _GAP

    def _draw_in(self) -> None:
        """Keep all layers from now on within the width of the widest one, so that no side stays empty."""
        widths = [
            (sum(item.width for item in layer) + _GAP * (len(layer) - 1), layer) for layer in self._level.layers
        ]
        width, layer = max(widths, key=lambda pair: pair[0], default=(0.0, []))
        if layer:
            middle = (layer[0].x - layer[0].width / 2 + layer[-1].x + layer[-1].width / 2) / 2
            self._bounds = (middle - width / 2, middle + width / 2)

    def _align(self, layer: list[Item], neighbours: dict[Item, list[tuple[Item, float]]]) -> None:
        wishes = []
        for item in layer:
            found = [other.x + shift for other, shift in neighbours[item]]
            weight = (4.0 if item.kind == "bend" else 1.0) * len(found) if found else 0.05
            wishes.append((sum(found) / len(found) if found else item.x, weight))
        offsets = [0.0]
        for left, right in itertools.pairwise(layer):
            offsets.append(offsets[-1] + (left.width + right.width) / 2 + _GAP)
        places = _nondecreasing(
            [(wish - offset, weight) for (wish, weight), offset in zip(wishes, offsets, strict=True)]
        )
        if not layer:
            return
        least = self._bounds[0] + layer[0].width / 2
        most = self._bounds[1] - layer[-1].width / 2 - offsets[-1]
        for item, place, offset in zip(layer, places, offsets, strict=True):
            item.x = max(least, min(place, most)) + offset

    def _stack(self) -> None:
        """Put the layers below each other; entries lie on the upper border, exits on the lower one."""
        level = self._level
        y = PADDING if level.group.id == "" else PADDING + TITLE
        for number, layer in enumerate(level.layers):
            kinds = {item.kind for item in layer}
            top = 0.0 if "entry" in kinds else y
            for item in layer:
                item.y = top
            y = max(y, top + max((item.height for item in layer), default=0.0))
            if number + 1 < len(level.layers):
                y += min(_LAYER_GAP + 1.5 * self._edges_below[number], _MOST_LAYER_GAP)
        level.height = y + (0.0 if any(item.kind == "exit" for item in level.items) else PADDING)
        for item in level.items:
            if item.kind == "exit":
                item.y = level.height


def _nondecreasing(wishes: list[tuple[float, float]]) -> list[float]:
    """Return the nondecreasing numbers nearest to *wishes*, by weight (pool adjacent violators)."""
    pools: list[list[float]] = []
    for wish, weight in wishes:
        pools.append([wish, weight, 1])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            value, more, count = pools.pop()
            last = pools[-1]
            last[0] = (last[0] * last[1] + value * more) / (last[1] + more)
            last[1] += more
            last[2] += count
    return [value for value, _, count in pools for _ in range(int(count))]


def _is_leaf(item: Item) -> bool:
    return item.box is not None and item.box.shape is not Shape.GROUP


class _Curves:
    """Makes the curves of a level: each piece between two layers once, however many links run there."""

    def __init__(self, level: Level, ways: list[tuple[Edge, list[Item]]], corner: tuple[float, float]) -> None:
        self._level, self._ways, self._corner = level, ways, corner
        self._bottoms = [max((i.y + i.height for i in layer), default=0.0) for layer in level.layers]

    def made(self) -> list[Curve]:
        """Return the curves."""
        ends = self._ends()
        curves: dict[tuple[int, int, str, bool], Curve] = {}
        for edge, way in self._ways:
            for upper, lower in itertools.pairwise(way):
                key = (id(upper), id(lower), edge.source, edge.reversed)
                if key not in curves:
                    points = self._points(edge, upper, lower, ends)
                    meets = (_is_leaf(upper), _is_leaf(lower))
                    curves[key] = Curve(points, edge.line, "", [], *meets)
                curve = curves[key]
                curve.links += edge.links
                head = upper if edge.reversed else lower
                final = way[0] if edge.reversed else way[-1]
                if head is final and _is_leaf(head):
                    curve.arrow = "start" if edge.reversed else "end"
        return list(curves.values())

    def _points(
        self, edge: Edge, upper: Item, lower: Item, ends: dict[tuple[int, int, str], float]
    ) -> list[tuple[float, float]]:
        left, top = self._corner
        x1 = self._x(edge, upper, ends, "out")
        x2 = self._x(edge, lower, ends, "in")
        start = upper.y + upper.height
        bottom = max(self._bottoms[upper.layer], start) if upper.kind != "entry" else start
        end = lower.y
        return [(left + x, top + y) for x, y in ((x1, start), (x1, bottom), (x2, end))]

    def _x(self, edge: Edge, item: Item, ends: dict[tuple[int, int, str], float], side: str) -> float:
        port = edge.upper_port if item is edge.upper and side == "out" else None
        port = edge.lower_port if item is edge.lower and side == "in" else port
        if port is not None:
            return item.x + port_offset(item, port)
        return ends.get((id(item), id(edge), side), item.x)

    def _ends(self) -> dict[tuple[int, int, str], float]:
        """Return where on a box its edges are attached: spread over its width, in the order of their targets."""
        at: dict[tuple[Item, str], list[tuple[float, Edge]]] = defaultdict(list)
        for edge, way in self._ways:
            if way[0].kind == "box" and edge.upper_port is None:
                at[way[0], "out"].append((way[1].x, edge))
            if way[-1].kind == "box" and edge.lower_port is None:
                at[way[-1], "in"].append((way[-2].x, edge))
        found = {}
        for (item, side), edges in at.items():
            edges.sort(key=lambda pair: pair[0])
            for place, (_, edge) in enumerate(edges, start=1):
                found[id(item), id(edge), side] = item.x + (place / (len(edges) + 1) - 0.5) * item.width * 0.8
        return found
