"""Graphs by the names a user gives on the command line."""

from __future__ import annotations

import shlex
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Final

from graphkit.errors import ResourceNotFoundError, UsageError
from graphkit.framework import Resources, graphs_dir

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_GRAPH_SUFFIXES: Final = (".pbtxt", ".binarypb")
_CLIP_SUFFIXES: Final = (".mp4", ".m4v", ".mov", ".mkv", ".avi", ".webm")
# Folders of graphs that others are made of.
_PARTS_OF_GRAPHS: Final = frozenset({"modules", "subgraphs"})


def find_graph(name: str, resources: Resources, example: str = "graphkit run GRAPH --input_video_path") -> Path:
    """Return the path of a graph file: as named from here, or one that comes with graphkit.

    Args:
        name: that the user gives.
        resources: where it is looked for.
        example: of a command that takes a graph and a video, up to the video.

    Raises:
        UsageError: there is none, with the names of graphs that are close; or it is a video.
    """
    if Path(name).suffix.lower() in _CLIP_SUFFIXES:
        raise UsageError(f"{name}: is a video, not a graph. Name both: {example} {shlex.quote(name)}")
    try:
        return resources.find_graph(name)
    except ResourceNotFoundError as exc:
        if Path(name).is_dir():
            raise UsageError(f"{name}: is a folder. Name a graph file in it.") from exc
        raise UsageError(f"{name}: no such graph file. {_other_graphs(name, exc.tried)}") from exc


def _other_graphs(name: str, tried: Iterable[object]) -> str:
    """Return the graph of this very name, else close ones, else where it was looked for and all there are."""
    near = {path.stem: str(path) for path in reversed(list(_graphs_near(Path(name).parent)))}
    stem = Path(name).stem
    close = [stem] if stem in near else get_close_matches(stem, near)
    if close:
        return f"Did you mean {' or '.join(near[each] for each in close)}?"
    shipped = (path for path in near.values() if not _PARTS_OF_GRAPHS.intersection(Path(path).parts))
    return f"Looked for:{_listed(tried)}\nGraphs to run:{_listed(sorted(shipped))}"


def _listed(lines: Iterable[object]) -> str:
    return "".join(f"\n  {line}" for line in lines)


def _graphs_near(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (path for path in folder.iterdir() if path.suffix in _GRAPH_SUFFIXES)
    shipped = graphs_dir()
    for path in sorted(shipped.rglob("*.pbtxt")):
        yield Path("graphs") / path.relative_to(shipped)
