"""The disk cache of imported models.

It lies in `GRAPHKIT_CACHE_DIR`, else `$XDG_CACHE_HOME/graphkit`, else `~/.cache/graphkit`. An entry is a file:
the SHA-256 of its content (32 bytes), then the content. It is written beside and moved into place, so no reader
sees half of it. Where the folder cannot be written, models are imported again in each process.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("graphkit.inference.cache")

_DIGEST_SIZE = hashlib.sha256().digest_size


@dataclass(frozen=True, slots=True)
class Entry:
    """What is cached: `key` stands for the source, `version` for what made it. Versions replace each other."""

    key: str
    version: str

    @property
    def file_name(self) -> str:
        """The name of the file in the cache folder."""
        return f"{self.key}.{self.version}.model"


def folder() -> Path:
    """Return the cache folder, which need not exist."""
    if override := os.environ.get("GRAPHKIT_CACHE_DIR"):
        return Path(override)
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "graphkit"


def get_or_build(entry: Entry, build: Callable[[], bytes]) -> bytes:
    """Return the cached content, or build it and try to keep it."""
    path = folder() / entry.file_name
    found = _read(path)
    if found is not None:
        return found
    content = build()
    try:
        _write(path, content)
        _drop_other_versions(path, entry)
    except OSError as exc:
        logger.debug("not cached: %s", exc)
    return content


def _read(path: Path) -> bytes | None:
    try:
        stored = path.read_bytes()
    except OSError:
        return None
    digest, content = stored[:_DIGEST_SIZE], stored[_DIGEST_SIZE:]
    if hashlib.sha256(content).digest() == digest:
        return content
    logger.warning("%s is damaged and will be made again", path)
    return None


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".tmp-", delete=False) as file:
        try:
            file.write(hashlib.sha256(content).digest() + content)
            file.close()
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _drop_other_versions(path: Path, entry: Entry) -> None:
    for other in path.parent.glob(f"{entry.key}.*.model"):
        if other != path:
            other.unlink(missing_ok=True)
