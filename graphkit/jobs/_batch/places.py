"""Where the outputs of a clip are, and how they appear there: whole, or not at all."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from graphkit.errors import UsageError, did_you_mean
from graphkit.jobs._kinds import SINKS

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_KNOWN: Final = ("clip", "file")
_TIME: Final = re.compile(r"%0?\d*d")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an output of a clip goes.

    Attributes:
        kind: the prefix of the name that gives the kind of file, with its colon; "" for nothing.
        name: of the file, or as which its pictures are called, below the folder of outputs.
        target: the file or the folder that appears.
    """

    kind: str
    name: str
    target: Path

    def staged(self, folder: Path) -> str:
        """Return the name to give to a job so that the output is made in *folder*."""
        rest = self.name[len(self.target.parent.as_posix()) :] if self.target.parent != Path() else self.name
        return f"{self.kind}{folder.as_posix()}/{rest.lstrip('/')}"


def place_of(pattern: str, clip: str, parameter: str = "dumps") -> Place:
    """Return where the output of a pattern goes for a clip.

    Args:
        pattern: such as ``{clip}.csv``, ``frames/{clip}/`` or ``npz:{file}.bin``.
        clip: its name, with "/" between its parts.
        parameter: what gave the pattern, for messages.

    Raises:
        UsageError: the pattern has another placeholder, or leads out of the folder of outputs.
    """
    kind, name = _split(pattern, parameter)
    filled = _PLACEHOLDER.sub(lambda match: _value(match[1], clip, pattern, parameter), name)
    if filled.startswith("/") or ".." in PurePosixPath(filled).parts or Path(filled).is_absolute():
        raise UsageError(
            f'"{pattern}": outputs of a batch lie below its folder of outputs. Give a name below it.',
            parameter=parameter,
        )
    filled = PurePosixPath(filled).as_posix() + ("/" if filled.endswith("/") else "")
    target = Path(filled)
    if _TIME.search(PurePosixPath(name).name) and not filled.endswith("/"):
        target = target.parent
    return Place(kind, filled, target)


def stem_of(clip: str) -> str:
    """Return the name of a clip without its ending."""
    return PurePosixPath(clip).with_suffix("").as_posix()


def finish(places: Mapping[str, Place], stage: Path, folder: Path) -> None:
    """Move what was made in *stage* to *folder*, one rename each; raises OSError.

    Args:
        places: by the name of the subfolder of *stage* in which each was made.
        stage: on the same file system.
        folder: of the outputs.
    """
    for part, place in places.items():
        made, target = stage / part / place.target.name, folder / place.target
        if not made.exists():
            _remove(target)  # of an earlier run, which nothing takes the place of
            continue
        _make_durable(made)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir():
            target.rename(stage / f"{part}.before")
        made.replace(target)


def size_of(path: Path) -> int:
    """Return the size of a file, or of all files in a folder; -1 if it does not exist."""
    try:
        if path.is_dir():
            return sum(entry.stat().st_size for entry in os.scandir(path) if entry.is_file())
        return path.stat().st_size
    except FileNotFoundError:
        return -1


def _split(pattern: str, parameter: str) -> tuple[str, str]:
    if parameter != "dumps":
        return "", pattern
    _, name = SINKS.split(pattern)
    return pattern[: len(pattern) - len(name)], name


def _value(placeholder: str, clip: str, pattern: str, parameter: str) -> str:
    if placeholder not in _KNOWN:
        close = did_you_mean(placeholder, _KNOWN) or " There are {clip} and {file}."
        raise UsageError(f'"{pattern}": {{{placeholder}}} stands for nothing.{close}', parameter=parameter)
    return stem_of(clip) if placeholder == "clip" else clip


def _make_durable(made: Path) -> None:
    """Write the contents to the disk before the name: a power cut leaves the whole file or none."""
    if made.is_dir():
        return
    descriptor = os.open(made, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(FileNotFoundError):
            path.unlink()
