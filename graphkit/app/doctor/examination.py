"""Runs the checks, each apart from the others."""

from __future__ import annotations

import importlib
import json
import logging
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from graphkit._process.requirements import pip
from graphkit.app.doctor.facts import Fact, Section, Status
from graphkit.app.doctor.repairs import failed

if TYPE_CHECKING:
    from collections.abc import Sequence

logger = logging.getLogger("graphkit.app.doctor")

_PATIENCE_SECONDS: Final = 60.0
_CHILD: Final = "from graphkit.app.doctor.child import main; main()"


@dataclass(frozen=True, slots=True)
class Check:
    """A check: the module ``graphkit.app.doctor.<name>`` with a function `check`.

    Attributes:
        name: of the module.
        title: of its section.
        native: it loads libraries that may crash, so it runs in a process of its own.
        needed: graphs on the CPU need what it looks at.
        fix: what to do when its libraries crash; {pip} stands for the call of pip.
    """

    name: str
    title: str
    native: bool = False
    needed: bool = True
    fix: str = ""

    def run(self) -> Section:
        """Run the check here; an exception becomes a fact."""
        try:
            check = importlib.import_module(f"graphkit.app.doctor.{self.name}").check
            return self.section(check())
        except Exception as exc:  # whatever a broken installation raises is a finding
            logger.debug("check %s failed", self.name, exc_info=True)
            return self.section([failed("this check", exc, self.severity)])

    @property
    def severity(self) -> Status:
        """The status of a check that could not be made."""
        return Status.BROKEN if self.needed else Status.WARNING

    def section(self, facts: Sequence[Fact]) -> Section:
        """Return facts as this check's section."""
        return Section(self.name, self.title, tuple(facts))


_AGAIN: Final = "{pip} install --force-reinstall"
_DRIVER: Final = "update the GPU's driver, or do without: GRAPHKIT_GPU_DEVICE=software"

CHECKS: Final = (
    Check("interpreter", "Python"),
    Check("packages", "Packages", native=True, fix=f"{_AGAIN} numpy protobuf onnx"),
    Check("video", "Video", native=True, fix=f"{_AGAIN} av"),
    Check("opencv", "Images", native=True, fix=f"{_AGAIN} 'opencv-python-headless<5'"),
    Check("inference", "Models run on", native=True, fix=f"{_AGAIN} onnxruntime-gpu"),
    Check("gpu", "GPU graphs", native=True, needed=False, fix=_DRIVER),
    Check("models", "Model files"),
    Check("cameras", "Cameras", needed=False),
    Check("threads", "Threads"),
)


@dataclass(frozen=True, slots=True)
class Report:
    """The sections of all checks."""

    sections: tuple[Section, ...]

    @property
    def healthy(self) -> bool:
        """Whether graphs on the CPU run."""
        return all(section.status is not Status.BROKEN for section in self.sections)

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON has it."""
        checks = {
            section.name: {"status": section.status.value, "facts": [fact.as_json() for fact in section.facts]}
            for section in self.sections
        }
        return {"healthy": self.healthy, "checks": checks}


def examine(checks: Sequence[Check] = CHECKS) -> Report:
    """Run checks and return what they found; raises nothing, whatever the machine is like."""
    # The others import graphkit's modules here: one after the other, as imports of a cycle from two threads at
    # once can end in importlib's DeadlockError.
    with ThreadPoolExecutor(max_workers=max(1, len(checks))) as pool:
        apart = {check.name: pool.submit(_apart, check) for check in checks if check.native}
        here = {check.name: check.run() for check in checks if not check.native}
        return Report(tuple(here.get(check.name) or apart[check.name].result() for check in checks))


def _apart(check: Check, timeout_seconds: float = _PATIENCE_SECONDS) -> Section:
    """Run a check in a process of its own that imports from where this one does."""
    paths = os.pathsep.join(path for path in sys.path if path)
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", _CHILD, check.name],
            env={**os.environ, "PYTHONPATH": paths}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            errors="replace", timeout=timeout_seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return check.section([_broken_off(check, f"no answer within {timeout_seconds:g} s")])
    except OSError as exc:
        return check.section([failed("this check", exc, check.severity)])
    logger.debug("check %s said: %s", check.name, done.stderr)
    if done.returncode != 0:
        return check.section([_broken_off(check, _end(done))])
    return check.section([Fact.from_json(value) for value in json.loads(done.stdout)])


def _end(done: subprocess.CompletedProcess[str]) -> str:
    """Say how a process ended, with the last line that it printed."""
    code = done.returncode
    how = f"ended the process with status {code}" if code > 0 else f"crashed with {signal.Signals(-code).name}"
    lines = done.stderr.strip().splitlines()
    return f"{how} ({lines[-1].strip()})" if lines else how


def _broken_off(check: Check, how: str) -> Fact:
    return Fact("libraries", how, check.severity, check.fix.format(pip=pip()))
