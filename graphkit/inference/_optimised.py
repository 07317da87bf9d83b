"""Imported models as ONNX Runtime has optimised them for this processor, kept on disk.

Optimising takes most of a start: 45 of 65 ms for the face with attention. The result holds kernels and
layouts of one kind of processor and one build of ONNX Runtime, so both are part of the name in the cache.

The weights are in a file of their own, which ONNX Runtime maps into memory: nothing is copied, and all processes
share them. The entry in the cache is a line of JSON with the name, size and CRC-32 of that file, then the graph.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import shutil
import tempfile
import time
import zlib
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from graphkit._process.user_cache import folder
from graphkit.inference import _cache as disk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

logger = logging.getLogger("graphkit.inference")

_CPUINFO: Final = Path("/proc/cpuinfo")
_TEMPORARY: Final = ".tmp-"
_LAYOUT: Final = 2
_NONE: Final[Mapping[str, NDArray[Any]]] = {}
_LEFTOVER_S: Final = 3600
_TELLING: Final = ("vendor_id", "cpu family", "model", "flags", "Features", "CPU implementer", "CPU part")


@cache
def processor(cpuinfo: Path = _CPUINFO) -> str | None:
    """Return a short name for what this processor can do; None on a system that does not tell."""
    try:
        with cpuinfo.open(encoding="utf-8", errors="replace") as file:
            first = file.read(1 << 14).split("\n\n", 1)[0]
    except OSError:
        return None
    told = [line for line in first.splitlines() if line.split("\t")[0].split(":")[0].strip() in _TELLING]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:12] if told else None


def build_of(onnxruntime: Any) -> str:
    """Return a short name for a build of ONNX Runtime, and for the layout of what is kept of it."""
    build = f"{onnxruntime.__version__} {onnxruntime.get_build_info()} {_LAYOUT}"
    return hashlib.sha256(build.encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class Left:
    """Where ONNX Runtime leaves what it has optimised.

    Attributes:
        graph: the path of the model, which has small weights only.
        weights: the name of the file with the others, in the same folder.
    """

    graph: Path
    weights: str


class Start(Protocol):
    """Makes a session of a model."""

    def __call__(
        self,
        content: bytes,
        weights: Mapping[str, NDArray[Any]] = _NONE,
        *,
        weights_in: Path | None = None,
        leave: Left | None = None,
    ) -> Any:
        """Return the session.

        Args:
            content: the model.
            weights: those that it leaves out, by name.
            weights_in: the folder of its weights; it is optimised already.
            leave: where to leave the optimised model.
        """


def start_from_disk(
    entry: disk.CacheEntry, convert: Callable[[], tuple[bytes, Mapping[str, NDArray[Any]]]], start: Start
) -> Any:
    """Return a session of the optimised model under *entry*; it is made if it does not exist or does not start.

    Args:
        entry: its place in the cache.
        convert: imports the model; returns it and the weights that it leaves out.
        start: makes a session of a model.
    """
    where = folder()
    if where is None:
        return start(*convert())
    kept = _kept(entry, where)
    if kept is not None:
        try:
            return start(kept, weights_in=where)
        except Exception as exc:  # ONNX Runtime's errors have no common base of their own
            logger.debug("%s does not start and is made again: %s", entry.file_name, exc)
            disk.forget(entry)
    return _made(entry, where, partial(start, *convert()))


def _made(entry: disk.CacheEntry, where: Path, start: Callable[..., Any]) -> Any:
    """Return a session of an imported model, and keep what it was optimised to."""
    session = None
    try:
        where.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(where)
        with tempfile.TemporaryDirectory(prefix=_TEMPORARY, dir=where, ignore_cleanup_errors=True) as beside:
            left = Left(Path(beside, "graph.onnx"), f"{entry.key}.{entry.version}.{secrets.token_hex(4)}.weights")
            session = start(leave=left)
            _keep(entry, left)
    except Exception as exc:  # ONNX Runtime's errors have no common base of their own
        logger.debug("%s: the optimised model is not kept: %s", entry.file_name, exc)
    # Without the files; if it was not the fault of them, this raises again.
    return start() if session is None else session


def _remove_leftovers(where: Path) -> None:
    """Remove what processes left that were killed while they kept a model."""
    for path in where.glob(f"{_TEMPORARY}*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _LEFTOVER_S:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _keep(entry: disk.CacheEntry, left: Left) -> None:
    """Move what ONNX Runtime has left into the cache: the weights first, then the graph that names them."""
    where = left.graph.parent.parent
    weights = left.graph.with_name(left.weights)
    facts = {"weights": "", "size": 0, "crc": 0}
    if weights.exists():
        facts = {"weights": left.weights, "size": weights.stat().st_size, "crc": _checksum(weights)}
        weights.replace(where / left.weights)
    try:
        disk.put(entry, json.dumps(facts).encode() + b"\n" + left.graph.read_bytes(), left.weights)
    except BaseException:
        (where / left.weights).unlink(missing_ok=True)
        raise


def _kept(entry: disk.CacheEntry, where: Path) -> bytes | None:
    """Return the graph that is kept under *entry* if its weights are there, None if not."""
    content = disk.find(entry)
    if content is None:
        return None
    head, _, graph = content.partition(b"\n")
    facts = json.loads(head)
    path = where / facts["weights"]
    try:
        if not facts["weights"] or (path.stat().st_size, _checksum(path)) == (facts["size"], facts["crc"]):
            return graph
        disk.tell_of_damage(path)
    except OSError as exc:
        logger.debug("%s: its weights cannot be read: %s", entry.file_name, exc)
    return None


def _checksum(path: Path) -> int:
    """Return the CRC-32 of a file.

    It is read in parts into the same memory: new memory for all of it would take three times as long as reading.
    """
    checksum, part = 0, memoryview(bytearray(1 << 18))
    with path.open("rb", buffering=0) as file:
        while size := file.readinto(part):
            checksum = zlib.crc32(part[:size], checksum)
    return checksum
