"""Python, the platform, and graphkit itself."""

from __future__ import annotations

import importlib.metadata
import platform
import sys

from graphkit.diagnosis.facts import Fact, Status

_OLDEST = (3, 11)


def check() -> list[Fact]:
    """Look at the interpreter and at how graphkit is installed."""
    return [_python(), _platform(), _graphkit()]


def _python() -> Fact:
    found = f"{platform.python_implementation()} {platform.python_version()}, {sys.executable}"
    if sys.version_info[:2] < _OLDEST:
        return Fact("Python", found, Status.BROKEN, "graphkit needs Python 3.11 or newer.")
    return Fact("Python", found)


def _platform() -> Fact:
    libc = " ".join(platform.libc_ver())
    return Fact("platform", ", ".join(filter(None, [platform.platform(), libc])))


def _graphkit() -> Fact:
    from graphkit.resources import graphs_dir

    try:
        version = importlib.metadata.version("graphkit")
    except importlib.metadata.PackageNotFoundError:
        found = f"not installed, imported from {graphs_dir().parent}"
        return Fact(
            "graphkit",
            found,
            Status.BROKEN,
            f"pip install -e {graphs_dir().parent}: its calculators are found only so",
        )
    return Fact("graphkit", f"{version}, graphs in {graphs_dir()}")
