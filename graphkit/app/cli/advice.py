"""What to do about an error, in words of the command line: which of our commands shows or repairs more."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from graphkit.errors import (
    CalculatorError,
    ConfigError,
    GraphValidationError,
    PackageError,
    ResourceNotFoundError,
    StatusCode,
    UnknownCalculatorError,
    UsageError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_STREAMS: Final = frozenset({"inputs", "output_stream", "dumps"})
_NODES: Final = frozenset({"overrides"})


def advice_for(error: BaseException) -> list[str]:
    """Return the sentences to print below an error, each once."""
    found = dict.fromkeys(sentence for part in _parts(error) for sentence in _sentences(part))
    return list(found)


def _parts(error: BaseException) -> Iterator[BaseException]:
    """Yield the error, and those it is made of."""
    yield error
    if isinstance(error, CalculatorError):
        yield from _parts(error.cause)
    if isinstance(error, GraphValidationError):
        for fault in error.faults:
            yield from _parts(fault)
    if isinstance(error, ConfigError) and error.__cause__ is not None:
        yield from _parts(error.__cause__)


def _sentences(error: BaseException) -> Iterator[str]:
    for kind, advise in _ADVICE.items():
        if isinstance(error, kind):
            yield from advise(error)


def _of_package(error: PackageError) -> Iterator[str]:
    yield "graphkit doctor looks at everything else that is needed."


def _of_resource(error: ResourceNotFoundError) -> Iterator[str]:
    from graphkit.models import model_called

    model = model_called(error.name)
    if model is None:
        return
    if model.shipped:
        yield "It comes with graphkit, whose installation is damaged: graphkit doctor says how to mend it."
    else:
        yield f"Or fetch it: {fetch_command(model.name)}"


def _of_usage(error: UsageError) -> Iterator[str]:
    if error.status is StatusCode.NOT_FOUND and error.parameter in _STREAMS:
        yield '"graphkit graph GRAPH --streams" lists every stream.'


def _of_config(error: ConfigError) -> Iterator[str]:
    if error.location is not None and error.location.parameter in _NODES:
        yield '"graphkit graph GRAPH" prints the nodes and their options.'
    if error.location is not None and error.lack is not None and error.lack.kind in ("calculator", "subgraph"):
        yield _import_advice(error.lack.name, Path(error.location.file).parent)


def _of_unknown(error: UnknownCalculatorError) -> Iterator[str]:
    yield _import_advice(error.name, Path())


def _import_advice(name: str, folder: Path) -> str:
    file = _file_that_defines(name, folder)
    if file is None:
        return "A calculator of your own is found by its module: add --import MODULE."
    return f"{file} defines {name}: add --import {shlex.quote(str(file))}"


def _file_that_defines(name: str, folder: Path) -> Path | None:
    """Return the Python file beside a graph, or in the working directory, that registers a calculator *name*."""
    registers = re.compile(
        rf"^@calculator\b[^\n]*\n(?:@[^\n]*\n)*(?:class|def) {re.escape(name)}\b"
        rf"|^@calculator\(\s*[\"']{re.escape(name)}[\"']",
        re.MULTILINE,
    )
    for file in dict.fromkeys([*sorted(Path().glob("*.py")), *sorted(folder.glob("*.py"))]):
        try:
            if registers.search(file.read_text("utf-8", errors="replace")):
                return file
        except OSError:
            continue
    return None


_ADVICE: Final[dict[type[BaseException], Callable[[Any], Iterator[str]]]] = {
    PackageError: _of_package,
    ResourceNotFoundError: _of_resource,
    UsageError: _of_usage,
    ConfigError: _of_config,
    UnknownCalculatorError: _of_unknown,
}


def fetch_command(model: str) -> str:
    """Return the command that fetches the model of that name."""
    return f"graphkit models fetch {model}"
