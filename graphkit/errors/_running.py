"""Errors of packets, timestamps and runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphkit.errors._base import PLAIN, GraphkitError, Spelling, StatusCode

if TYPE_CHECKING:
    from collections.abc import Sequence


class StreamError(GraphkitError):
    """Base of the errors of what flows: packets, timestamps and streams.

    Attributes:
        stream: the stream, by its name in the expanded graph; "" if it is of none or of no single one.
        node: the node that was at work; "" if it was none.
        timestamp: of the packet at fault, None if it has none.
    """

    status = StatusCode.INVALID_ARGUMENT

    def __init__(
        self, message: str, *, stream: str = "", node: str = "", timestamp: object = None, **common: Any
    ) -> None:
        super().__init__(message, **common)
        self.stream, self.node, self.timestamp = stream, node, timestamp


class PacketError(StreamError):
    """A packet was used in a way it does not allow."""


class PacketTypeError(PacketError):
    """A payload is not of the type that was declared or asked for.

    Attributes:
        expected: the types, in words.
        found: the type of the payload, in words.
    """

    def __init__(self, message: str, *, expected: object = "", found: object = "", **common: Any) -> None:
        super().__init__(message, **common)
        self.expected, self.found = str(expected), str(found)


class EmptyPacketError(PacketError):
    """The payload of an empty packet was asked for."""

    status = StatusCode.FAILED_PRECONDITION


class TimestampError(StreamError):
    """A timestamp outside of what the call allows."""

    status = StatusCode.OUT_OF_RANGE


class TimestampMismatchError(TimestampError):
    """A packet arrived below the bound of its stream.

    Attributes:
        where: the stream and its reader, in words.
        expected: the least timestamp that would do.
        found: the timestamp that came.
    """

    status = StatusCode.INVALID_ARGUMENT

    def __init__(
        self, where: str, expected: object, found: object, *, stream: str = "", node: str = "", hint: str = ""
    ) -> None:
        self.where, self.expected, self.found = where, expected, found
        super().__init__(
            f"Packet timestamp mismatch on {where}. Current minimum expected timestamp is {expected} but "
            f"received {found}. Timestamps of one stream must increase strictly.{hint}",
            stream=stream,
            node=node,
            timestamp=found,
        )


class StreamClosedError(StreamError):
    """A packet or bound was sent to a stream that is closed."""

    status = StatusCode.FAILED_PRECONDITION


class GraphRunError(GraphkitError):
    """A graph run ended in failure."""

    status = StatusCode.INTERNAL


_READ_ONLY: Final = frozenset({"assignment destination is read-only", "output array is read-only"})
"""What NumPy says, in nothing but a ValueError."""


class CalculatorError(GraphRunError):
    """User code raised inside a node; the cause is chained.

    Its status is that of the cause, UNKNOWN if graphkit did not raise it.

    Attributes:
        node: the node's name in the expanded graph.
        calculator: its calculator type.
        phase: "construction", "open", "process" or "close".
        timestamp: the input timestamp of the call, None outside of process.
        cause: what was raised.
        raised_at: ``file:line`` of the author's code that raised it, or that made what graphkit refused; ""
            if no code but graphkit's was at work.
    """

    def __init__(
        self,
        node: str,
        calculator: str,
        phase: str,
        timestamp: object,
        cause: BaseException,
        cls: type[Any] | None = None,
    ) -> None:
        from graphkit.errors._places import place_of_call, raised_at

        self.node, self.calculator, self.phase, self.timestamp = node, calculator, phase, timestamp
        self.cause = cause
        self.raised_at = raised_at(cause) or (place_of_call(cls, phase) if cls is not None else "")
        super().__init__(
            self.body(PLAIN), status=cause.status if isinstance(cause, GraphkitError) else StatusCode.UNKNOWN
        )

    def body(self, spelling: Spelling) -> str:
        """Return which call of which node failed, when, why and in which line."""
        name = self.node if self.node == self.calculator else f"{self.node} ({self.calculator})"
        at = f" at timestamp {self.timestamp}" if self.timestamp is not None else ""
        cause = self.cause
        reason = (cause.describe(spelling) if isinstance(cause, GraphkitError) else str(cause)) or "no message"
        call = self.phase if self.phase == "construction" else f"{self.phase}()"
        if isinstance(cause, ValueError) and reason in _READ_ONLY:
            reason += ". What a packet holds is shared with other nodes; change a copy: pixels = image.data.copy()"
        place = f" (at {self.raised_at})" if self.raised_at else ""
        return f'{call} of node "{name}" failed{at}: {type(cause).__name__}: {reason}{place}'


class InputStreamHandlerError(CalculatorError):
    """The input stream handler of a node raised.

    Attributes:
        handler: its registered name.
    """

    def __init__(
        self, node: str, calculator: str, handler: str, cause: BaseException, phase: str = "readiness"
    ) -> None:
        self.handler = handler
        super().__init__(node, calculator, phase, None, cause)

    def body(self, spelling: Spelling) -> str:
        """Return which call of which handler failed and why."""
        return f"{self.handler}.{super().body(spelling)}"


class ExecutorError(GraphRunError):
    """An executor did not take work on, as one that cannot start a thread; the cause is chained.

    Attributes:
        executor: its name, "" for the default one.
        cause: what it raised.
    """

    status = StatusCode.UNAVAILABLE

    def __init__(self, executor: str, cause: BaseException) -> None:
        self.executor, self.cause = executor, cause
        name = f'executor "{executor}"' if executor else "the default executor"
        super().__init__(f"{name} did not take work on: {type(cause).__name__}: {cause}")
        self.__cause__ = cause


class NodeNotOpenedError(GraphRunError):
    """The run ended before a node could open: what it waits for never came.

    Attributes:
        node: the node's name in the expanded graph.
        calculator: its calculator type.
        waiting_for: the side packets and headers that did not come, in words.
    """

    status = StatusCode.FAILED_PRECONDITION

    def __init__(self, node: str, calculator: str, waiting_for: Sequence[str]) -> None:
        self.node, self.calculator, self.waiting_for = node, calculator, tuple(waiting_for)
        super().__init__(f'node "{node}" was never opened: it waits for {", ".join(waiting_for)}')


class CancelledError(GraphRunError):
    """The run was cancelled."""

    status = StatusCode.CANCELLED


class DeadlockError(GraphRunError):
    """Every task waits on a full queue.

    Attributes:
        stream: the stream whose queue is full, "" if several are.
    """

    status = StatusCode.UNAVAILABLE

    def __init__(self, message: str, *, stream: str = "", **common: Any) -> None:
        super().__init__(message, **common)
        self.stream = stream


class ThrottledError(GraphRunError):
    """A queue that the graph input feeds is full, and ``add_packet`` is not to wait for room.

    Attributes:
        stream: the graph input stream.
    """

    status = StatusCode.UNAVAILABLE

    def __init__(self, message: str, *, stream: str = "", **common: Any) -> None:
        super().__init__(message, **common)
        self.stream = stream


class BatchError(GraphkitError):
    """A batch of clips cannot continue: its processes end before they have done anything."""

    status = StatusCode.INTERNAL
