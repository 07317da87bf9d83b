"""Errors in what a graph or a calculator is: configs, contracts, the registry, payloads and messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit.errors._base import GraphkitError, Location, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class ConfigError(GraphkitError):
    """A graph config that cannot be read or understood."""

    def __init__(self, message: str, location: Location | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.location = location

    def __str__(self) -> str:
        return f"{self.location}: {self.message}" if self.location else self.message


class PbtxtSyntaxError(ConfigError):
    """Text that is not a valid text-format message."""


class GraphValidationError(GraphkitError):
    """All the faults found in one graph.

    Attributes:
        faults: one ConfigError a fault, in the order of the config.
    """

    def __init__(self, faults: Sequence[ConfigError]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


class RegistryError(GraphkitError):
    """A registry was asked for, or given, something it cannot serve."""


class UnknownCalculatorError(RegistryError):
    """No calculator, subgraph or graph type answers to the name."""

    def __init__(self, name: str, known: Iterable[str], hint: str = "") -> None:
        self.name = name
        self.suggestion = did_you_mean(name, known, ignoring="Calculator")
        super().__init__(f'Unable to find Calculator "{name}".{self.suggestion}{hint}')


class DuplicateCalculatorError(RegistryError):
    """Two different classes want one calculator name."""

    def __init__(self, name: str, first: str, second: str) -> None:
        self.name, self.first, self.second = name, first, second
        super().__init__(
            f'calculator name "{name}" is already taken by {first}; {second} cannot register it too. '
            "Rename one of them."
        )


class ContractError(GraphkitError):
    """A calculator's declaration contradicts itself."""


class FormatError(GraphkitError):
    """A payload whose shape, type or contents do not fit its format."""


class SchemaError(GraphkitError):
    """A protobuf message, extension or file that the schema does not know or cannot take."""
