"""Finds the files that declare a subgraph type.

The name of a file need not be the type it declares, so the files of the search path are read.
That happens only when a graph names something that is no calculator, and a file is read again only
when it has changed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from graphkit.config._text.parser import tokens_of
from graphkit.framework._registry import scoped_names

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from graphkit.framework import Resources
    from graphkit.framework._resources import Root

_SUFFIXES: Final = frozenset({".pbtxt", ".textproto", ".txtpb"})
_BINARY_SUFFIXES: Final = frozenset({".binarypb", ".binpb"})
_OF_SHALLOW_ROOTS: Final = ("subgraphs", "graphs", "modules", "mediapipe/graphs", "mediapipe/modules")
_SKIPPED: Final = frozenset({"node_modules", "__pycache__", "site-packages"})
# MediaPipe's build files register these graphs under another type than the file declares.
_REGISTERED_AS: Final = {
    "face_detection/face_detection_short_range_image.pbtxt": "FaceDetectionShortRangeImage",
    "objectron/objectron_detection_1stage_gpu.pbtxt": "ObjectronDetection1StageSubgraphGpu",
    "objectron/objectron_tracking_1stage_gpu.pbtxt": "ObjectronTracking1StageSubgraphGpu",
    "subgraph/autoflip_object_detection_subgraph.pbtxt": "AutoFlipObjectDetectionSubgraph",
    "subgraph/face_detection_subgraph.pbtxt": "AutoFlipFaceDetectionSubgraph",
    "subgraph/front_face_detection_subgraph.pbtxt": "AutoFlipFrontFaceDetectionSubgraph",
}
_MAY_DECLARE: Final = re.compile(r"\btype\s*:\s*[\"']")


class _Declared(NamedTuple):
    """What a file declares, and the state of the file when that was read."""

    modified_ns: int
    size: int
    names: tuple[str, ...]


_seen: Final[dict[Path, _Declared]] = {}


class SubgraphIndex:
    """The subgraph files below the roots of one search path."""

    def __init__(self, resources: Resources) -> None:
        self._roots = iter(resources.roots())
        self._by_root: list[dict[str, list[Path]]] = []

    def find(self, name: str, package: str = "") -> list[Path]:
        """Return the files that declare the type that *name* means; all are in the first root that has any."""
        wanted = scoped_names(name, package)
        for types in self._each_root():
            for full_name in wanted:
                if full_name in types:
                    return types[full_name]
        return []

    def known_types(self) -> set[str]:
        """Return every type that a file of the search path declares."""
        return {name for types in self._each_root() for name in types}

    def _each_root(self) -> Iterator[dict[str, list[Path]]]:
        yield from self._by_root
        for root in self._roots:
            types: dict[str, list[Path]] = {}
            for path in sorted(_files(root)):
                for name in _declared_names(path):
                    types.setdefault(name, []).append(path)
            self._by_root.append(types)
            yield types


def _files(root: Root) -> Iterator[Path]:
    folders = [root.path] if root.deep else [root.path / name for name in _OF_SHALLOW_ROOTS]
    if not root.deep:
        yield from _own_files(root.path)
    while folders:
        folder = folders.pop()
        yield from _own_files(folder)
        folders.extend(_subfolders(folder))


def _own_files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (p for p in folder.iterdir() if p.suffix in _SUFFIXES or p.suffix in _BINARY_SUFFIXES)


def _subfolders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [
        path for path in folder.iterdir()
        if path.is_dir() and not path.is_symlink() and path.name not in _SKIPPED and path.name[0] != "."
    ]  # fmt: skip


def _declared_names(path: Path) -> tuple[str, ...]:
    """Return the type that a file declares, plain and with its package; nothing for files that cannot be read."""
    registered = _REGISTERED_AS.get(f"{path.parent.name}/{path.name}")
    if registered is not None:
        return (registered,)
    try:
        status = path.stat()
        known = _seen.get(path)
        if known is not None and (known.modified_ns, known.size) == (status.st_mtime_ns, status.st_size):
            return known.names
        names = (
            _names_in_binary(path) if path.suffix in _BINARY_SUFFIXES else _names_in_text(path.read_text("utf-8"))
        )
    except (OSError, UnicodeDecodeError):
        return ()
    _seen[path] = _Declared(status.st_mtime_ns, status.st_size, names)
    return names


def _names_in_text(text: str) -> tuple[str, ...]:
    if not _MAY_DECLARE.search(text):
        return ()
    found = {"type": "", "package": ""}
    depth = 0
    previous = ["", ""]
    for token in tokens_of(text):
        if token in ("{", "<"):
            depth += 1
        elif token in ("}", ">"):
            depth -= 1
        elif depth == 0 and token[:1] in ("'", '"') and previous[1] == ":" and previous[0] in found:
            found[previous[0]] = token[1:-1]
            if "package" not in text:
                break
        previous = [previous[1], token]
    return _full_names(found["type"], found["package"])


def _names_in_binary(path: Path) -> tuple[str, ...]:
    from google.protobuf.message import DecodeError

    from graphkit import schema

    try:
        message = schema.message_class("mediapipe.CalculatorGraphConfig").FromString(path.read_bytes())
    except DecodeError:
        return ()
    return _full_names(message.type, message.package)  # type: ignore[attr-defined]


def _full_names(graph_type: str, package: str) -> tuple[str, ...]:
    if not graph_type:
        return ()
    return (f"{package}.{graph_type}", graph_type) if package else (graph_type,)
