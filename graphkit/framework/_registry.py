"""The registry: names to calculators, subgraphs and input stream handlers.

Built-in and third-party calculators come through the entry point group ``graphkit.calculators``, which is
loaded the first time a name is not known. Loading a module registers what its decorators name. A package with
many calculators may name them by `register_lazy` instead: a module is then imported when one of its
calculators, or the options of one, is looked up.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from graphkit.errors import (
    DuplicateCalculatorError,
    RegistryError,
    StatusCode,
    UnknownCalculatorError,
    did_you_mean,
)
from graphkit.framework._deferred_modules import DeferredModules, log_warning

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from graphkit.framework._calculator import Calculator
    from graphkit.framework._views import SubgraphLike

ENTRY_POINT_GROUP: Final = "graphkit.calculators"

_calculators: Final[dict[str, type[Calculator]]] = {}
_subgraphs: Final[dict[str, type[SubgraphLike]]] = {}
_handlers: Final[dict[str, type[Any]]] = {}
_calculator_modules: Final = DeferredModules()
_options_modules: Final = DeferredModules()
_type_modules: Final = DeferredModules()
_import_alls: Final[list[Callable[[], object]]] = []
_plugins = {"loaded": False}
_lock: Final = threading.RLock()


def register_calculator(name: str, cls: type[Calculator]) -> None:
    """Make *cls* answer to *name*; the same class again is fine, another raises DuplicateCalculatorError."""
    if _calculator_modules.module_of(name) not in (None, cls.__module__):
        _calculator_modules.import_for(name)
    with _lock:
        other = _calculators.get(name)
        if other is not None and not _same(other, cls):
            raise DuplicateCalculatorError(name, _place(other), _place(cls))
        _calculators[name] = cls


def register_lazy(
    calculators: Mapping[str, str],
    options: Mapping[str, str],
    import_all: Callable[[], object],
    *,
    types: Mapping[str, str] | None = None,
) -> None:
    """Name calculators, and what belongs to them, without importing them.

    Args:
        calculators: full module names by the names of the calculators that importing them registers.
        options: full module names by the names of the options messages that they declare; a config may name
            the options of a calculator that nothing has imported.
        import_all: imports all modules, those too that the names leave out. Called where all calculators are
            wanted, and before a name in a graph counts as unknown.
        types: full module names by the names of the payload types that importing them registers.

    A class of another module that has one of the names already keeps it; that is reported as a warning.
    """
    with _lock:
        taken = {name: cls for name in calculators if (cls := _calculators.get(name)) is not None}
        _calculator_modules.add({name: module for name, module in calculators.items() if name not in taken})
        _options_modules.add(options)
        _type_modules.add(types or {})
        _import_alls.append(import_all)
    for name, cls in taken.items():
        if cls.__module__ != calculators[name]:
            log_warning("%s", DuplicateCalculatorError(name, _place(cls), calculators[name]))


def find_calculator(name: str, package: str = "") -> type[Calculator]:
    """Return the calculator that *name* means inside *package* ("a.b": tries a.b.name, a.name, name).

    Raises:
        UnknownCalculatorError: nothing answers to it, plugins included.
    """
    cls = lookup_calculator(name, package)
    if cls is None:
        raise UnknownCalculatorError(name, calculator_names())
    return cls


def lookup_calculator(name: str, package: str = "") -> type[Calculator] | None:
    """Return the calculator as find_calculator does, None where there is none."""
    candidates = scoped_names(name, package)
    found = _first_calculator(candidates)
    if found is None and not _plugins["loaded"]:
        load_plugins()
        found = _first_calculator(candidates)
    return found


def _first_calculator(names: tuple[str, ...]) -> type[Calculator] | None:
    for name in names:
        if name not in _calculators:
            _calculator_modules.import_for(name)
        if name in _calculators:
            return _calculators[name]
    return None


def known_calculators() -> dict[str, type[Calculator]]:
    """Return all calculators by name, plugins included; the dict is the caller's. Imports all their modules."""
    import_all()
    with _lock:
        return dict(_calculators)


