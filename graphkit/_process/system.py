"""What differs between operating systems: the only module that checks which one this is.

Type checkers read it once for each system.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path
    from subprocess import Popen
    from typing import BinaryIO

NAME: Final[str] = sys.platform
"""``linux``, ``darwin``, ``win32``."""

_DIES_WITH_PARENT: Final = 1  # PR_SET_PDEATHSIG
_KILLED: Final = 9
_FIRST_TO_GO: Final = "500"

_TRIM_THRESHOLD: Final = -1  # M_TRIM_THRESHOLD
_MMAP_THRESHOLD: Final = -3  # M_MMAP_THRESHOLD
_MOST_ON_HEAP: Final = 32 << 20  # glibc takes no more
_PICTURES_KEPT: Final = 4
_FEWEST_KEPT: Final = 8 << 20
_kept: Final[list[int]] = []  # bytes, once glibc was told
_ALLOCATOR_SETTINGS: Final = (
    "MALLOC_TRIM_THRESHOLD_",
    "MALLOC_MMAP_THRESHOLD_",
    "MALLOC_TOP_PAD_",
    "GLIBC_TUNABLES",
)

LINUX: Final[bool] = sys.platform.startswith("linux")
WINDOWS: Final[bool] = sys.platform == "win32"


def usable_processors() -> frozenset[int] | None:
    """Return the logical processors that this process may use; None if unknown."""
    if sys.platform == "linux":
        found: frozenset[int] | None = frozenset(os.sched_getaffinity(0))
    else:
        found = None
    return found


def use_processors(numbers: Collection[int]) -> None:
    """Limit this thread, and the processes that it starts, to logical processors from `usable_processors`."""
    if sys.platform == "linux":
        os.sched_setaffinity(0, numbers)


def keep_freed_memory(picture: int) -> None:
    """Make glibc keep the memory of a few freed pictures for the next ones.

    By default it may return each picture's memory to the system, and the next picture's has to be cleared page by
    page, which takes up to half of the time of decoding. Somebody's own settings in the environment hold.

    Args:
        picture: bytes of one picture.
    """
    if not LINUX or any(name in os.environ for name in _ALLOCATOR_SETTINGS):
        return
    import ctypes

    kept = max(_FEWEST_KEPT, _PICTURES_KEPT * picture, *_kept)
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # not every C library has it
    if mallopt is not None and [kept] != _kept:
        _kept[:] = [kept]
        mallopt(_MMAP_THRESHOLD, min(kept // 2, _MOST_ON_HEAP))
        mallopt(_TRIM_THRESHOLD, kept)


def load() -> float | None:
    """Return how many processes wanted to run, on average over the last minute; None if not counted."""
    if sys.platform != "win32":
        found: float | None = os.getloadavg()[0]
    else:
        found = None
    return found


def seconds_of_children() -> tuple[float, float] | None:
    """Return the processor seconds, user and system, of ended child processes; None if not counted."""
    if sys.platform != "win32":
        import resource

        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        found: tuple[float, float] | None = used.ru_utime, used.ru_stime
    else:
        found = None
    return found


def seconds_of_thread(ident: int) -> float:
    """Return the processor seconds of a Python thread; 0 if the system does not count."""
    if sys.platform == "linux":
        seconds = time.clock_gettime(time.pthread_getcpuclockid(ident))
    else:
        seconds = 0.0
    return seconds


def seconds_of_ticks(ticks: int) -> float:
    """Return the seconds of ticks, in which Linux counts what processes use."""
    if sys.platform != "win32":
        rate = os.sysconf("SC_CLK_TCK")
    else:
        rate = 100
    return ticks / rate


def kill_group(process: Popen[str]) -> None:
    """Kill a process that has a group of its own, with all that it has started; on Windows only it."""
    if sys.platform != "win32":
        import signal

        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def is_root() -> bool:
    """Return whether this user may change the system; False if there is no user number."""
    if sys.platform != "win32":
        root = os.geteuid() == 0
    else:
        root = False
    return root


def opened_pipe(path: Path) -> int | None:
    """Open a named pipe to write without waiting, in the system or later.

    Returns:
        The descriptor; None while no process reads the pipe.

    Raises:
        OSError: it cannot be opened.
    """
    if sys.platform != "win32":
        flags = os.O_WRONLY | os.O_NONBLOCK
    else:  # it has no named pipes in its file system
        flags = os.O_WRONLY
    try:
        return os.open(path, flags)
    except OSError as error:
        if error.errno == errno.ENXIO:
            return None
        raise


def written_pipe(path: Path, poll_ms: int) -> list[int]:
    """Wait until a named pipe has been written to, running the handlers of signals meanwhile; raises OSError.

    Returns:
        Descriptors of both ends. While they are open, opening the pipe to read it does not wait.
    """
    ends: list[int] = []
    if sys.platform != "win32":
        import select

        try:
            ends.append(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
            poll = select.poll()
            poll.register(ends[0], select.POLLIN)
            while not poll.poll(poll_ms):
                pass
            ends.append(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
        except BaseException:
            for end in ends:
                os.close(end)
            raise
    return ends


def die_with(parent: int) -> None:
    """End this process with its parent, and make it the first to be killed if memory runs out."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, _KILLED, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(0)
        with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:  # noqa: PTH123
            file.write(_FIRST_TO_GO)


def let_wait(descriptor: int) -> None:
    """Let writes to an open pipe wait for its reader."""
    if sys.platform != "win32":
        os.set_blocking(descriptor, True)


def lock(file: BinaryIO) -> None:
    """Keep others from locking an open file until it is closed, also by the end of this process.

    On Windows nothing is locked: what others do with the file is not detected.

    Raises:
        BlockingIOError: another process has locked it.
    """
    if sys.platform != "win32":
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def memory_of(process: int) -> int:
    """Return the bytes of memory that a process holds; 0 if unknown."""
    held = 0
    if sys.platform == "linux":
        with suppress(OSError, IndexError), open(f"/proc/{process}/statm", encoding="ascii") as numbers:  # noqa: PTH123
            held = int(numbers.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return held
