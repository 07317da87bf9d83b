"""DeferredModules: modules that are imported when a name that they register is first looked up."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class DeferredModules:
    """Names, and the module whose import makes each of them known. Safe to use from any thread.

    It holds no lock while it imports: a module that is being imported may register other names meanwhile.
    """

    def __init__(self) -> None:
        self._modules: dict[str, str] = {}

    def add(self, modules: Mapping[str, str]) -> None:
        """Add full module names by the names that they register."""
        self._modules.update(modules)

    def names(self) -> set[str]:
        """Return all names, including those whose module is already imported."""
        return set(self._modules)

    def module_of(self, name: str) -> str | None:
        """Return the module that registers *name*, None if none is known."""
        return self._modules.get(name)

    def import_for(self, name: str) -> None:
        """Import the module that registers *name*, if there is one.

        A module that fails to import is reported as a warning; its names are then forgotten.
        """
        module = self._modules.get(name)
        if module is None:
            return
        try:
            import_module(module)
        except Exception as exc:  # a broken module must not break the others
            self._forget(module)
            log_warning("calculators of %s could not be loaded: %s", module, with_place(exc))

    def _forget(self, module: str) -> None:
        for name in [name for name, of in list(self._modules.items()) if of == module]:
            self._modules.pop(name, None)


def with_place(error: BaseException) -> str:
    """Return the message of a failed import, with the author's file and line."""
    from graphkit.errors._places import raised_at

    place = raised_at(error)
    said = str(error) if isinstance(error, ImportError) else f"{type(error).__name__}: {error}"
    return f"{said} (at {place})" if place else said


def log_warning(message: str, *facts: object) -> None:
    """Log a warning. ``import graphkit`` needs ``logging`` for nothing else, and it takes a tenth of its time."""
    import logging

    logging.getLogger(__name__).warning(message, *facts)
