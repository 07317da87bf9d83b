"""A picture as a page of its own, in which the boxes of subgraphs fold."""

from __future__ import annotations

import json
from collections import defaultdict
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from graphkit.insight._drawing.layers import put_into_layers
from graphkit.insight._drawing.levels import levels_of
from graphkit.insight._drawing.picture import Shape
from graphkit.insight._drawing.svg import MARKERS, STYLE, heat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphkit.insight._drawing.levels import Edge, Item, Level
    from graphkit.insight._drawing.picture import Box, Picture

_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ margin: 0; font: 13px sans-serif; }}
header {{ position: sticky; top: 0; padding: 6px 10px; background: #fff; border-bottom: 1px solid #cbd2d9; }}
pre {{ margin: 0; padding: 6px 10px; color: #b42318; white-space: pre-wrap; }}
.title {{ cursor: pointer; }}
.title > rect {{ fill: #ffffffd0; }}
{style}</style></head><body>
<header><b>{title}</b> <button id="open">Open all</button> <button id="fold">Fold all</button>
A click on the title of a box opens or folds it.</header>{faults}
<svg id="graph" xmlns="http://www.w3.org/2000/svg">{markers}</svg>
<script>const graph = {graph};
{script}</script></body></html>
"""


def to_html(picture: Picture) -> str:
    """Return the picture as a page without external files."""
    script = (files("graphkit.insight._drawing") / "folding.js").read_text(encoding="utf-8")
    graph = json.dumps(_graph(picture), separators=(",", ":")).replace("</", "<\\/")
    faults = f"<pre>{escape(chr(10).join(picture.faults))}</pre>" if picture.faults else ""
    return _PAGE.format(
        title=escape(picture.title), style=STYLE, markers=MARKERS, graph=graph, script=script, faults=faults
    )


def _graph(picture: Picture) -> dict[str, Any]:
    boxes = {box.id: box for box in _all(picture.root)}
    groups = [id_ for id_, box in boxes.items() if box.shape is Shape.GROUP]
    numbers: dict[Item, int] = {}
    return {
        "boxes": {id_: _box(box) for id_, box in boxes.items()},
        "levels": {id_: _level(level, numbers) for id_, level in levels_of(picture).items()},
        "groups": groups,
    }


def _all(box: Box) -> Iterator[Box]:
    for inner in box.inside:
        yield inner
        yield from _all(inner)


def _box(box: Box) -> dict[str, Any]:
    return {
        "shape": box.shape.value, "title": box.title, "detail": box.detail, "about": box.about,
        "declared": box.declared, "faults": box.faults, "heat": "" if box.share is None else heat(box.share),
    }  # fmt: skip


def _level(level: Level, numbers: dict[Item, int]) -> dict[str, Any]:
    """Return a level; adds the numbers of its items to *numbers*."""
    ways = put_into_layers(level)
    items = [item for layer in level.layers for item in layer]
    numbers.update((item, number) for number, item in enumerate(items))
    shares = _shares(ways, numbers)
    return {
        "items": [_item(item) for item in items],
        "layers": [[numbers[item] for item in layer] for layer in level.layers],
        "ways": [_way(edge, way, numbers, shares) for edge, way in ways],
    }


def _item(item: Item) -> dict[str, Any]:
    box = {} if item.box is None else {"box": item.box.id}
    return {"kind": item.kind, "w": item.width, "h": item.height, "layer": item.layer, "x": 0, "y": 0, **box}


def _way(
    edge: Edge, way: list[Item], numbers: dict[Item, int], shares: dict[tuple[int, str], float]
) -> dict[str, Any]:
    ports = {"up": edge.upper_port, "low": edge.lower_port}
    return {
        "items": [numbers[item] for item in way],
        "line": edge.line.value,
        "source": edge.source,
        "reversed": edge.reversed,
        "about": "\n".join(dict.fromkeys(link.about for link in edge.links)),
        "out": shares.get((id(edge), "out"), 0.5),
        "in": shares.get((id(edge), "in"), 0.5),
        **{name: numbers[port] for name, port in ports.items() if port is not None},
    }


def _shares(ways: list[tuple[Edge, list[Item]]], numbers: dict[Item, int]) -> dict[tuple[int, str], float]:
    """Return where along the side of its box each edge is attached, 0 to 1: in the order of their targets."""
    at: dict[tuple[Item, str], list[tuple[int, Edge]]] = defaultdict(list)
    for edge, way in ways:
        at[way[0], "out"].append((numbers[way[1]], edge))
        at[way[-1], "in"].append((numbers[way[-2]], edge))
    found = {}
    for (_, side), edges in at.items():
        edges.sort(key=lambda pair: pair[0])
        for place, (_, edge) in enumerate(edges, start=1):
            found[id(edge), side] = place / (len(edges) + 1)
    return found
