"""The disk cache of imported models.

It is in the user's cache folder. An entry is a file: a tag and the CRC-32 of the content
(4 bytes each), then the content. It is written beside and moved into place, so no reader sees half of it; the
checksum finds damage by a failing or full disk. If the folder cannot be written, models are
imported again in each process. The weights of optimised models are in files beside the entries (`_optimised`).
"""

from __future__ import annotations

import logging
import tempfile
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from graphkit._process.user_cache import folder

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("graphkit.inference._cache")

_TAG = b"GKM1"


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """What is cached: `key` stands for the source, `version` for what made it. Versions replace each other."""

    key: str
    version: str

    @property
    def file_name(self) -> str:
        """The name of the file in the cache folder."""
        return f"{self.key}.{self.version}.model"


def get_or_build(entry: CacheEntry, build: Callable[[], bytes]) -> bytes:
    """Return the cached content, or build it and try to keep it."""
    found = find(entry)
    if found is not None:
        return found
    content = build()
    try:
        put(entry, content)
    except OSError as exc:
        logger.debug("not cached: %s", exc)
    return content


def find(entry: CacheEntry) -> bytes | None:
    """Return the cached content, None if there is none, or if it is damaged, which is told."""
    where = folder()
    return None if where is None else _read(where / entry.file_name)


def has(entry: CacheEntry) -> bool:
    """Return whether there is cached content, which may be damaged."""
    where = folder()
    return where is not None and (where / entry.file_name).exists()


def put(entry: CacheEntry, content: bytes, weights: str = "") -> None:
    """Keep content, and no other version of it.

    Args:
        entry: under which it is found.
        content: what is kept.
        weights: the name of the file in the cache folder that belongs to it, "" for none.

    Raises:
        OSError: it cannot be written.
    """
    where = folder()
    if where is None:
        return
    _write(where / entry.file_name, content)
    for other in where.glob(f"{entry.key}.*"):
        if other.name not in (entry.file_name, weights):
            with suppress(OSError):  # Windows does not remove a file that another process has open
                other.unlink(missing_ok=True)


def forget(entry: CacheEntry) -> None:
    """Drop the cached content."""
    where = folder()
    if where is not None:
        (where / entry.file_name).unlink(missing_ok=True)


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            head, content = file.read(len(_TAG) + 4), file.read()
    except OSError:
        return None
    if head == _head(content):
        return content
    tell_of_damage(path)
    return None


def tell_of_damage(path: Path) -> None:
    """Warn of a file whose content is not what was written."""
    logger.warning("%s is damaged and will be made again", path)


def _head(content: bytes) -> bytes:
    return _TAG + zlib.crc32(content).to_bytes(4, "little")


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".tmp-", delete=False) as file:
        try:
            file.write(_head(content))
            file.write(content)
            file.close()
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
