"""What is drawn of a graph: boxes inside of boxes, and what connects them."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field


class Shape(enum.Enum):
    """What a box stands for."""

    GROUP = "group"
    """A subgraph: a box around boxes."""
    NODE = "node"
    STREAM = "stream"
    SIDE = "side"
    """A side packet."""


class Line(enum.Enum):
    """How two boxes are connected."""

    STREAM = "stream"
    BACK = "back"
    """A back edge: it closes a cycle."""
    SIDE = "side"


@dataclass(slots=True, eq=False)
class Box:
    """A node, a stream, a side packet, or a subgraph around them.

    Attributes:
        id: unique in the picture.
        shape: what it stands for.
        title: the name that is read first.
        detail: a second, smaller line, such as the type of a stream; "" for none.
        about: all details, shown under the pointer.
        inside: what a group holds.
        declared: "in" and "out" for streams and side packets of the graph itself; "" for others.
        faults: what is wrong with it.
        share: of the time that all nodes took, 0 to 1; None if nothing was measured.
    """

    id: str
    shape: Shape
    title: str
    detail: str = ""
    about: str = ""
    inside: list[Box] = field(default_factory=list)
    declared: str = ""
    faults: list[str] = field(default_factory=list)
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A connection between two boxes that are no groups.

    Attributes:
        source, target: ids of boxes; one of them is a stream or side packet.
        line: how it is drawn.
        about: the node and its tag.
        tag: that tag; "" for a connection without one.
    """

    source: str
    target: str
    line: Line
    about: str = ""
    tag: str = ""


@dataclass(slots=True)
class Picture:
    """A whole graph.

    Attributes:
        title: the graph's type or file.
        root: the box that holds all others; it is not drawn.
        links: all connections.
        faults: those of no single node.
    """

    title: str
    root: Box
    links: list[Link] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
