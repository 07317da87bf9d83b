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
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from graphkit.errors import (
    DuplicateCalculatorError,
    RegistryError,
    StatusCode,
    UnknownCalculatorError,
    did_you_mean,
)
from graphkit.framework._deferred_modules import DeferredModules, log_warning, with_place

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
_summaries: Final[list[str]] = []
_import_alls: Final[list[Callable[[], object]]] = []
_replaced: Final[set[str]] = set()
_conflicts: Final[dict[str, str]] = {}
_plugins = {"loaded": False, "loading": False}
_not_loaded: Final[list[str]] = []
_untold: Final[list[tuple[str, str]]] = []
_lock: Final = threading.RLock()


def register_calculator(name: str, cls: type[Calculator], *, replace: bool = False) -> None:
    """Register *cls* as *name*.

    A class of the same name in the same module is the same one, defined again, and takes its place: a cell of a
    notebook ran again, or a module was reloaded. Graphs that were made before keep the one they have.

    Args:
        name: in graphs.
        cls: the class.
        replace: take the name from the class that has it, or that registers it when it is imported.

    Raises:
        DuplicateCalculatorError: another class has the name.
    """
    if not replace and _calculator_modules.module_of(name) not in (None, cls.__module__):
        _calculator_modules.import_for(name)
    with _lock:
        other = _calculators.get(name)
        if replace:
            _replaced.add(name)
            _conflicts.pop(name, None)
        elif other is not None and not _same(other, cls):
            if name in _replaced and (
                _plugins["loading"] or _calculator_modules.module_of(name) == cls.__module__
            ):
                return
            raise DuplicateCalculatorError(name, _place(other), _place(cls))
        _calculators[name] = cls


def register_lazy(
    calculators: Mapping[str, str],
    options: Mapping[str, str],
    import_all: Callable[[], object],
    *,
    types: Mapping[str, str] | None = None,
    summaries: str = "",
) -> None:
    """Register names of calculators, and what belongs to them, without importing them.

    Args:
        calculators: full module names by the names of the calculators that importing them registers.
        options: full module names by the names of the options messages that they declare; a config may name
            the options of a calculator that nothing has imported.
        import_all: imports all modules, also those that the names leave out. Called when all calculators are
            wanted, and before a name in a graph counts as unknown.
        types: full module names by the names of the payload types that importing them registers.
        summaries: the module whose ``SUMMARIES`` has a line on what each calculator does.

    A class of another module that already has one of the names, without ``replace``, loses it: the first lookup
    of the name reports both.
    """
    with _lock:
        taken = {name: cls for name in calculators if (cls := _calculators.get(name)) is not None}
        _calculator_modules.add({name: module for name, module in calculators.items() if name not in taken})
        _options_modules.add(options)
        _type_modules.add(types or {})
        _import_alls.append(import_all)
        if summaries:
            _summaries.append(summaries)
        for name, cls in taken.items():
            if cls.__module__ != calculators[name] and name not in _replaced:
                _conflicts[name] = calculators[name]


def find_calculator(name: str, package: str = "") -> type[Calculator]:
    """Return the calculator that *name* means inside *package* ("a.b": tries a.b.name, a.name, name).

    Raises:
        UnknownCalculatorError: no class has the name, plugins included.
        DuplicateCalculatorError: two classes do.
    """
    cls = lookup_calculator(name, package)
    if cls is None:
        raise UnknownCalculatorError(name, calculator_names(), unregistered(name))
    return cls


def unregistered(name: str) -> str:
    """Return a sentence on where a calculator of that name may be, which nothing registered; else ""."""
    from graphkit.errors._places import place_of
    from graphkit.framework._calculator import Calculator

    below = [Calculator]
    for cls in below:
        below.extend(cls.__subclasses__())
    found = next((cls for cls in below[1:] if cls.__name__ == name and cls not in _calculators.values()), None)
    if found is None:
        lost = ", ".join(_not_loaded)
        return f" It may be in {lost}, which could not be loaded: the log says why." if lost else ""
    return f" The class {name} ({place_of(found)}) is not registered: write @calculator above it."


