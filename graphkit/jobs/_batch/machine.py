"""How many processes fit this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from graphkit._process.threads import usable_cores

PROCESS_BYTES: Final = 512 << 20
"""What a process takes that tracks hands or poses in clips of usual size, with some room."""

_MEMORY: Final = Path("/proc/meminfo")
_GROUP: Final = Path("/sys/fs/cgroup")
_SHARE: Final = 0.9


def default_processes() -> int:
    """Return a process for each core, or fewer if memory is short."""
    cores, free = usable_cores(), free_memory()
    return cores if free is None else max(1, min(cores, free // PROCESS_BYTES))


def default_memory_limit(processes: int) -> int | None:
    """Return the bytes that one of so many processes may hold, so that some memory stays free; None if unknown."""
    free = free_memory()
    return None if free is None else max(PROCESS_BYTES, int(free * _SHARE) // processes)


def free_memory(memory: Path = _MEMORY, group: Path = _GROUP) -> int | None:
    """Return the bytes that new processes may take, those of the control group of a container; None if unknown."""
    try:
        fields = dict(line.split(":", 1) for line in memory.read_text().splitlines() if ":" in line)
        free = int(fields["MemAvailable"].split()[0]) << 10
    except (OSError, KeyError, ValueError):
        return None
    try:
        most = int((group / "memory.max").read_text())
        taken = int((group / "memory.current").read_text())
    except (OSError, ValueError):  # no control group, or one without a limit
        return free
    return max(0, min(free, most - taken))
