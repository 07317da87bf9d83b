"""Python, the platform, and graphkit itself."""

from __future__ import annotations

import importlib.metadata
import platform
import shlex
import sys
from pathlib import Path

import graphkit
from graphkit._process.requirements import DISTRIBUTION, pip
from graphkit.app.doctor.facts import Fact, Status
from graphkit.app.doctor.installers import reinstall_graphkit

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
    from graphkit.framework import graphs_dir

    try:
        version = importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return _not_installed(Path(graphkit.__file__).parent.parent)
    if others := _others():
        return _overwritten(version, others)
    if not graphs_dir().is_dir():
        return Fact("graphkit", f"{version}, without its graphs", Status.BROKEN, reinstall_graphkit())
    return Fact("graphkit", f"{version}, graphs in {graphs_dir()}")


def _others() -> list[str]:
    """Return the distributions besides ours that brought an import package ``graphkit``."""
    owners = importlib.metadata.packages_distributions().get("graphkit", [])
    return sorted(set(owners) - {DISTRIBUTION})


def _overwritten(version: str, others: list[str]) -> Fact:
    """Return the fact that other projects write the same files: pip tells nobody."""
    names = " and ".join(others)
    found = (
        f"{version}; but its files are overwritten by {names}, another project with the import package graphkit; "
        f"what depends on {names} and means this one has to name {DISTRIBUTION}"
    )
    again = reinstall_graphkit()
    and_then = " && " if again.startswith(pip()) else ", then "  # after it nothing of the package is left
    return Fact("graphkit", found, Status.BROKEN, f"{pip()} uninstall -y {' '.join(others)}{and_then}{again}")


def _not_installed(folder: Path) -> Fact:
    """Return the fact that the package is imported from a folder, but was not installed."""
    checkout = (folder / "pyproject.toml").is_file()
    fix = f"{pip()} install -e {shlex.quote(str(folder))}" if checkout else reinstall_graphkit()
    found = f"not installed, imported from {folder}; so its calculators are not found"
    return Fact("graphkit", found, Status.BROKEN, fix)
