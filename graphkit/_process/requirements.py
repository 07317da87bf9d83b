"""The packages that graphkit needs and their versions, from its own installation's metadata."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import shlex
import shutil
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from graphkit._process import system

DISTRIBUTION: Final = "graphkit-media"
"""The name of graphkit for pip."""

_BUILT: Final = {"moderngl": "needs a C++ compiler and Python's headers"}
"""Packages that pip builds on processors without wheels, and what that needs."""
_WITH_WHEELS: Final = ("x86_64", "amd64")
_REQUIREMENT: Final = re.compile(r"([\w.-]+)(?:\[[^\]]*\])?\s*([^;]*)")
_BOUND: Final = re.compile(r"(>=|<)\s*([\d.]+)")


@dataclass(frozen=True, slots=True)
class Range:
    """Versions from *least* on, below *below* if that is given."""

    least: str = ""
    below: str = ""

    def __contains__(self, version: str) -> bool:
        """Return whether a version is supported."""
        numbers = _numbers(version)
        return (not self.least or numbers >= _numbers(self.least)) and (
            not self.below or numbers < _numbers(self.below)
        )

    def __str__(self) -> str:
        bounds = [f">={self.least}" if self.least else "", f"<{self.below}" if self.below else ""]
        return ",".join(bound for bound in bounds if bound)


def supported(distribution: str) -> Range:
    """Return the versions of a package that graphkit supports; all, if its installation names none."""
    return _ranges().get(distribution, Range())


def installed(*distributions: str) -> dict[str, str]:
    """Return those of the packages that are installed, with their versions."""
    found = {}
    for name in distributions:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def pip() -> str:
    """Return the command of this interpreter's pip; ``pip`` alone may be that of another one."""
    found = shutil.which("pip")
    if found and Path(found).parent == Path(sys.executable).parent:
        return "pip"
    return f"{shlex.quote(sys.executable)} -m pip"


def pip_install(distribution: str, *, like: str = "", again: bool = False) -> str:
    """Return the command that installs a package in a version that is supported, in those of *like* if given."""
    bounds = str(supported(like or distribution))
    what = f"'{distribution}{bounds}'" if bounds else distribution
    note = "" if _has_wheels() else _BUILT.get(distribution, "")
    return f"{pip()} install {'--force-reinstall ' if again else ''}{what}{f'  # {note}' if note else ''}"


def _has_wheels() -> bool:
    """Return whether packages with compiled parts have wheels for this machine, as far as `_BUILT` goes."""
    return system.NAME == "darwin" or platform.machine().lower() in _WITH_WHEELS


@cache
def _ranges() -> dict[str, Range]:
    try:
        lines = importlib.metadata.requires(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        return {}
    found: dict[str, Range] = {}
    for line in lines:
        if match := _REQUIREMENT.match(line):
            bounds = dict(_BOUND.findall(match[2]))
            found.setdefault(match[1], Range(bounds.get(">=", ""), bounds.get("<", "")))
    return found


def _numbers(version: str) -> tuple[int, ...]:
    """Return the leading numbers of a version: 4.11.0rc1 is (4, 11, 0)."""
    matched = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in matched[0].split(".")) if matched else ()
