"""The error for using the GPU of the parent in a forked process.

OpenGL does not survive a fork: its threads do not exist and its locks may stay taken. So nothing of the
parent's is used, and no context is made; an error is better than a hang.
"""

from __future__ import annotations

import os
from typing import Final

from graphkit.errors import GpuError

_process: Final[dict[str, int]] = {}


def forked_error() -> GpuError:
    """Return the error for a call on the GPU in a forked process."""
    return GpuError(
        "this process was forked from one that uses the GPU, which OpenGL does not survive; start processes "
        'with multiprocessing.get_context("spawn").'
    )


def is_forked() -> bool:
    """Return whether this process was forked from one that used the GPU."""
    pid = os.getpid()
    return _process.get("id", pid) != pid


def refuse_after_fork() -> None:
    """Raise GpuError in a process that was forked from one that used the GPU."""
    if is_forked():
        raise forked_error()


def note_use() -> None:
    """Remember that this process uses the GPU."""
    refuse_after_fork()
    _process["id"] = os.getpid()
