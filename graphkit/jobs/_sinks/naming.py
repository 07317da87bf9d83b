"""Naming: how the pictures of a sequence are called."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final, NamedTuple

from graphkit.errors import OutputError, StatusCode, UsageError
from graphkit.jobs._sink import check_creatable

# Microseconds of eleven days; longer times are longer names.
_DEFAULT_NAME: Final = "%012d.png"
_TIME: Final = re.compile(r"%(?:0(\d+))?d")


class Naming(NamedTuple):
    """How the pictures of a sequence are called.

    Attributes:
        folder: of the pictures.
        name: of a picture, with one ``%d`` or such as ``%012d`` for its time in microseconds.
    """

    folder: Path
    name: str

    @property
    def shown(self) -> Path:
        """The files, as a user may name them."""
        return self.folder / self.name

    def file_at(self, timestamp_us: int) -> Path:
        """Return the file of the picture at a time."""
        return self.folder / (self.name % timestamp_us)

    def existing(self) -> int:
        """Return how many files there are that this naming would give names to."""
        if not self.folder.is_dir():
            return 0
        before, after = (re.escape(part) for part in _TIME.sub("\0", self.name).split("\0"))
        pattern = re.compile(rf"{before}-?\d+{after}")
        return sum(1 for file in self.folder.iterdir() if pattern.fullmatch(file.name))


def naming_for(name: str | os.PathLike[str]) -> Naming:
    """Return how the pictures of a dump are called: a folder, or a .png with a place for the time.

    Raises:
        UsageError: there is no place for the time, or more than one.
    """
    path = Path(name)
    if _is_folder(name):
        return Naming(path, _DEFAULT_NAME)
    if len(_TIME.findall(path.name)) != 1 or "%" in _TIME.sub("", path.name):
        stem = _TIME.sub("", path.stem).replace("%", "") or path.parent.name
        raise UsageError(
            f"a stream has many pictures. Name a folder, such as {path.with_name(stem)}/, or put the time "
            f"into the name, once: {path.with_name(stem)}_%012d.png."
        )
    return Naming(path.parent, path.name)


def check_naming(naming: Naming, what: str = "pictures") -> None:
    """Make sure that files can be written here and will not mix with others, without changing anything.

    Args:
        naming: of the files.
        what: what messages call them.

    Raises:
        OutputError: the folder is a file, cannot be made or written to, or holds such files already.
    """
    folder = naming.folder
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is a file, not a folder. Choose another name.")
    if not folder.exists():
        check_creatable(folder)
    elif not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(
            "no permission to write into it. Choose another place.",
            path=folder,
            status=StatusCode.PERMISSION_DENIED,
        )
    if existing := naming.existing():
        raise OutputError(
            f"{folder} holds such {what} already ({existing}), and the new ones would mix with them. "
            "Remove them or choose another folder."
        )


def _is_folder(name: str | os.PathLike[str]) -> bool:
    return os.fspath(name).endswith(("/", os.sep)) or Path(name).is_dir()
