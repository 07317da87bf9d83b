"""Graphs and calculators by the names a user gives on the command line."""

from __future__ import annotations

import importlib
import importlib.util
import shlex
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Final

from graphkit.errors import ResourceNotFoundError, UsageError, did_you_mean
from graphkit.errors._places import raised_at
from graphkit.framework import Resources, graphs_dir

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType

_GRAPH_SUFFIXES: Final = (".pbtxt", ".binarypb")
_CLIP_SUFFIXES: Final = (".mp4", ".m4v", ".mov", ".mkv", ".avi", ".webm")
# Folders of graphs that others are made of.
_PARTS_OF_GRAPHS: Final = frozenset({"modules", "subgraphs"})


def find_graph(name: str, resources: Resources) -> Path:
    """Return the path of a graph file: as named from here, or one that comes with graphkit.

    Raises:
        UsageError: there is none, with the names of graphs that are close; or it is a video.
    """
    if Path(name).suffix.lower() in _CLIP_SUFFIXES:
        raise UsageError(
            f"{name}: is a video, not a graph. Name both: "
            f"graphkit run GRAPH --input_video_path {shlex.quote(name)}"
        )
    try:
        return resources.find_graph(name)
    except ResourceNotFoundError as exc:
        if Path(name).is_dir():
            raise UsageError(f"{name}: is a folder. Name a graph file in it.") from exc
        raise UsageError(f"{name}: no such graph file. {_other_graphs(name, exc.tried)}") from exc


def import_calculators(specs: Iterable[str]) -> None:
    """Import modules so that the calculators in them are registered.

    Args:
        specs: names of modules (the working directory counts as a place for them), or paths of .py files.

    Raises:
        UsageError: there is no such module, or it cannot be imported.
    """
    for spec in specs:
        try:
            if spec.endswith(".py") or "/" in spec:
                _import_file(Path(spec))
            else:
                _import_name(spec)
        except UsageError:
            raise
        except Exception as exc:  # whatever a user's module raises while it is imported
            place = "" if getattr(exc, "place", "") else raised_at(exc)
            at = f" (at {place})" if place else ""
            raise UsageError(f"--import {spec}: importing it failed: {type(exc).__name__}: {exc}{at}") from exc


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


def _import_name(name: str) -> None:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as exc:
        if exc.name is None or not f"{name}.".startswith(f"{exc.name}."):
            raise
        beside = [path.stem for path in Path.cwd().glob("*.py")]
        raise UsageError(
            f"--import {name}: no such module, neither installed nor in {here}.{did_you_mean(name, beside)}"
        ) from exc


def _import_file(path: Path) -> ModuleType:
    if not path.is_file():
        beside = [p.name for p in path.parent.glob("*.py")] if path.parent.is_dir() else []
        raise UsageError(f"--import {path}: no such file.{did_you_mean(path.name, beside)}")
    known = sys.modules.get(path.stem)
    if known is not None and Path(known.__file__ or "").resolve() == path.resolve():
        return known
    # What lies beside the file can be imported by it, as if Python ran it.
    sys.path.insert(0, str(path.parent.resolve()))
    name = path.stem if known is None else f"graphkit_imported_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"--import {path}: is no Python file (.py).")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
