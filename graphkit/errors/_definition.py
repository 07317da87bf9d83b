"""Errors in what a graph or a calculator is: configs, contracts, the registry, payloads and messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from graphkit.errors._base import PLAIN, GraphkitError, Location, Spelling, StatusCode, did_you_mean, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


_MOST_SHOWN: Final = 20


class Lack(NamedTuple):
    """Something that a graph needs and that does not exist.

    Attributes:
        kind: "calculator", "subgraph", "options" or "model".
        name: of the calculator or subgraph, full name of the options message, or resource name of the model.
    """

    kind: str
    name: str


class ConfigError(GraphkitError):
    """A graph config that cannot be read or understood.

    Attributes:
        location: where the fault is, None if that is not known.
        node: the node at fault, by its name in the expanded graph; "" if no single one is.
        calculator: the calculator of that node.
        lack: what is missing, if that is the fault.
    """

    status = StatusCode.INVALID_ARGUMENT

    def __init__(
        self,
        message: str,
        location: Location | None = None,
        *,
        node: str = "",
        calculator: str = "",
        lack: Lack | None = None,
        **common: Any,
    ) -> None:
        super().__init__(shortened(message, 2000), **common)
        self.location, self.node, self.calculator, self.lack = location, node, calculator, lack

    def body(self, spelling: Spelling) -> str:
        """Return the place and the sentences."""
        text = super().body(spelling)
        return f"{self.location.describe(spelling)}: {text}" if self.location else text


class PbtxtSyntaxError(ConfigError):
    """Text that is not a valid text-format message."""


class GraphValidationError(GraphkitError):
    """All the faults found in one graph.

    The message shows the first few.

    Attributes:
        faults: one ConfigError per fault, in the order of the config; some hundreds at most.
        count: how many there are.
    """

    status = StatusCode.INVALID_ARGUMENT

    def __init__(self, faults: Sequence[ConfigError], more: int = 0) -> None:
        self.faults = tuple(faults)
        self.count = len(self.faults) + more
        super().__init__(self.body(PLAIN))

    def body(self, spelling: Spelling) -> str:
        """Return one line per fault for the first few, and how many more there are."""
        lines = [fault.describe(spelling) for fault in self.faults[:_MOST_SHOWN]]
        if self.count > len(lines):
            lines.append(f"and {self.count - len(lines)} more faults.")
        return "\n".join(lines)


class RegistryError(GraphkitError):
    """A registry was asked for, or given, something it cannot serve.

    Attributes:
        name: that was asked for or given.
        suggestion: a sentence with the names that are close, "" if none is.
    """

    status = StatusCode.NOT_FOUND

    def __init__(self, message: str, *, name: str = "", suggestion: str = "", **common: Any) -> None:
        super().__init__(message, **common)
        self.name, self.suggestion = name, suggestion


class UnknownCalculatorError(RegistryError):
    """No calculator, subgraph or graph type answers to the name."""

    def __init__(self, name: str, known: Iterable[str], hint: str = "") -> None:
        close = did_you_mean(name, known, ignoring="Calculator")
        super().__init__(f'Unable to find Calculator "{name}".{close}{hint}', name=name, suggestion=close)


class DuplicateCalculatorError(RegistryError):
    """Two different classes want one calculator name.

    Attributes:
        first, second: the two classes, the one that has the name first.
    """

    status = StatusCode.ALREADY_EXISTS

    def __init__(self, name: str, first: str, second: str) -> None:
        self.first, self.second = first, second
        super().__init__(
            f'calculator name "{name}" is already taken by {first}; {second} cannot register it too. '
            'Rename one of them, as by @calculator("OtherName"), or take the name on purpose: '
            "@calculator(replace=True).",
            name=name,
        )


class ContractError(GraphkitError):
    """A calculator's declaration contradicts itself, or does not fit the node that uses it.

    Attributes:
        calculator: its name; "" if the fault of the node's config that follows from it says so.
        port: the tag, stream or option that is declared wrongly; "" if no single one is.
        place: ``file:line`` of the declaration; "" if the traceback leads there.
    """

    status = StatusCode.INVALID_ARGUMENT

    def __init__(
        self, message: str, *, calculator: str = "", port: str = "", place: str = "", **common: Any
    ) -> None:
        self.calculator, self.port, self.place = calculator, port, place
        super().__init__(message, **common)

    def body(self, spelling: Spelling) -> str:
        """Return the sentences and the place."""
        return super().body(spelling) + (f" (at {self.place})" if self.place else "")


class FormatError(GraphkitError):
    """A payload whose shape, type or contents do not fit its format.

    Attributes:
        expected: what would fit; "" if the message alone says it.
        found: what was given instead.
    """

    status = StatusCode.INVALID_ARGUMENT

    def __init__(self, message: str, *, expected: object = "", found: object = "", **common: Any) -> None:
        super().__init__(message, **common)
        self.expected, self.found = expected, found


class SchemaError(GraphkitError):
    """A protobuf message, extension or file that the schema does not know or cannot take.

    Attributes:
        name: of the message, extension or file.
    """

    status = StatusCode.NOT_FOUND

    def __init__(self, message: str, *, name: str = "", **common: Any) -> None:
        super().__init__(message, **common)
        self.name = name
