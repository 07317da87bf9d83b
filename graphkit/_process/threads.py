"""The only module that sets how many threads ONNX Runtime, OpenCV and the codecs may use.

Measured on few cores: work is best spread over frames and models, not inside one inference; a second thread
inside ONNX Runtime or OpenCV fights the threads that run the graph. So every inference and every OpenCV call
gets one thread unless the budget says otherwise, and ONNX Runtime does not spin while it waits. The exception is a
program that waits for each frame: while a core is idle, a model may have a second thread that spins, if that
proves faster (`graphkit.inference.IdleCoreRunner`).

Environment: `GRAPHKIT_THREADS` is the number of cores to plan for, `GRAPHKIT_INFERENCE_THREADS` the number of
threads inside one inference, always. Both are read when the budget is first used.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from graphkit._process.system import usable_processors
from graphkit.errors import ArgumentError, UsageError

if TYPE_CHECKING:
    from types import ModuleType

_CGROUP_LIMIT = Path("/sys/fs/cgroup/cpu.max")


@dataclass(frozen=True, slots=True)
class Budget:
    """How many threads each user of the processor gets.

    Attributes:
        cores: threads that may run at the same time, the caller's included.
        inference: threads inside one run of a model.
        opencv: threads inside one OpenCV call.
        codec: threads of one video decoder or encoder.
        idle_cores: whether one inference may have a second thread while the program waits and a core is idle.
    """

    cores: int
    inference: int = 1
    opencv: int = 1
    codec: int = 1
    idle_cores: bool = True

    def __post_init__(self) -> None:
        for name in ("cores", "inference", "opencv", "codec"):
            given = getattr(self, name)
            if given < 1:
                raise ArgumentError(f"a budget of {given} threads; it takes at least 1", parameter=name)

    @classmethod
    def from_environment(cls) -> Budget:
        """Return the default for this machine, with what the environment overrides."""
        cores = _environment_count("GRAPHKIT_THREADS") or usable_cores()
        inference = _environment_count("GRAPHKIT_INFERENCE_THREADS")
        return cls(cores=cores, inference=inference or 1, codec=min(2, cores), idle_cores=inference is None)


class _Current:
    """The budget in force, and whether it has been set in OpenCV."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.budget: Budget | None = None
        self.opencv_told: int | None = None


_current = _Current()


def budget() -> Budget:
    """Return the budget in force."""
    with _current.lock:
        if _current.budget is None:
            _current.budget = Budget.from_environment()
        return _current.budget


def set_budget(new: Budget | None) -> None:
    """Set the budget in force; None restores the environment's.

    Models that are already loaded keep the threads they were loaded with.
    """
    with _current.lock:
        _current.budget = new


def inference_threads() -> int:
    """Return the number of threads inside one run of a model."""
    return budget().inference


def opencv() -> ModuleType:
    """Return the `cv2` module, limited to the budget. OpenCV is imported on the first call.

    It decodes pictures of 2**27 pixels at most, unless the environment says otherwise: a few hundred bytes may
    claim any size.
    """
    if _current.opencv_told is None:
        os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(1 << 27))  # read when the library is loaded
    import cv2

    threads = budget().opencv
    if _current.opencv_told != threads:
        from graphkit._process.packages import warn_of_version

        warn_of_version(cv2)
        cv2.setNumThreads(threads)
        _current.opencv_told = threads
    return cv2


def keep_blas_to_one_thread() -> None:
    """Keep the linear algebra of NumPy and OpenCV from starting threads; for programs, before they import NumPy.

    Matrices here are small. Its threads cost more to start than they save: they spin while they wait, 60 ms of
    a start on two cores. ``OPENBLAS_NUM_THREADS`` in the environment takes precedence.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def usable_cores() -> int:
    """Return how many cores this process may use: its affinity, and the quota of its container."""
    affinity = len(usable_processors() or ()) or os.cpu_count() or 1
    quota = _container_quota(_CGROUP_LIMIT)
    return max(1, min(affinity, quota) if quota else affinity)


@cache
def _container_quota(path: Path) -> int | None:
    """Return the cores a control group grants, rounded up, or None without a limit."""
    try:
        quota, period = path.read_text().split()
        return None if quota == "max" else -(-int(quota) // int(period))
    except (OSError, ValueError):
        return None


def _environment_count(name: str) -> int | None:
    text = os.environ.get(name, "")
    if not text:
        return None
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(f"{name}={text!r}; it takes a whole number of threads, at least 1")
    return int(text)