def lookup_calculator(name: str, package: str = "") -> type[Calculator] | None:
    """Return the calculator as find_calculator does, None if there is none."""
    load_plugins()  # first: the class found must not depend on earlier lookups
    return _first_calculator(scoped_names(name, package))


def _first_calculator(names: tuple[str, ...]) -> type[Calculator] | None:
    for name in names:
        if name not in _calculators:
            _calculator_modules.import_for(name)
        if name in _conflicts:
            # Reported once; from then on it is as if the class had been refused when it came.
            raise DuplicateCalculatorError(name, _conflicts.pop(name), _place(_calculators.pop(name)))
        if name in _calculators:
            return _calculators[name]
    return None


def known_calculators() -> dict[str, type[Calculator]]:
    """Return all calculators by name, plugins included; the caller owns the dict. Imports all their modules."""
    import_all()
    with _lock:
        return dict(_calculators)


def calculator_names() -> set[str]:
    """Return the names of all calculators, plugins included, without importing more than the plugins."""
    load_plugins()
    _tell_not_loaded()
    with _lock:
        return {*_calculators, *_calculator_modules.names()}


def calculator_summaries() -> dict[str, str]:
    """Return what each calculator does, in a line; those with a stored summary are not imported for it."""
    from inspect import cleandoc

    load_plugins()
    found: dict[str, str] = {}
    for module in _summaries:
        found |= import_module(module).SUMMARIES
    for name in calculator_names():
        cls = _calculators.get(name)
        if name not in found or (cls is not None and cls.__module__ != _calculator_modules.module_of(name)):
            cls = _first_calculator((name,)) if cls is None else cls
            found[name] = cleandoc(vars(cls).get("__doc__") or "").partition("\n")[0] if cls is not None else ""
    return {name: found[name] for name in calculator_names()}


def import_options(full_name: str) -> None:
    """Import the module of a plugin that declares the options message *full_name*, if one is named for it."""
    load_plugins()
    _options_modules.import_for(full_name)


def import_type(name: str) -> None:
    """Import the module of a plugin that registers the payload type *name*, if one is named for it."""
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
    """Return the subgraph class that *name* means inside *package*, None if there is none."""
    return next((_subgraphs[c] for c in scoped_names(name, package) if c in _subgraphs), None)


def known_subgraphs() -> list[str]:
    """Return the names of all subgraph classes, sorted."""
    load_plugins()
    return sorted(_subgraphs)


def register_input_stream_handler(name: str, cls: type[Any]) -> None:
    """Register input policy *cls* as *name* for configs and contracts."""
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

    A plugin that fails to import does not break the others. It is reported as a warning when a name is unknown,
    which it may have had.
    """
    with _lock:
        if _plugins["loaded"]:
            return
        _plugins["loaded"] = _plugins["loading"] = True
        try:
            _load_entry_points()
        finally:
            _plugins["loading"] = False


def _load_entry_points() -> None:
    from importlib.metadata import entry_points

    for entry in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda e: e.name):
        try:
            entry.load()
        except Exception as exc:  # a broken third-party package must not break the rest
            said = f"entry point {entry.name} ({entry.value})"
            _not_loaded.append(entry.value)
            _untold.append((said, with_place(exc)))


def _tell_not_loaded() -> None:
    """Warn of plugins that could not be loaded, once a name is unknown or all are wanted.

    A graph that finds all that it names does not need them.
    """
    while _untold:
        log_warning("calculators of %s could not be loaded: %s", *_untold.pop(0))


def import_all() -> None:
    """Load the plugins, with all modules of those that name their calculators without importing them."""
    load_plugins()
    _tell_not_loaded()
    for package in list(_import_alls):
        try:
            package()
        except Exception as exc:  # a broken package must not break the rest
            log_warning("calculators of %s could not be loaded: %s", package.__module__, with_place(exc))
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
    """Return whether two classes are one definition, which may have run twice."""
    return (first.__module__, first.__qualname__) == (second.__module__, second.__qualname__)


def _place(cls: type[Any]) -> str:
    from graphkit.errors._places import place_of

    return f"{cls.__module__}.{cls.__qualname__} ({place_of(cls)})"
