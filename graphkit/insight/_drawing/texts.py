"""A picture in the languages of other tools: Graphviz's DOT and Mermaid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphkit.insight._drawing.picture import Line, Shape
from graphkit.insight._drawing.svg import heat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphkit.insight._drawing.picture import Box, Picture

_DOT_LINES: Final = {
    Line.STREAM: "",
    Line.SIDE: "style=dashed color=purple",
    Line.BACK: "style=dotted color=orange",
}
_DOT_SHAPES: Final = {Shape.NODE: "box", Shape.STREAM: "ellipse", Shape.SIDE: "ellipse style=dashed"}
_ARROWS: Final = {Line.STREAM: "-->", Line.SIDE: "-. side .->", Line.BACK: "-. back .->"}


def to_dot(picture: Picture) -> str:
    """Return the picture for Graphviz: a cluster for each subgraph."""
    names = _names(picture.root)
    lines = ["digraph {", "  node [fontname=monospace fontsize=10]; edge [arrowsize=0.6]; compound=true"]
    lines += [f"  label={_quoted(fault)}" for fault in ["\n".join(picture.faults)] if fault]
    lines += _clusters(picture.root, names, "  ")
    for link in picture.links:
        style = _DOT_LINES[link.line]
        lines.append(f"  {names[link.source]} -> {names[link.target]}" + (f" [{style}]" if style else ""))
    return "\n".join([*lines, "}", ""])


def _clusters(group: Box, names: dict[str, str], indent: str) -> Iterator[str]:
    for box in group.inside:
        if box.shape is Shape.GROUP:
            yield f"{indent}subgraph cluster_{names[box.id]} {{"
            yield f'{indent}  label={_quoted(box.title)}; style=filled; fillcolor="#00000008"'
            yield from _clusters(box, names, f"{indent}  ")
            yield f"{indent}}}"
            continue
        label = "\\n".join(filter(None, [box.title, box.detail, *box.faults]))
        color = " color=red fontcolor=red" if box.faults else ""
        fill = "" if box.share is None else f' style=filled fillcolor="{_hex(box.share)}"'
        yield f"{indent}{names[box.id]} [shape={_DOT_SHAPES[box.shape]} label={_quoted(label)}{color}{fill}]"


def to_mermaid(picture: Picture) -> str:
    """Return the picture as a Mermaid flowchart with subgraphs."""
    names = _names(picture.root)
    lines = ["flowchart TD", *(f"  %% {fault}" for fault in picture.faults), *_flow(picture.root, names, "  ")]
    lines += [f"  {names[link.source]} {_ARROWS[link.line]} {names[link.target]}" for link in picture.links]
    lines.append("  classDef side stroke-dasharray: 4 2")
    lines.append("  classDef fault stroke:#d64545,fill:#fde8e8")
    return "\n".join([*lines, ""])


def _flow(group: Box, names: dict[str, str], indent: str) -> Iterator[str]:
    for box in group.inside:
        if box.shape is Shape.GROUP:
            yield f'{indent}subgraph {names[box.id]}["{_plain(box.title)}"]'
            yield from _flow(box, names, f"{indent}  ")
            yield f"{indent}end"
            continue
        label = "<br/>".join(_plain(part) for part in (box.title, box.detail, *box.faults) if part)
        shape = f'["{label}"]' if box.shape is Shape.NODE else f'(["{label}"])'
        kind = ":::fault" if box.faults else ":::side" if box.shape is Shape.SIDE else ""
        yield f"{indent}{names[box.id]}{shape}{kind}"
        if box.share is not None and not box.faults:
            yield f"{indent}style {names[box.id]} fill:{_hex(box.share)}"


def _names(root: Box) -> dict[str, str]:
    """Return a name for each box that both languages accept."""
    found: dict[str, str] = {}
    waiting = [root]
    for box in waiting:
        found[box.id] = f"{box.shape.value[0]}{len(found)}"
        waiting.extend(box.inside)
    return found


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _plain(text: str) -> str:
    return (
        text.replace("&", "&amp;")
        .replace('"', "#quot;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\n", " ")
    )


def _hex(share: float) -> str:
    return "#" + "".join(f"{round(float(part)):02x}" for part in heat(share)[4:-1].split(","))
