"""Makes the picture of a graph, valid or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphkit.config._text.names import canonical_names
from graphkit.errors._base import shortened
from graphkit.framework import key_label
from graphkit.insight._drawing.picture import Box, Line, Link, Picture, Shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from graphkit.config import GraphConfig, GraphPlan, NodeConfig, NodePlan
    from graphkit.config._model import Entry
    from graphkit.errors import ConfigError
    from graphkit.framework import TagMap


@dataclass(slots=True)
class NodeFacts:
    """What a picture needs of one node: ports are (label, name) pairs.

    Attributes:
        back: labels of the inputs that are back edges.
    """

    name: str
    calculator: str
    ancestry: tuple[str, ...]
    inputs: list[tuple[str, str]]
    outputs: list[tuple[str, str]]
    side_inputs: list[tuple[str, str]]
    side_outputs: list[tuple[str, str]]
    back: frozenset[str]
    place: str


def picture_of_plan(plan: GraphPlan, title: str = "") -> Picture:
    """Return the picture of a graph that is valid."""
    types = {stream.name: str(stream.packet_type) for stream in plan.streams}
    side_types = {name: str(side.packet_type) for name, side in plan.side_packets.items()}
    given = [name for name, side in plan.side_packets.items() if side.producer < 0]
    painter = _Painter(Picture(title or plan.type, Box("", Shape.GROUP, title or plan.type)), types, side_types)
    painter.paint(
        [_facts_of_plan(node) for node in plan.nodes],
        (plan.graph_inputs.names, plan.graph_outputs.names),
        (given, plan.graph_output_side_packets.names),
    )
    return painter.picture


def picture_of_config(graph: GraphConfig, faults: Sequence[ConfigError], title: str = "") -> Picture:
    """Return the picture of an expanded graph that is not valid: what can be drawn, faults at their nodes."""
    title = title or graph.type
    painter = _Painter(Picture(title, Box("", Shape.GROUP, title)), {}, {})
    names = canonical_names(graph.nodes)
    painter.paint(
        [_facts_of_config(node, name) for node, name in zip(graph.nodes, names, strict=True)],
        (_names(graph.inputs), _names(graph.outputs)),
        (_names(graph.input_side_packets), _names(graph.output_side_packets)),
    )
    for fault in faults:
        box = painter.boxes.get(f"node {fault.node}")
        (painter.picture.faults if box is None else box.faults).append(str(fault))
        if box is not None:
            box.detail = shortened(fault.message, 60)
    return painter.picture


def add_profile(picture: Picture, profile: Mapping[str, Any]) -> None:
    """Note on each node the share of the time that it took, as the JSON of a profile has it.

    The title is then the name, as in the tables of a profile, and the second line the calculator.
    """
    measured = {str(row.get("name")): row for row in profile.get("nodes", ())}
    for box in _all(picture.root):
        if box.shape is not Shape.NODE:
            continue
        if box.detail and not box.faults:
            box.title, box.detail = box.detail, box.title
        row = measured.get(box.id.removeprefix("node "))
        if row is not None:
            box.share = float(row.get("time_percent", 0)) / 100
            mean = float(row.get("time_mean", 0)) / 1000
            box.detail = f"{mean:.2f} ms, {100 * box.share:.0f} %" + (f", {box.detail}" if box.detail else "")


def _all(box: Box) -> Iterator[Box]:
    for inner in box.inside:
        yield inner
        yield from _all(inner)


def _facts_of_plan(node: NodePlan) -> NodeFacts:
    inputs = _pairs(node.inputs)
    return NodeFacts(
        node.name, node.calculator, node.ancestry, inputs, _pairs(node.outputs), _pairs(node.input_side_packets),
        _pairs(node.output_side_packets),
        frozenset(label for (label, _), back in zip(inputs, node.back_edges, strict=True) if back),
        str(node.location),
    )  # fmt: skip


def _facts_of_config(node: NodeConfig, name: str) -> NodeFacts:
    message: Any = node.message
    back = {_label(*_key(info.tag_index)) for info in message.input_stream_info if info.back_edge}
    return NodeFacts(
        name, node.calculator, node.ancestry, _entries(node.inputs), _entries(node.outputs),
        _entries(node.input_side_packets), _entries(node.output_side_packets), frozenset(back),
        str(node.place.location),
    )  # fmt: skip


def _pairs(tag_map: TagMap) -> list[tuple[str, str]]:
    return [(_label(*key), name) for key, name in zip(tag_map.keys, tag_map.names, strict=True)]


def _entries(entries: Sequence[Entry]) -> list[tuple[str, str]]:
    """Return the connections of a node whose tags are not checked."""
    counts: dict[str, int] = {}
    found = []
    for entry in entries:
        index = counts.get(entry.tag, 0)
        counts[entry.tag] = index + 1
        found.append((_label(entry.tag.partition(":")[0], index), entry.name))
    return found


def _key(text: str) -> tuple[str, int]:
    tag, _, index = text.partition(":")
    return tag, int(index) if index.isdigit() else 0


def _label(tag: str, index: int) -> str:
    return key_label((tag, index)) if tag else f"input {index}"


def _tag(label: str) -> str:
    return "" if label.startswith("input ") else label


def _read_where_made(nodes: Sequence[NodeFacts]) -> Iterator[str]:
    """Yield the ids of what is made in an outermost subgraph and read in the same one."""
    made: dict[str, str] = {}
    for node in nodes:
        top = node.name.split("__")[0] if node.ancestry else ""
        made.update((f"stream {name}", top) for _, name in node.outputs)
        made.update((f"side {name}", top) for _, name in node.side_outputs)
    for node in nodes:
        top = node.name.split("__")[0] if node.ancestry else ""
        taken = [f"stream {name}" for _, name in node.inputs] + [f"side {name}" for _, name in node.side_inputs]
        yield from (key for key in taken if top and made.get(key) == top)


def _names(entries: Iterable[Entry]) -> list[str]:
    return [entry.name for entry in entries]


class _Painter:
    """Makes boxes and links.

    A stream's box lies in the group of the node that makes it. An output of the graph lies outside of all
    groups; if nodes of the group that makes it read it too, it stays with them and a box outside represents it.
    """

    def __init__(self, picture: Picture, types: Mapping[str, str], side_types: Mapping[str, str]) -> None:
        self.picture = picture
        self.boxes: dict[str, Box] = {"": picture.root}
        self._types = {Shape.STREAM: types, Shape.SIDE: side_types}
        self._made: set[str] = set()
        self._outer: set[str] = set()

    def paint(
        self,
        nodes: Sequence[NodeFacts],
        streams: tuple[Iterable[str], Iterable[str]],
        side_packets: tuple[Iterable[str], Iterable[str]],
    ) -> None:
        """Draw the nodes, and what is declared as input and output of the graph."""
        declared = ((Shape.STREAM, streams), (Shape.SIDE, side_packets))
        inner = set(_read_where_made(nodes))
        for shape, (given, wanted) in declared:
            for name in given:
                self._carrier(shape, name, self.picture.root).declared = "in"
                self._made.add(f"{shape.value} {name}")
            self._outer |= {f"{shape.value} {name}" for name in wanted} - inner
        for node in nodes:
            self._node(node)
        for node in nodes:
            self._connect(node)
        for shape, (_, wanted) in declared:
            for name in wanted:
                self._give_out(shape, name)

    def _give_out(self, shape: Shape, name: str) -> None:
        box = self._carrier(shape, name, self.picture.root)
        if box not in self.picture.root.inside:
            outside = Box(f"output {box.id}", shape, box.title, box.detail, box.about, declared="out")
            self.picture.root.inside.append(outside)
            line = Line.STREAM if shape is Shape.STREAM else Line.SIDE
            self.picture.links.append(Link(box.id, outside.id, line, f"{name} -> output of the graph"))
            return
        box.declared = box.declared or "out"

    def _node(self, node: NodeFacts) -> None:
        group = self._group(node)
        short = node.name.split("__")[-1] if node.ancestry else node.name
        detail = "" if short == node.calculator else short
        about = f"{node.name} ({node.calculator})\n{node.place}"
        box = Box(f"node {node.name}", Shape.NODE, node.calculator or "(no calculator)", detail, about)
        self.boxes[box.id] = box
        group.inside.append(box)
        for shape, made in ((Shape.STREAM, node.outputs), (Shape.SIDE, node.side_outputs)):
            for label, name in made:
                carrier = self._carrier(shape, name, group)
                self._made.add(carrier.id)
                line = Line.STREAM if shape is Shape.STREAM else Line.SIDE
                self.picture.links.append(
                    Link(box.id, carrier.id, line, f"{node.name} {label} -> {name}", _tag(label))
                )

    def _connect(self, node: NodeFacts) -> None:
        target = f"node {node.name}"
        for shape, taken in ((Shape.STREAM, node.inputs), (Shape.SIDE, node.side_inputs)):
            for label, name in taken:
                carrier = self._carrier(shape, name, self._group(node))
                if carrier.id not in self._made and not carrier.faults:
                    carrier.faults.append(f"nothing makes {name}")
                line = Line.SIDE if shape is Shape.SIDE else Line.BACK if label in node.back else Line.STREAM
                self.picture.links.append(
                    Link(carrier.id, target, line, f"{name} -> {node.name} {label}", _tag(label))
                )

    def _group(self, node: NodeFacts) -> Box:
        """Return the box of the innermost subgraph that a node was expanded from."""
        parts = node.name.split("__")[: len(node.ancestry)]
        path, group = "", self.picture.root
        for part, kind in zip(parts, node.ancestry, strict=False):
            path = f"{path}__{part}" if path else part
            if f"group {path}" not in self.boxes:
                detail = "" if part.lower() == kind.lower() else part
                made = Box(f"group {path}", Shape.GROUP, kind, detail, f"{path} ({kind})")
                self.boxes[made.id] = made
                group.inside.append(made)
            group = self.boxes[f"group {path}"]
        return group

    def _carrier(self, shape: Shape, name: str, group: Box) -> Box:
        """Return the box of a stream or side packet, made in *group* if it is new."""
        key = f"{shape.value} {name}"
        if key not in self.boxes:
            group = self.picture.root if key in self._outer else group
            kind = self._types[shape].get(name, "")
            short = name.rsplit("__", maxsplit=1)[-1]
            box = Box(key, shape, short, kind, f"{name}: {kind}" if kind else name)
            self.boxes[key] = box
            group.inside.append(box)
        return self.boxes[key]
