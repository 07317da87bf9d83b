"""Imported models as ONNX Runtime has optimised them for this processor, kept on disk.

Optimising takes most of a start: 45 of 65 ms for the face with attention. The result holds kernels and
layouts of one kind of processor and one build of ONNX Runtime, so both are part of the name in the cache.
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from graphkit.inference import _cache as disk

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("graphkit.inference")

_CPUINFO: Final = Path("/proc/cpuinfo")
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
    """Return a short name for a build of ONNX Runtime."""
    build = f"{onnxruntime.__version__} {onnxruntime.get_build_info()}"
    return hashlib.sha256(build.encode()).hexdigest()[:8]


def start_from_disk(
    entry: disk.CacheEntry,
    convert: Callable[[], bytes],
    start: Callable[[bytes, bool, Path | None], Any],
) -> Any:
    """Return a session of the optimised model under *entry*; it is made if it does not exist or does not start.

    Args:
        entry: its place in the cache.
        convert: imports the model.
        start: makes a session of a model; told whether it is optimised already, and where to leave the optimised
            model.
    """
    made: list[Any] = []

    def optimise() -> bytes | None:
        imported = convert()
        try:
            with tempfile.TemporaryDirectory(prefix="graphkit-") as folder:
                file = Path(folder, "optimised.onnx")
                made.append(start(imported, False, file))
                return file.read_bytes()
        except Exception as exc:  # ONNX Runtime's errors have no common base of their own
            if not made:  # without the file; if it was not the fault of that, this raises again
                made.append(start(imported, False, None))
            logger.debug("%s: the optimised model is not kept: %s", entry.file_name, exc)
            return None

    content = disk.get_or_build(entry, optimise)
    if not made:
        try:
            return start(content or b"", True, None)
        except Exception as exc:  # ONNX Runtime's errors have no common base of their own
            logger.debug("%s does not start and is made again: %s", entry.file_name, exc)
            disk.forget(entry)
            disk.get_or_build(entry, optimise)
    return made[0]
