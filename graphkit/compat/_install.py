"""Puts graphkit's mediapipe where ``import mediapipe`` finds it."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.metadata
import importlib.util
import sys
from typing import TYPE_CHECKING, Any, Final

from graphkit.errors import GraphStateError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

_OURS: Final = "graphkit.compat.mediapipe"
_THEIRS: Final = "mediapipe"


def install_as_mediapipe() -> None:
    """Let ``import mediapipe`` and its submodules mean graphkit's from now on, in this process.

    Beside an installed mediapipe of 1.0 or later only what that lost is added, such as ``solutions``; what it has
    stays its own. Doing it twice is fine.

    Raises:
        GraphStateError: a mediapipe that has all this itself, before 1.0, is installed or imported.
    """
    version = installed_version()
    if peer_version() is not None:
        raise GraphStateError(
            f"mediapipe {version} is installed, which has this API itself; uninstall it, or import "
            "graphkit.compat.mediapipe under that name instead"
        )
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder(whole=version is None))
    ours = importlib.import_module(_OURS)
    if version is None:
        sys.modules[_THEIRS] = ours
    else:
        _add_what_is_missing(importlib.import_module(_THEIRS), ours)


def peer_version() -> str | None:
    """Return the version of another mediapipe, imported or installed, that has this API itself; None for none."""
    version = installed_version()
    return version if version is not None and _major(version) < 1 else None


def installed_version() -> str | None:
    """Return the version of another mediapipe, imported or installed; None if there is none."""
    imported = sys.modules.get(_THEIRS)
    if imported is not None and imported.__name__ != _OURS:
        return str(getattr(imported, "__version__", "0"))
    try:
        return importlib.metadata.version(_THEIRS)
    except importlib.metadata.PackageNotFoundError:
        return None


def _major(version: str) -> int:
    first = version.partition(".")[0]
    return int(first) if first.isdecimal() else 0


def _add_what_is_missing(theirs: ModuleType, ours: ModuleType) -> None:
    for name in ours.__all__:
        if not hasattr(theirs, name):
            setattr(theirs, name, getattr(ours, name))


class _Finder:
    """Finds ``mediapipe.x`` as ``graphkit.compat.mediapipe.x``: one module under two names.

    Args:
        whole: all of mediapipe is ours; otherwise only what an installed one lacks.
    """

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return a spec for a module of mediapipe that is ours."""
        if name != _THEIRS and not name.startswith(f"{_THEIRS}."):
            return None
        if not self._whole and name.split(".")[1:2] not in (["python"], ["solutions"], ["framework"]):
            return None
        ours = _OURS + name.removeprefix(_THEIRS)
        if importlib.util.find_spec(ours) is None:
            return None
        return importlib.machinery.ModuleSpec(name, _Alias(ours))


class _Alias(importlib.abc.Loader):
    """Loads a module that is another one under its own name."""

    def __init__(self, ours: str) -> None:
        self._ours = ours

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> Any:
        """Return graphkit's module itself, so that classes are the same under both names."""
        return importlib.import_module(self._ours)

    def exec_module(self, module: ModuleType) -> None:
        """Leave the module as it is, and give it its own name back, which the import has changed."""
        module.__spec__ = importlib.util.spec_from_loader(self._ours, loader=module.__loader__)
