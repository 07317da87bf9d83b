"""The side of a campaign that works: checks seeds one after the other and tells what came of them.

It runs in a process of its own, so that the other side outlives whatever a case does to it.
"""

from __future__ import annotations

import faulthandler
import json
import logging
import os
import resource
import sys
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

from robustness.campaign import kind_named
from robustness.outcome import Outcome

TELL_EVERY_S = 1.0
MOST_AT_ONCE_MB = 200
"""By which the peak of a child's memory may grow with one seed."""
STOP = "ROBUSTNESS_STOP"
"""With this variable in its environment, a child ends with the first fault."""


class Told:
    """Counts, told in lines of JSON on what was standard output."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._labels: Counter[str] = Counter()
        self._last = time.monotonic()
        self._peak_mb = _peak_mb()

    def add(self, seed: int, outcome: Outcome) -> None:
        """Count what came of *seed*; tell it at once where it is a fault."""
        self._labels.update(outcome.labels)
        if outcome.fault:
            self._write({"fault": outcome.fault, "seed": seed, "detail": outcome.detail[:4000]})
        if time.monotonic() - self._last > TELL_EVERY_S:
            self.flush()

    def grown_mb(self) -> int:
        """Return by how much the most memory ever used has grown since this was last asked."""
        before, self._peak_mb = self._peak_mb, _peak_mb()
        return self._peak_mb - before

    def flush(self) -> None:
        """Tell the counts since the last time, and how much memory it took at most."""
        self._write({"labels": dict(self._labels), "peak_mb": _peak_mb()})
        self._labels.clear()
        self._last = time.monotonic()

    def _write(self, line: dict[str, Any]) -> None:
        os.write(self._pipe, json.dumps(line).encode() + b"\n")


def _peak_mb() -> int:
    """Return the most memory that this program has used.

    ``ru_maxrss`` would do, but a child begins with what the process that started it had used.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return next(
        int(line.split()[1]) // 1024 for line in status.read_text().splitlines() if line.startswith("VmHWM")
    )


def work(name: str, first: int, count: int, folder: Path) -> None:
    """Check *count* seeds of kind *name* from *first* on; the seed at work stands in ``folder/seed``."""
    pipe = os.dup(1)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)  # libraries that print do it elsewhere
    faulthandler.enable()
    logging.disable(logging.CRITICAL)
    kind: Any = kind_named(name)
    work_folder = folder / "work"
    work_folder.mkdir()
    check = kind.prepare(work_folder)
    if kind.ADDRESS_SPACE_MB:
        limit = kind.ADDRESS_SPACE_MB << 20
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    told = Told(pipe)
    progress = os.open(folder / "seed", os.O_WRONLY | os.O_CREAT)
    for seed in range(first, first + count):
        os.pwrite(progress, f"{seed:020d}".encode(), 0)
        outcome = _checked(check, seed)
        if not outcome.fault and (grown := told.grown_mb()) > MOST_AT_ONCE_MB:
            outcome.fault, outcome.detail = "memory at once", f"{grown} MB more at the peak"
        told.add(seed, outcome)
        if outcome.fault and os.environ.get(STOP):
            break
    told.flush()
    sys.stdout.flush()
    os._exit(0)  # what a case left running must not keep the process


def _checked(check: Any, seed: int) -> Outcome:
    try:
        outcome: Outcome = check(seed)
    except BaseException as exc:  # a check that lets something through has found it
        return Outcome(["raw"], f"raw {type(exc).__name__}", "".join(traceback.format_exception(exc))[-3500:])
    return outcome
