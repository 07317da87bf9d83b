"""The clips of a batch: found in folders, by patterns and in lists, each with a name of its own."""

from __future__ import annotations

import os
import sys
from glob import iglob
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from graphkit.errors import InputError, UsageError
from graphkit.jobs._outputs import check_inputs, is_file_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WILD: Final = frozenset("*?[")
_STANDARD_INPUT: Final = "-"
CLIP_ENDINGS: Final = (
    ".3gp", ".asf", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".mxf",
    ".ogv", ".ts", ".webm", ".wmv",
)  # fmt: skip
"""What a file in a folder is called that is taken for a clip."""


class Clip(NamedTuple):
    """A clip of a batch.

    Attributes:
        name: its path below the folder that was named, with "/" between its parts.
        path: where it is.
    """

    name: str
    path: str


def find_clips(places: Sequence[str], out: Path, *, root: str = "") -> list[Clip]:
    """Return the clips at these places, ordered by name, each once.

    Args:
        places: files, folders, which are searched with all folders in them, and patterns such as
            ``takes/**/*.mp4``.
        out: the folder of outputs.
        root: names are paths below this folder; "" for paths below the folder that was named, or that a
            pattern begins with, and for the last part of the path of a file.

    Raises:
        UsageError: there are no clips, or two of one name, or outputs would be among them.
        InputError: no such file.
    """
    found: dict[str, str] = {}
    seen: set[str] = set()
    for place in places:
        if not is_file_name(place):
            raise UsageError(f"{place}: a batch reads files; this is a device or a URL.")
        for top, path in _at(place, out):
            if path in seen:
                continue
            seen.add(path)
            clip = _named(top, path, root)
            other = found.setdefault(clip.name, path)
            if other != path:
                raise UsageError(_two_of_a_name(clip, other), remedies=("root",))
    if not found:
        raise UsageError("there are no clips. Name files, folders or patterns.")
    inside = tuple(f"{folder}{os.sep}" for folder in {out.absolute(), out.resolve()})
    for name, path in found.items():
        if path.startswith(inside):
            raise UsageError(_among(path, out, name), parameter="folder")
    return [Clip(name, found[name]) for name in sorted(found)]


def read_list(file: str) -> list[str]:
    """Return the lines of a file, which name clips, folders or patterns; "-" is standard input.

    Raises:
        InputError: it cannot be read, or names nothing.
    """
    try:
        text = sys.stdin.read() if file == _STANDARD_INPUT else Path(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is no text in UTF-8"
        raise InputError(f"the list of clips cannot be read: {reason}.", path=file) from exc
    places = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if not places:
        raise InputError("the list names no clip. It has one on each line.", path=file)
    return places


def _at(place: str, out: Path) -> Iterator[tuple[Path, str]]:
    """Yield the clips at a place, with the folder that their names begin below."""
    path = Path(place)
    if path.is_dir():
        yield from _in_folder(path, out)
    elif path.exists() or not _WILD & set(place):
        check_inputs([path])
        yield path.parent, os.path.abspath(path)  # noqa: PTH100 - Path.absolute keeps ".."
    else:
        yield from _by_pattern(place)


def _in_folder(folder: Path, out: Path) -> Iterator[tuple[Path, str]]:
    top = os.path.abspath(folder)  # noqa: PTH100
    if Path(top).resolve() in (out.resolve(), *out.resolve().parents):
        raise UsageError(
            f"{out} lies in {folder}, which is searched for clips: videos that are written there would be clips, "
            "too. Choose a folder elsewhere.",
            parameter="folder",
        )
    count = 0
    seen: set[tuple[int, int]] = set()
    for where, folders, files in os.walk(top, followlinks=True):
        stat = os.stat(where)  # noqa: PTH116
        if (stat.st_dev, stat.st_ino) in seen:  # a link leads back
            folders.clear()
            continue
        seen.add((stat.st_dev, stat.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        clips = [name for name in files if name.lower().endswith(CLIP_ENDINGS) and not name.startswith(".")]
        count += len(clips)
        yield from ((Path(top), os.path.join(where, name)) for name in clips)  # noqa: PTH118 - of thousands
    if not count:
        endings = " ".join(CLIP_ENDINGS)
        raise UsageError(
            f"{folder}: there is no clip in this folder, nor in those below it. What is looked for: {endings}. "
            "Files that are called otherwise are named one by one, or by a pattern."
        )


def _by_pattern(pattern: str) -> Iterator[tuple[Path, str]]:
    fixed = []
    for part in Path(pattern).parts[:-1]:
        if _WILD & set(part):
            break
        fixed.append(part)
    top = Path(*fixed)
    count = 0
    for match in iglob(pattern, recursive=True):  # noqa: PTH207 - takes absolute patterns
        if os.path.isfile(match):  # noqa: PTH113 - of thousands
            count += 1
            yield top, os.path.abspath(match)  # noqa: PTH100
    if not count:
        there = f"the folder {top} is there" if top.is_dir() else f"there is no folder {top}"
        raise UsageError(f'no file fits the pattern "{pattern}"; {there}.')


def _named(top: Path, path: str, root: str) -> Clip:
    above = os.path.abspath(root or top)  # noqa: PTH100
    if not path.startswith(above.rstrip(os.sep) + os.sep):
        raise UsageError(f"{path} does not lie below {root}.", parameter="root")
    return Clip(path[len(above.rstrip(os.sep)) + 1 :].replace(os.sep, "/"), path)


def _two_of_a_name(clip: Clip, other: str) -> str:
    common = os.path.commonpath([clip.path, other])
    return (
        f"two clips are called {clip.name}, and so would be their outputs: {other} and {clip.path}. "
        f"Let their names begin below {common}: {{root}}."
    )


def _among(path: str, out: Path, name: str) -> str:
    return f"{out} is the folder of outputs, and the clip {path} ({name}) lies in it. Choose a folder elsewhere."
