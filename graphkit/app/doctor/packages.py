"""Packages that every graph needs and no other check looks at, and the calculators."""

from __future__ import annotations

import importlib
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from graphkit._process.requirements import installed, pip, pip_install, supported
from graphkit.app.doctor.facts import Fact, Status
from graphkit.app.doctor.installers import reinstall_graphkit
from graphkit.app.doctor.repairs import distribution_of, failed, fix_of, missing_library
from graphkit.errors._places import raised_at
from graphkit.framework._deferred_modules import with_place

_MODULES: Final = {
    "numpy": "numpy",
    "protobuf": "google.protobuf.message",
    "onnx": "onnx",
    "flatbuffers": "flatbuffers",
    "rich": "rich",
}


def check() -> list[Fact]:
    """Import each package, and load the calculators of all installed packages."""
    facts = [package_fact(name, module) for name, module in _MODULES.items()]
    good = ", ".join(f"{fact.label} {fact.found}" for fact in facts if fact.status is Status.OK)
    bad = [fact for fact in facts if fact.status is not Status.OK]
    return [*([Fact("imported", good)] if good else []), *bad, *_calculators()]


def package_fact(distribution: str, module: str) -> Fact:
    """Return whether a package can be imported, and its version is supported."""
    try:
        importlib.import_module(module)
    except Exception as exc:  # a package built for another version of numpy may raise anything
        return failed(distribution, exc, Status.BROKEN, distribution)
    return version_fact(distribution, installed(distribution).get(distribution, ""))


def version_fact(distribution: str, version: str, otherwise: Status = Status.BROKEN) -> Fact:
    """Return whether a version of a package is supported, with the status *otherwise* if it is not."""
    if not version:
        return Fact(distribution, "there, but not installed by pip")
    if version not in supported(distribution):
        found = f"{version}; graphkit needs {supported(distribution)}"
        return Fact(distribution, found, otherwise, pip_install(distribution))
    return Fact(distribution, version)


def _calculators() -> list[Fact]:
    from graphkit.framework import _registry as registry

    entries = sorted(entry_points(group=registry.ENTRY_POINT_GROUP), key=lambda entry: entry.name)
    if not any(_is_ours(entry) for entry in entries):
        found = "those that come with graphkit are not registered"
        return [Fact("calculators", found, Status.BROKEN, reinstall_graphkit())]
    faults = []
    for entry in entries:
        try:
            entry.load()
        except Exception as exc:  # whatever a third-party module raises
            faults.append(_failed_entry(entry, exc))
    return faults or [Fact("calculators", f"{len(registry.known_calculators())} from {_sources(entries)}")]


def _failed_entry(entry: EntryPoint, error: BaseException) -> Fact:
    """Return that the calculators of a package cannot be loaded; graphkit cannot repair those of others."""
    label = f"calculators of {entry.name} ({entry.value})"
    if _is_ours(entry):
        return failed(label, error, Status.BROKEN)
    place = raised_at(error)
    found = with_place(error)
    owner = entry.dist.name if entry.dist else entry.value
    fix = f"{_mend(entry, error, place, owner)}, or do without: {pip()} uninstall {owner}"
    return Fact(label, found, Status.WARNING, fix)


def _mend(entry: EntryPoint, error: BaseException, place: str, owner: str) -> str:
    """Return what to do so that the calculators of a package load: installing it again changes nothing."""
    library = missing_library(error)
    if library:
        return fix_of(library)
    missing = error.name if isinstance(error, ModuleNotFoundError) and error.name else ""
    if _names_nothing(entry, error, missing):
        group = f'[project.entry-points."{entry.group}"]'
        return f'the package has no {entry.value}: mend {entry.name} = "{entry.value}" below {group} of {owner}'
    if missing:
        command = pip_install(distribution_of(ModuleNotFoundError(name=missing)) or missing.partition(".")[0])
        return f"{command} (if its package is called so), and name it in the dependencies of {owner}"
    return f"mend {place or entry.value}"


def _names_nothing(entry: EntryPoint, error: BaseException, missing: str) -> bool:
    """Return whether what an entry point names is not there, rather than something that it needs."""
    module, _, attributes = entry.value.partition(":")
    if missing:
        return f"{module}.".startswith(f"{missing}.")
    return bool(attributes) and isinstance(error, AttributeError) and raised_at(error) == ""


def lacks_calculators() -> bool:
    """Return whether the calculators that come with graphkit are not registered, or cannot be loaded."""
    return any(fact.status is Status.BROKEN for fact in _calculators())


def _is_ours(entry: EntryPoint) -> bool:
    return entry.value.partition(":")[0] == "graphkit_calculators"


def _sources(entries: list[EntryPoint]) -> str:
    return ", ".join(sorted({entry.dist.name if entry.dist else entry.value for entry in entries}))
