"""Faults: collects what is wrong with a config, so that one run reports all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from graphkit.errors import ConfigError, GraphValidationError

if TYPE_CHECKING:
    from graphkit.config._text.source import Place
    from graphkit.errors import Lack


_MOST: Final = 200


class NamedNode(Protocol):
    """A node before or after its calculator was looked up."""

    @property
    def name(self) -> str:
        """Its name, "" if it has none yet."""

    @property
    def calculator(self) -> str:
        """The name of its calculator."""


class Faults:
    """The faults found so far, each with its place; beyond a few hundred they are only counted.

    Attributes:
        warnings: what is allowed, but probably not intended.
    """

    def __init__(self) -> None:
        self._found: list[ConfigError] = []
        self.warnings: list[ConfigError] = []
        self._more = 0

    @property
    def is_full(self) -> bool:
        """Whether further faults are only counted: their messages need not be made."""
        return len(self._found) >= _MOST

    @property
    def more(self) -> int:
        """How many were only counted."""
        return self._more

    def count_one(self) -> None:
        """Count one more fault."""
        self._more += 1

    def add(
        self,
        message: str,
        place: Place,
        cause: BaseException | None = None,
        *,
        node: NamedNode | None = None,
        lack: Lack | None = None,
        even_if_full: bool = False,
    ) -> None:
        """Note one fault.

        Args:
            message: what is wrong.
            place: of the fault.
            cause: the exception behind it, if user code raised one.
            node: the node at fault, None if it is no single one.
            lack: what is missing, if that is the fault.
            even_if_full: keep it however many were found.
        """
        if self.is_full and not even_if_full:
            self._more += 1
            return
        name, calculator = ("", "") if node is None else (node.name, node.calculator)
        fault = ConfigError(message, place.location, node=name, calculator=calculator, lack=lack)
        fault.__cause__ = cause
        self._found.append(fault)

    def note(self, fault: ConfigError, place: Place) -> None:
        """Note a fault that was raised, as one at *place*."""
        fault.location = place.location
        self._found.append(fault)

    def warn(self, message: str, place: Place) -> None:
        """Note something that is allowed, but probably not intended."""
        if len(self.warnings) < _MOST:
            self.warnings.append(ConfigError(message, place.location))

    def __len__(self) -> int:
        return len(self._found) + self._more

    def check_one(self) -> None:
        """Raise the first fault alone; do nothing if there is none."""
        if self._found:
            raise self._found[0]

    def check(self) -> None:
        """Raise GraphValidationError with all faults, by file and line; do nothing if there are none."""
        if self._found:
            raise GraphValidationError(self.in_order(), self._more)

    def in_order(self) -> list[ConfigError]:
        """Return the faults by file and line, each once."""
        files = list(dict.fromkeys(fault.location.file for fault in self._found if fault.location))
        distinct = {str(fault): fault for fault in self._found}

        def order(fault: ConfigError) -> tuple[int, int, int]:
            where = fault.location
            return (files.index(where.file), where.line, where.column) if where else (-1, 0, 0)

        return sorted(distinct.values(), key=order)
