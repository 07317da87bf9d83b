"""Imports modules and files with calculators that a graph cannot find itself."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from graphkit.errors import UsageError, did_you_mean
from graphkit.errors._places import raised_at

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType


def import_calculators(specs: Iterable[str]) -> list[ModuleType]:
    """Import modules so that the calculators in them are registered.

    Args:
        specs: names of modules (also searched in the working directory), or paths of .py files.

    Returns:
        The modules.

    Raises:
        UsageError: there is no such module, or it cannot be imported.
    """
    modules = []
    for spec in specs:
        try:
            if spec.endswith(".py") or "/" in spec:
                modules.append(_import_file(Path(spec)))
            else:
                modules.append(_import_name(spec))
        except UsageError:
            raise
        except Exception as exc:  # a user's module may raise anything while it is imported
            place = "" if getattr(exc, "place", "") else raised_at(exc)
            at = f" (at {place})" if place else ""
            raise UsageError(
                f"{spec}: importing it failed: {type(exc).__name__}: {exc}{at}", parameter="modules"
            ) from exc
    return modules


def _import_name(name: str) -> ModuleType:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as exc:
        if exc.name is None or not f"{name}.".startswith(f"{exc.name}."):
            raise
        beside = [path.stem for path in Path.cwd().glob("*.py")]
        raise UsageError(
            f"{name}: no such module, neither installed nor in {here}.{did_you_mean(name, beside)}",
            parameter="modules",
        ) from exc


def _import_file(path: Path) -> ModuleType:
    if not path.is_file():
        beside = [p.name for p in path.parent.glob("*.py")] if path.parent.is_dir() else []
        raise UsageError(f"{path}: no such file.{did_you_mean(path.name, beside)}", parameter="modules")
    known = sys.modules.get(path.stem)
    name = path.stem if known is None else f"graphkit_imported_{path.stem}"
    for module in (known, sys.modules.get(name)):
        if module is not None and Path(getattr(module, "__file__", None) or "").resolve() == path.resolve():
            return module
    # The file can import its neighbours, as if Python ran it.
    sys.path.insert(0, str(path.parent.resolve()))
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path}: is no Python file (.py).", parameter="modules")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
