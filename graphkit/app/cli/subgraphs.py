"""Subgraphs by their type names: which there are, and what one takes and gives."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Final

from graphkit import config
from graphkit.config._expansion.subgraph_index import SubgraphIndex
from graphkit.config._text.names import keyed
from graphkit.errors import GraphkitError
from graphkit.framework import key_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from graphkit.config import GraphConfig, GraphPlan
    from graphkit.framework import Resources

_SIDES: Final = {
    "inputs": "input", "outputs": "output",
    "input_side_packets": "input side packet", "output_side_packets": "output side packet",
}  # fmt: skip


def subgraph_names(resources: Resources) -> set[str]:
    """Return the type names of all subgraphs that files declare."""
    return SubgraphIndex(resources).known_types()


def subgraph_files(resources: Resources) -> dict[str, list[Path]]:
    """Return the files that declare each subgraph."""
    index = SubgraphIndex(resources)
    return {name: index.find(name) for name in index.known_types()}


def subgraph_summaries(resources: Resources) -> dict[str, str]:
    """Return the first line of the comment in the file of each subgraph."""
    files = subgraph_files(resources)
    return {name: next(iter(comment_of(_text(paths[0]))), "") for name, paths in files.items()}


def described_subgraphs(name: str, resources: Resources) -> Iterator[str]:
    """Yield the lines on each file that declares the subgraph *name*, none if there is none."""
    for number, path in enumerate(SubgraphIndex(resources).find(name)):
        text = _text(path)
        graph = config.parse(path)
        yield from ("", "") if number else ()
        yield f"{name} (a subgraph)"
        yield ""
        yield from comment_of(text) or ["(no description)"]
        yield ""
        yield "Ports:"
        yield from port_lines(graph, _types(path, resources), text.splitlines())
        if graph.options:
            yield ""
            yield f"Options of its graph: {', '.join(options.full_name for options in graph.options)}"
        yield ""
        yield f"In {path}"


def _text(path: Path) -> str:
    return path.read_text("utf-8", errors="replace") if path.suffix == ".pbtxt" else ""


def comment_of(text: str) -> list[str]:
    """Return the lines of the comment at the top of a file."""
    lines = [line.strip() for line in text.splitlines()]
    return [line.lstrip("#").strip() for line in takewhile(lambda line: line.startswith("#"), lines)]


def port_lines(graph: GraphConfig, types: Mapping[str, str], lines: list[str]) -> Iterator[str]:
    """Yield a line for each port: its type if *types* has it, else what the comment beside it says."""
    for side, label in _SIDES.items():
        for (tag, index), entry in keyed(getattr(graph, side)).items():
            line = entry.place.location.line
            said = lines[line - 1].partition("#")[2].strip() if 0 < line <= len(lines) else ""
            told = types.get(entry.name, "") or said
            more = f"  # {said}" if said and told != said else ""
            yield f"  {label} {key_label((tag, index)) if tag else f'(untagged, {index})'}: {told}{more}"


def _types(path: Path, resources: Resources) -> dict[str, str]:
    """Return what the streams and side packets carry, nothing for a subgraph that is no graph by itself."""
    try:
        plan: GraphPlan = config.load(path, resources=resources)
    except GraphkitError:
        return {}
    return {
        **{stream.name: str(stream.packet_type) for stream in plan.streams},
        **{name: str(side.packet_type) for name, side in plan.side_packets.items()},
    }
