"""What is measured on: processor, load, and what the doctor finds out about the rest."""

from __future__ import annotations

import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from graphkit._process import system
from graphkit._process.threads import usable_cores
from graphkit.app.doctor import examine
from graphkit.app.doctor.examination import CHECKS

_CPUINFO: Final = Path("/proc/cpuinfo")
_CHECKS: Final = ("interpreter", "packages", "video", "opencv", "inference", "gpu", "threads")
_QUIET: Final = 0.25
"""Load a core that leaves figures as they are."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What is measured on.

    Attributes:
        cpu: the processor's name.
        cores: logical processors that this process may use.
        load: how many processes wanted to run, on average over the last minute; None if not counted.
        checks: of the doctor, as its JSON has them.
    """

    cpu: str
    cores: int
    load: float | None
    checks: dict[str, Any]

    @property
    def noisy(self) -> bool:
        """Whether other processes are at work here, so that figures are too high."""
        return self.load is not None and self.load > _QUIET * self.cores

    def fact(self, check: str, label: str) -> str:
        """Return what a check found under a label; "" if it found no such thing."""
        facts = self.checks.get(check, {}).get("facts", ())
        return next((str(fact["found"]) for fact in facts if fact["label"] == label), "")

    def as_json(self) -> dict[str, Any]:
        """Return the machine as JSON has it."""
        return asdict(self)


def look_at_machine() -> Machine:
    """Return what is measured on; takes a few seconds."""
    load = system.load()
    checks: dict[str, Any] = examine([check for check in CHECKS if check.name in _CHECKS]).as_json()["checks"]
    return Machine(cpu_name(), usable_cores(), None if load is None else round(load, 2), checks)


def cpu_name(cpuinfo: Path = _CPUINFO) -> str:
    """Return the name of the processor, its architecture if the kernel has none."""
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:
        lines = []
    names = (
        value.strip() for key, _, value in (line.partition(":") for line in lines) if key.strip() == "model name"
    )
    return next(names, platform.machine())
