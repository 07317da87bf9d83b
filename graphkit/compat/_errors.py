"""graphkit's errors as the exceptions that mediapipe raises, so that programs that catch those go on."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from graphkit.errors import CalculatorError, GraphkitError, GraphValidationError, StatusCode

if TYPE_CHECKING:
    from collections.abc import Iterator

_KINDS: Final[dict[StatusCode, type[Exception]]] = {
    StatusCode.INVALID_ARGUMENT: ValueError,
    StatusCode.ALREADY_EXISTS: FileExistsError,
    StatusCode.NOT_FOUND: FileNotFoundError,
    StatusCode.UNIMPLEMENTED: NotImplementedError,
    StatusCode.OUT_OF_RANGE: IndexError,
}


@contextmanager
def as_peer_raises() -> Iterator[None]:
    """Raise errors of graphkit as mediapipe's type for their kind; the graphkit error is the cause.

    A failed run is a RuntimeError there, whatever its cause, and so is every kind that Python has no type for.
    """
    try:
        yield
    except GraphkitError as exc:
        raise _peer_type(exc)(_peer_sentence(exc) + str(exc)) from exc


def _peer_type(error: GraphkitError) -> type[Exception]:
    if isinstance(error, CalculatorError):
        return RuntimeError
    return _KINDS.get(error.status, RuntimeError)


def _peer_sentence(error: GraphkitError) -> str:
    if isinstance(error, CalculatorError):
        return "CalculatorGraph::Run() failed: "
    if isinstance(error, GraphValidationError):
        return "ValidatedGraphConfig Initialization failed. "
    return ""
