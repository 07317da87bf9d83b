"""Meter: which threads worked when, and for how long, while a job ran.

Nodes are watched through the graph's instrument; reading and uploading through `part`; threads that belong to
libraries through the kernel. Everything is in seconds: ``begin`` and ``end`` of ``time.perf_counter``, ``cpu``
of the thread's own processor time, which waiting does not count into.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from graphkit._process import system
from graphkit.framework import Instrument
from graphkit.jobs import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graphkit.framework import CalculatorContext

READING: Final = "reading"
UPLOADING: Final = "uploading"
_ENCODING_THREAD: Final = "graphkit-encode"
_TASKS: Final = Path("/proc/self/task")


class Work(NamedTuple):
    """One piece of work: a call of a node, or a part.

    Attributes:
        name: of the node or part.
        thread: the name of the thread it was done on.
        begin, end: wall clock.
        cpu: processor seconds.
    """

    name: str
    thread: str
    begin: float
    end: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Clocks:
    """What the clocks showed at one time.

    Attributes:
        wall: of ``time.perf_counter``.
        cpu: processor seconds of the process so far.
        encoding: processor seconds of the encoding thread so far.
        libraries: processor seconds of threads that are not Python's, by name, so far.
    """

    wall: float
    cpu: float
    encoding: float
    libraries: dict[str, float]

    @classmethod
    def now(cls) -> Clocks:
        """Look at the clocks."""
        libraries = library_threads()
        return cls(time.perf_counter(), time.process_time(), _encoding(), libraries)


class Meter(Instrument, Progress):
    """Watches one job: as its graph's instrument, and as its progress.

    Attributes:
        made: when the meter was made.
        works: all that was seen so far.
        began: when frames began to flow; None before.
        drained: when the last frame was out; None before.
    """

    def __init__(self) -> None:
        self.made = Clocks.now()
        self.works: list[Work] = []
        self.began: Clocks | None = None
        self.drained: Clocks | None = None
        self._here = threading.local()

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count what this thread does meanwhile."""
        begin, cpu = time.perf_counter(), time.thread_time()
        try:
            yield
        finally:
            self._add(name, begin, time.perf_counter(), time.thread_time() - cpu)

    def processing(self, cc: CalculatorContext) -> None:
        """Remember this thread's clock."""
        self._here.cpu = time.thread_time()

    def processed(self, cc: CalculatorContext, begin: float, seconds: float) -> None:
        """Count the call."""
        self._add(cc.node_name, begin, begin + seconds, time.thread_time() - self._here.cpu)

    def started(self, total: int) -> None:
        """Look at the clocks: models are loaded."""
        self.began = Clocks.now()

    def finished(self) -> None:
        """Look at the clocks: the graph is done; what the encoder has not written yet comes after."""
        self.drained = Clocks.now()

    def _add(self, name: str, begin: float, end: float, cpu: float) -> None:
        self.works.append(Work(name, threading.current_thread().name, begin, end, cpu))


def uploading(meter: Meter, wrap: Callable[..., object]) -> Callable[..., object]:
    """Return *wrap*, which makes an array a payload, with *meter* beside it."""

    def watched(pixels: object) -> object:
        with meter.part(UPLOADING):
            return wrap(pixels)

    return watched


def library_threads(tasks: Path = _TASKS) -> dict[str, float]:
    """Return the processor seconds of the threads that are not Python's, by the name that the kernel has.

    Empty if the kernel does not tell, as on anything but Linux.
    """
    ours = {thread.native_id for thread in threading.enumerate()}
    found: dict[str, float] = {}
    for task in tasks.glob("[0-9]*"):
        if int(task.name) in ours:
            continue
        try:
            name = (task / "comm").read_text().strip()
            seconds = _seconds(task)
        except OSError:  # it has just ended
            continue
        found[name] = found.get(name, 0.0) + seconds
    return found


def _seconds(task: Path) -> float:
    """Return what a thread has used: to the nanosecond if the kernel counts so, else to the tick."""
    try:
        return int((task / "schedstat").read_text().split()[0]) / 1e9
    except (OSError, IndexError):
        fields = (task / "stat").read_text().rpartition(")")[2].split()
        return system.seconds_of_ticks(int(fields[11]) + int(fields[12]))


def _encoding() -> float:
    """Return the processor seconds of the encoding thread, 0 if there is none."""
    for thread in threading.enumerate():
        if thread.name == _ENCODING_THREAD and thread.ident is not None:
            return system.seconds_of_thread(thread.ident)
    return 0.0
