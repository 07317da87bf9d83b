"""Kinds of input and of files: found by name, or by what a file is called; installed packages add their own."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from graphkit.errors import UsageError, did_you_mean
from graphkit.jobs._sink import FileSink
from graphkit.jobs._sinks.csv import CsvSink
from graphkit.jobs._sinks.jsonl import JsonlSink
from graphkit.jobs._sinks.npz import NpzSink
from graphkit.jobs._sinks.png import PngSink
from graphkit.jobs._source import Source
from graphkit.jobs._sources.images import ImagesSource
from graphkit.jobs._sources.jsonl import JsonlSource
from graphkit.jobs._sources.live import LiveSource
from graphkit.jobs._sources.npy import NpySource
from graphkit.jobs._sources.video import VideoSource

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOG: Final = logging.getLogger("graphkit.jobs")
_KIND: Final = re.compile(r"([A-Za-z][A-Za-z0-9_-]+):(?!//)(.+)", re.DOTALL)


K = TypeVar("K", bound=FileSink | Source)


@dataclass(frozen=True, slots=True)
class _Late:
    """A built-in file sink that is imported when it is first used.

    Attributes:
        place: module and class, as an entry point writes them.
        endings: those of the class.
    """

    place: str
    endings: tuple[str, ...] = ()

    def claims(self, name: str) -> bool:
        """Return whether a file of this name is of this kind."""
        return bool(self.endings) and name.lower().endswith(self.endings) and not Path(name).is_dir()

    def load(self) -> type[Any]:
        """Return the class."""
        module, _, name = self.place.partition(":")
        found: type[Any] = getattr(import_module(module), name)
        return found


class Kinds(Generic[K]):
    """A table of classes: the built-in ones, then those of the entry points of a group.

    Args:
        group: of entry points; the name of one is that of a kind.
        base: what a class must be.
        built_in: classes by the names of their kinds.
    """

    def __init__(self, group: str, base: type[K], built_in: Mapping[str, type[K] | _Late]) -> None:
        self.group = group
        self._base, self._built_in = base, built_in

    @cached_property
    def installed(self) -> dict[str, type[K]]:
        """The kinds of installed packages; one that cannot be loaded is logged and left out."""
        from importlib.metadata import entry_points

        found: dict[str, type[K]] = {}
        for entry in sorted(entry_points(group=self.group), key=lambda entry: entry.name):
            try:
                kind = entry.load()
            except Exception as exc:  # a broken package must not break the others
                _LOG.warning("%s %s (%s) could not be loaded: %s", self.group, entry.name, entry.value, exc)
                continue
            if not (isinstance(kind, type) and issubclass(kind, self._base)):
                _LOG.warning("%s %s (%s) is no %s", self.group, entry.name, entry.value, self._base.__name__)
            elif entry.name in self._built_in:
                _LOG.warning(
                    "%s %s (%s) has the name of one that comes along", self.group, entry.name, entry.value
                )
            else:
                found[entry.name] = kind
        return found

    def split(self, text: str) -> tuple[type[K] | None, str]:
        """Return the kind that *text* names before a colon, or None, and the rest.

        Raises:
            UsageError: a kind of that name is not known.
        """
        match = _KIND.fullmatch(text)
        if match is None:
            return None, text
        name, rest = match[1], match[2]
        found = self._class(self._built_in[name]) if name in self._built_in else self.installed.get(name)
        if found is None:
            known = [*self._built_in, *self.installed]
            raise UsageError(
                f'there is no kind "{name}".{did_you_mean(name, known)} Known: {", ".join(known)}. '
                f"A file of this name is given as ./{text}"
            )
        return found, rest

    def claiming(self, name: str) -> type[K] | None:
        """Return the kind that something of this name is of, None if no kind claims it.

        Raises:
            UsageError: several kinds do, and the program has to choose.
        """
        for kind in self._built_in.values():
            if kind.claims(name):
                return self._class(kind)
        claiming = [key for key, kind in self.installed.items() if kind.claims(name)]
        if len(claiming) > 1:
            raise UsageError(f"it may be {' or '.join(claiming)}. Put the kind before it: {claiming[0]}:{name}")
        return self.installed[claiming[0]] if claiming else None

    def _class(self, kind: type[K] | _Late) -> type[K]:
        return kind.load() if isinstance(kind, _Late) else kind

    def endings(self) -> list[str]:
        """Return all endings that stand for a kind."""
        return [ending for kind in (*self._built_in.values(), *self.installed.values()) for ending in kind.endings]

    def unknown(self, name: str) -> str:
        """Return the message for a name that no kind claims."""
        suffix, known = Path(name).suffix.lower(), self.endings()
        kinds = {**self._built_in, **self.installed}
        named = [f"{key}:{name}" for key, kind in kinds.items() if not kind.endings and _never_claims(kind)]
        by_name = f" (or, by its name, {', '.join(named)})" if named else ""
        return f'"{suffix}".{did_you_mean(suffix, known)} Known: {", ".join(known)}{by_name}'


def _never_claims(kind: Any) -> bool:
    """Return whether nothing is of this kind unless it says so."""
    bases = (FileSink.claims, Source.claims, _Late.claims)
    return getattr(kind.claims, "__func__", None) in [getattr(base, "__func__", base) for base in bases]


SINKS: Final[Kinds[FileSink]] = Kinds(
    "graphkit.sinks",
    FileSink,  # type: ignore[type-abstract]
    {
        "jsonl": JsonlSink,
        "csv": CsvSink,
        "npz": NpzSink,
        "parquet": _Late("graphkit.jobs._sinks.parquet:ParquetSink", (".parquet",)),
        "openpose": _Late("graphkit.jobs._sinks.openpose:OpenPoseSink"),
        "coco": _Late("graphkit.jobs._sinks.coco:CocoSink"),
        "trc": _Late("graphkit.jobs._sinks.trc:TrcSink", (".trc",)),
        "png": PngSink,
    },
)
SOURCES: Final[Kinds[Source]] = Kinds(
    "graphkit.sources",
    Source,  # type: ignore[type-abstract]
    {"live": LiveSource, "video": VideoSource, "images": ImagesSource, "npy": NpySource, "jsonl": JsonlSource},
)
