"""Which code makes the outputs of a batch: by contents, or, if it comes from a wheel, by version."""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import importlib.util
import re
import sys
import sysconfig
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from graphkit._process.requirements import DISTRIBUTION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType

_OURS: Final = ("graphkit", "graphkit_calculators")
# The command line makes nothing of a clip.
_WITHOUT_EFFECT: Final = "app"
# What pip, or a distribution, calls the folders of what it installs.
_WHEELS: Final = frozenset({"site-packages", "dist-packages"})
_LENGTH: Final = 16


def short_hash(data: bytes) -> str:
    """Return the first digits of a SHA-256."""
    return hashlib.sha256(data).hexdigest()[:_LENGTH]


@dataclass(slots=True)
class Sources:
    """The code of modules, and of what they import.

    Attributes:
        files: hashes of the files that no wheel installed, by the name of the module.
        packages: names of the packages that come from wheels.
    """

    files: dict[str, str] = field(default_factory=dict)
    packages: set[str] = field(default_factory=set)


def sources_of(modules: Iterable[ModuleType]) -> Sources:
    """Return the code of modules, but for Python's and that of graphkit."""
    found = Sources()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        name, package = module.__name__, module.__name__.partition(".")[0]
        if name in found.files or package in found.packages or package in _OURS:
            continue
        file = Path(getattr(module, "__file__", None) or "").resolve()
        if _WHEELS & set(file.parts):
            found.packages.add(package)
        elif file.suffix == ".py" and not _is_pythons(file):
            source = file.read_bytes()
            found.files[name] = short_hash(source)
            names = set(_imported(source, module.__package__ or ""))
            waiting += [sys.modules[name] for name in names if name in sys.modules]
    found.files = dict(sorted(found.files.items()))
    return found


def versions_of(packages: Iterable[str]) -> dict[str, str]:
    """Return the versions of installed packages, by the names that pip has.

    Those that graphkit needs itself are left out: a batch without modules does not count them either.
    """
    wanted = set(packages)
    if not wanted:
        return {}
    by_package = importlib.metadata.packages_distributions()
    names = {name for package in wanted for name in by_package.get(package, ())}
    needed = {_plain(re.split(r"[^\w.-]", line)[0]) for line in importlib.metadata.requires(DISTRIBUTION) or ()}
    return {name: importlib.metadata.version(name) for name in sorted(names) if _plain(name) not in needed}


@cache
def own_version() -> str:
    """Return the version of graphkit, with a hash of its files if no wheel installed them, as in a checkout."""
    version = importlib.metadata.version(DISTRIBUTION)
    roots = [Path(place).resolve() for package in _OURS for place in _places(package)]
    if all(_WHEELS & set(root.parts) for root in roots):
        return version
    digest = hashlib.sha256()
    for root in roots:
        for file in sorted(root.rglob("*.py")):
            if file.relative_to(root).parts[0] != _WITHOUT_EFFECT:
                digest.update(file.read_bytes())
    return f"{version}+{digest.hexdigest()[:_LENGTH]}"


def _places(package: str) -> Iterable[str]:
    spec = importlib.util.find_spec(package)
    return (spec and spec.submodule_search_locations) or ()


def _is_pythons(file: Path) -> bool:
    return any(Path(sysconfig.get_path(kind)).resolve() in file.parents for kind in ("stdlib", "platstdlib"))


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _imported(source: bytes, package: str) -> Iterator[str]:
    """Yield the names of what a source file imports; of ``from a import b``, both ``a`` and ``a.b``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            relative = "." * node.level + (node.module or "")
            name = importlib.util.resolve_name(relative, package) if node.level else relative
            yield name
            yield from (f"{name}.{alias.name}" for alias in node.names)
