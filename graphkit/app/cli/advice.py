"""What to do about an error, in words of the command line: which of our commands shows or mends more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphkit.errors import (
    CalculatorError,
    ConfigError,
    GraphValidationError,
    PackageError,
    ResourceNotFoundError,
    StatusCode,
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


_ADVICE: Final[dict[type[BaseException], Callable[[Any], Iterator[str]]]] = {
    PackageError: _of_package,
    ResourceNotFoundError: _of_resource,
    UsageError: _of_usage,
    ConfigError: _of_config,
}


def fetch_command(model: str) -> str:
    """Return the command that fetches the model of that name."""
    return f"graphkit models fetch {model}"
