"""Which contents a clip has: size and time, which are quick to ask for, and a hash."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from graphkit.jobs._batch.entry import ClipState

if TYPE_CHECKING:
    from pathlib import Path


def stat_of(path: Path) -> tuple[int, int] | None:
    """Return size and time of a clip, or of all files in a folder; None if it does not exist."""
    try:
        files = _files_of(path)
        stats = [file.stat() for file in files]
    except OSError:
        return None
    return sum(stat.st_size for stat in stats), max((stat.st_mtime_ns for stat in stats), default=0)


def state_of(path: Path) -> ClipState:
    """Return which contents a clip has now; one that cannot be read has none."""
    try:
        stat, digest = stat_of(path), hashlib.sha256()
        for file in _files_of(path):
            with file.open("rb") as opened:
                while block := opened.read(1 << 20):
                    digest.update(block)
    except OSError:
        return ClipState()
    return ClipState() if stat is None else ClipState(*stat, digest.hexdigest())


def _files_of(path: Path) -> list[Path]:
    return sorted(file for file in path.iterdir() if file.is_file()) if path.is_dir() else [path]
