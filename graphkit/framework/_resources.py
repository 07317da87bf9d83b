"""Finds graphs, models and label maps.

A graph names its files as MediaPipe does (``mediapipe/modules/palm_detection/palm_detection_full.tflite``).
They are searched for, in this order, below

1. the roots a program gives,
2. the folders in the environment variable ``GRAPHKIT_RESOURCE_ROOT_DIR``,
3. the folder of the graph file and its parents up to one called ``graphs`` (or else ``modules``), and the
   folder that contains it,
4. the working directory,
5. the graphs that come with graphkit,
6. the models that were fetched into the user's cache.

A leading ``mediapipe/`` is optional, in the name as in the folder.
"""

from __future__ import annotations

import errno
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from graphkit._process.user_cache import models_folder
from graphkit.errors import InputError, ResourceNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

logger = logging.getLogger("graphkit.framework._resources")

ROOT_VARIABLE: Final = "GRAPHKIT_RESOURCE_ROOT_DIR"
"""Environment variable with further roots, separated as in PATH."""

_PREFIX: Final = "mediapipe/"
_GRAPHS: Final = "graphs"
_TREES: Final = (_GRAPHS, "modules")


@dataclass(frozen=True, slots=True)
class Root:
    """One folder that is searched.

    Attributes:
        deep: whether all of its subfolders are searched; of other roots (the working directory could be
            anything) only those whose name says that they hold graphs are.
    """

    path: Path
    deep: bool


class FileContents(bytes):
    """The contents of a file that was read, for messages about them.

    Attributes:
        path: of the file.
    """

    path: str

    def __new__(cls, data: bytes, path: str) -> Self:
        """Return *data*, read from *path*."""
        contents = super().__new__(cls, data)
        contents.path = path
        return contents


@dataclass(frozen=True, slots=True)
class Resource:
    """A file of the resource path, which is read by whoever needs its contents.

    Attributes:
        path: of the file.
    """

    path: Path

    def read(self) -> FileContents:
        """Return the contents; raises InputError if the file cannot be read."""
        try:
            return FileContents(self.path.read_bytes(), str(self.path))
        except OSError as exc:
            raise InputError(f"cannot be read: {exc.strerror or exc}.", path=self.path) from exc


class Resources:
    """Finds files by the names that graphs use.

    Args:
        roots: folders searched first.
        mapping: names to paths, for files in other places or with other names.
        graph_file: the graph that is loaded; its folder is searched too.
    """

    def __init__(
        self,
        roots: Sequence[Path | str] = (),
        mapping: Mapping[str, Path | str] | None = None,
        graph_file: Path | str | None = None,
    ) -> None:
        self._given = tuple(Path(root) for root in roots)
        self._mapping = {name: Path(path) for name, path in (mapping or {}).items()}
        self._graph_file = None if graph_file is None else Path(graph_file)

    def beside(self, graph_file: Path | str) -> Resources:
        """Return the same search with the folder of another graph file added."""
        return Resources(self._given, self._mapping, graph_file)

    def roots(self) -> list[Root]:
        """Return the folders that exist, in the order they are searched, each once."""
        return list(self._roots())

    def _roots(self) -> Iterator[Root]:
        """Find the folders one after the other: most files are in one of the first."""
        found: set[str] = set()
        for root in self._all_roots():
            path = os.path.realpath(root.path.expanduser())
            # Unlike Path.is_dir it returns False for a folder that this user may not read, as a home may be.
            if path not in found and os.path.isdir(path):  # noqa: PTH112
                found.add(path)
                yield Root(Path(path), root.deep)

    def resolve(self, name: str) -> Path:
        """Return the path of the file called *name*.

        Raises:
            ResourceNotFoundError: no such file; lists every path that was tried.
        """
        return self._first(name, self._candidates(name, _spellings(name), self._roots()))

    def read(self, name: str) -> FileContents:
        """Return the contents of the file called *name*.

        Raises:
            ResourceNotFoundError: no such file; lists every path that was tried.
            InputError: it cannot be read.
        """
        return Resource(self.resolve(name)).read()

    def find(self, name: str) -> Resource:
        """Return the file called *name*, unread.

        Raises:
            ResourceNotFoundError: no such file; lists every path that was tried.
            InputError: it cannot be read.
        """
        found = Resource(self.resolve(name))
        if not os.access(found.path, os.R_OK):
            raise InputError(f"cannot be read: {os.strerror(errno.EACCES)}.", path=found.path)
        return found

    def find_graph(self, name: Path | str) -> Path:
        """Return the path of a graph file given by a user.

        A file at the path itself is taken. Else the graphs that come with graphkit are searched before
        other spellings below the working directory: ``graphs/hand_tracking/x.pbtxt`` means the same everywhere.

        Raises:
            ResourceNotFoundError: no such file; lists every path that was tried.
        """
        literal = Path(name).expanduser()
        if os.path.isfile(literal):  # noqa: PTH113
            logger.info("%s: the file in %s", name, literal.absolute().parent)
            return literal
        text = str(name).replace(os.sep, "/")
        short = [spelling.removeprefix(f"{_GRAPHS}/") for spelling in _spellings(text)]
        roots = sorted(self.roots(), key=lambda root: not root.deep)
        return self._first(text, self._candidates(text, [*_spellings(text), *short], roots))

    def _all_roots(self) -> Iterator[Root]:
        yield from (Root(path, deep=True) for path in self._given)
        yield from (Root(Path(p), deep=True) for p in os.environ.get(ROOT_VARIABLE, "").split(os.pathsep) if p)
        if self._graph_file is not None:
            yield from _roots_of_graph(self._graph_file.expanduser().resolve().parent)
        yield Root(Path.cwd(), deep=False)
        yield Root(graphs_dir(), deep=True)
        if (fetched := models_folder()) is not None:
            yield Root(fetched, deep=False)

    def _candidates(self, name: str, spellings: Sequence[str], roots: Iterable[Root]) -> Iterator[Path]:
        if name in self._mapping:
            yield self._mapping[name]
            return
        path = Path(name).expanduser()
        if path.is_absolute():
            yield path
            return
        for root in roots:
            yield from (root.path / spelling for spelling in dict.fromkeys(spellings))

    @staticmethod
    def _first(name: str, candidates: Iterator[Path]) -> Path:
        tried = []
        for path in candidates:
            if os.path.isfile(path):  # noqa: PTH113
                logger.info("%s: %s", name, path)
                return path
            tried.append(path)
        raise ResourceNotFoundError(name, tried)


def graphs_dir() -> Path:
    """Return the folder of the graphs that come with graphkit: inside the package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    packaged = package / _GRAPHS
    return packaged if packaged.is_dir() else package.parent / _GRAPHS


def _spellings(name: str) -> list[str]:
    """Return the name with and without a leading ``mediapipe/``."""
    bare = name.removeprefix(_PREFIX)
    return [name, bare] if bare != name else [name, _PREFIX + name]


def _roots_of_graph(folder: Path) -> Iterator[Root]:
    above = [folder, *folder.parents]
    names = [path.name for path in above]
    tree = next((name for name in _TREES if name in names), None)
    if tree is None:
        yield Root(folder, deep=False)
        return
    top = names.index(tree)
    yield from (Root(path, deep=True) for path in above[: top + 1])
    yield Root(above[top].parent, deep=False)