def calculator_names() -> set[str]:
    """Return the names of all calculators, plugins included, without importing more than the plugins."""
    load_plugins()
    with _lock:
        return {*_calculators, *_calculator_modules.names()}


def import_options(full_name: str) -> None:
    """Import the module of a plugin that declares the options message *full_name*, where one is named for it."""
    load_plugins()
    _options_modules.import_for(full_name)


def import_type(name: str) -> None:
    """Import the module of a plugin that registers the payload type *name*, where one is named for it."""
    load_plugins()
    _type_modules.import_for(name)


def register_subgraph(name: str, cls: type[SubgraphLike]) -> None:
    """Make graphs with ``calculator: name`` take the config that ``cls().get_config(context)`` returns.

    Raises:
        DuplicateCalculatorError: another subgraph class has the name.
    """
    with _lock:
        other = _subgraphs.get(name)
        if other is not None and not _same(other, cls):
            raise DuplicateCalculatorError(name, _place(other), _place(cls))
        _subgraphs[name] = cls


def lookup_subgraph(name: str, package: str = "") -> type[SubgraphLike] | None:
    """Return the subgraph class that *name* means inside *package*, None where there is none."""
    return next((_subgraphs[c] for c in scoped_names(name, package) if c in _subgraphs), None)


def known_subgraphs() -> list[str]:
    """Return the names of all subgraph classes, sorted."""
    load_plugins()
    return sorted(_subgraphs)


def register_input_stream_handler(name: str, cls: type[Any]) -> None:
    """Make input policy *cls* answer to *name* in configs and contracts."""
    with _lock:
        other = _handlers.get(name)
        if other is not None and not _same(other, cls):
            raise RegistryError(
                f'input stream handler "{name}" is already {_place(other)}; {_place(cls)} cannot be it too',
                name=name,
                status=StatusCode.ALREADY_EXISTS,
            )
        _handlers[name] = cls


def find_input_stream_handler(name: str) -> type[Any]:
    """Return the input policy called *name*; raises RegistryError with close names."""
    if name not in _handlers:
        load_plugins()
    try:
        return _handlers[name]
    except KeyError:
        close = did_you_mean(name, _handlers, ignoring="InputStreamHandler")
        raise RegistryError(
            f'Unable to find InputStreamHandler "{name}".{close}', name=name, suggestion=close
        ) from None


def load_plugins() -> None:
    """Import every module that an installed package names under ``graphkit.calculators``, once.

    A plugin that fails to import is reported as a warning and does not take the others down.
    """
    with _lock:
        if _plugins["loaded"]:
            return
        _plugins["loaded"] = True
        from importlib.metadata import entry_points

        for entry in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda e: e.name):
            try:
                entry.load()
            except Exception as exc:  # a broken third-party package must not break the rest
                log_warning(
                    "calculators of entry point %s (%s) could not be loaded: %s", entry.name, entry.value, exc
                )


def import_all() -> None:
    """Load the plugins, with all modules of those that name their calculators without importing them."""
    load_plugins()
    for package in list(_import_alls):
        try:
            package()
        except Exception as exc:  # a broken package must not break the rest
            log_warning("calculators of %s could not be loaded: %s", package.__module__, exc)
        with suppress(ValueError):  # only once it is done: another thread may come here meanwhile
            _import_alls.remove(package)


@lru_cache(maxsize=4096)
def scoped_names(name: str, package: str) -> tuple[str, ...]:
    """Return the full names that *name* may mean inside *package*, innermost first ("a.b": a.b.X, a.X, X)."""
    name = name.replace("::", ".").removeprefix(".")
    parts = package.split(".") if package else []
    scoped = [".".join([*parts[:n], name]) for n in range(len(parts), 0, -1)]
    return (*scoped, name, name.removeprefix("mediapipe."))


def _same(first: type[Any], second: type[Any]) -> bool:
    return first is second


def _place(cls: type[Any]) -> str:
    from inspect import getfile

    try:
        return f"{cls.__module__}.{cls.__qualname__} ({getfile(cls)})"
    except (TypeError, OSError):
        return f"{cls.__module__}.{cls.__qualname__}"
