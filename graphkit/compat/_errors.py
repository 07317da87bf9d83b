"""graphkit's errors as the exceptions that mediapipe raises, so that programs can catch those."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from graphkit.errors import (
    CalculatorError,
    GraphkitError,
    GraphValidationError,
    PbtxtSyntaxError,
    ResourceNotFoundError,
    StatusCode,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_KINDS: Final[dict[StatusCode, type[Exception]]] = {
    StatusCode.INVALID_ARGUMENT: ValueError,
    StatusCode.ALREADY_EXISTS: FileExistsError,
    StatusCode.UNIMPLEMENTED: NotImplementedError,
}


@contextmanager
def as_peer_raises() -> Iterator[None]:
    """Raise errors of graphkit as mediapipe's type for their kind; the graphkit error is the cause.

    A failed run is a RuntimeError there, whatever its cause, and so is a graph that cannot be read or put
    together; what a calculator refuses, and what a program sets in vain, is a ValueError.
    """
    try:
        yield
    except GraphkitError as exc:
        raise _peer_type(exc)(_peer_sentence(exc) + str(exc)) from exc


def _peer_type(error: GraphkitError) -> type[Exception]:
    if isinstance(error, ResourceNotFoundError):
        return FileNotFoundError
    if isinstance(error, GraphValidationError):
        return ValueError if _is_refusal(error) else RuntimeError
    if isinstance(error, CalculatorError | PbtxtSyntaxError):
        return RuntimeError
    return _KINDS.get(error.status, RuntimeError)


def _is_refusal(error: GraphValidationError) -> bool:
    """Whether the first fault is of what the program sets, or a calculator's own word against its node."""
    first = error.faults[0]
    return first.__cause__ is not None or bool(first.location and first.location.parameter)


def _peer_sentence(error: GraphkitError) -> str:
    if isinstance(error, CalculatorError):
        return "CalculatorGraph::Run() failed: "
    if isinstance(error, GraphValidationError):
        return "ValidatedGraphConfig Initialization failed. "
    if isinstance(error, PbtxtSyntaxError):
        return "Failed to parse: "
    if isinstance(error, ResourceNotFoundError):
        return "No such file or directory: "
    return ""
