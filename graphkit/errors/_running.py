"""Errors of packets, timestamps and runs."""

from __future__ import annotations

from graphkit.errors._base import GraphkitError


class PacketError(GraphkitError):
    """A packet was used in a way it does not allow."""


class PacketTypeError(PacketError):
    """A payload is not of the type that was declared or asked for."""


class EmptyPacketError(PacketError):
    """The payload of an empty packet was asked for."""


class TimestampError(GraphkitError):
    """A timestamp outside of what the call allows."""


class TimestampMismatchError(TimestampError):
    """A packet arrived below the bound of its stream."""

    def __init__(self, where: str, expected: object, found: object) -> None:
        self.where, self.expected, self.found = where, expected, found
        super().__init__(
            f"Packet timestamp mismatch on {where}. Current minimum expected timestamp is {expected} but "
            f"received {found}. Timestamps of one stream must increase strictly."
        )


class StreamClosedError(GraphkitError):
    """A packet or bound was sent to a stream that is closed."""


class GraphRunError(GraphkitError):
    """A graph run ended in failure."""


class CalculatorError(GraphRunError):
    """User code raised inside a node; the cause is chained.

    Attributes:
        node: the node's name in the expanded graph.
        calculator: its calculator type.
        phase: "construction", "open", "process" or "close".
        timestamp: the input timestamp of the call, None outside of process.
    """

    def __init__(self, node: str, calculator: str, phase: str, timestamp: object, cause: BaseException) -> None:
        self.node, self.calculator, self.phase, self.timestamp = node, calculator, phase, timestamp
        self.cause = cause
        super().__init__(str(self))

    def __str__(self) -> str:
        name = self.node if self.node == self.calculator else f"{self.node} ({self.calculator})"
        at = f" at timestamp {self.timestamp}" if self.timestamp is not None else ""
        reason = str(self.cause) or "no message"
        call = self.phase if self.phase == "construction" else f"{self.phase}()"
        return f'{call} of node "{name}" failed{at}: {type(self.cause).__name__}: {reason}'


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

    def __str__(self) -> str:
        return f"{self.handler}.{super().__str__()}"


class ExecutorError(GraphRunError):
    """An executor did not take work on, as one that cannot start a thread; the cause is chained.

    Attributes:
        executor: its name, "" for the default one.
    """

    def __init__(self, executor: str, cause: BaseException) -> None:
        self.executor, self.cause = executor, cause
        name = f'executor "{executor}"' if executor else "the default executor"
        super().__init__(f"{name} did not take work on: {type(cause).__name__}: {cause}")
        self.__cause__ = cause


class CancelledError(GraphRunError):
    """The run was cancelled."""


class DeadlockError(GraphRunError):
    """Every task waits on a full queue."""


class ThrottledError(GraphRunError):
    """The graph input's queue is full and the add mode is ADD_IF_NOT_FULL."""


class GraphStateError(GraphRunError):
    """A call that the state of the graph does not allow."""


class ForkedGraphError(GraphStateError):
    """A graph that was running when this process was forked from the one it runs in.

    Attributes:
        pid: of the process it runs in.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        super().__init__(
            f"the graph was running in process {pid} when this one was forked from it, and its threads are not "
            'here. Make a CalculatorGraph in the child, or start it with multiprocessing.get_context("spawn").'
        )


class SidePacketError(GraphRunError):
    """A side packet that is missing, set twice or of the wrong type."""
