"""Input stream handlers: the policies by which a node's input queues become input sets.

A handler is pure: it looks at queues and decides. The scheduler asks ``readiness()`` whenever a queue of
the node changed and the node may take more work, and calls ``take`` when it is READY. Register your own
with ``@input_stream_handler("Name")`` and name it in a config::

    input_stream_handler { input_stream_handler: "Name" }
"""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

from graphkit.framework import _registry as registry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from graphkit.framework._packet import Packet
    from graphkit.framework._tag_map import TagMap
    from graphkit.framework._views import InputQueue

H = TypeVar("H", bound="type[InputStreamHandler]")


class Readiness(enum.Enum):
    """What a node can do now."""

    NOT_READY = 0
    READY = 1
    CLOSE = 2


class Decision(NamedTuple):
    """A readiness and its timestamp.

    Attributes:
        readiness: what the node can do.
        timestamp: READY: the input timestamp. NOT_READY: everything up to here is settled and empty, so
            a node with a timestamp offset may pass it on. CLOSE: not used.
    """

    readiness: Readiness
    timestamp: int


class Awaited(NamedTuple):
    """An input that a node waits for while others have packets.

    Attributes:
        position: of the input among the node's.
        timestamp: up to which it has to be settled; None if it needs a packet, whatever its time.
    """

    position: int
    timestamp: int | None


class InputStreamHandler(ABC):
    """Base of the policies.

    Attributes:
        streams: the node's queues by input id: ``queue`` (a deque of packets) and ``settled`` (every
            timestamp up to it is decided).
        tag_map: tags of the inputs.
        options: the handler's options, by keyword.
        process_timestamp_bounds: whether settled and empty timestamps are processed too.
        any_arrival_order: whether the input sets are the same in whatever order the packets of different inputs
            arrive. If they are not, a file is fed frame by frame, so that it gives the same result every time.
    """

    any_arrival_order: ClassVar[bool] = False

    def __init__(
        self,
        streams: Sequence[InputQueue],
        tag_map: TagMap,
        options: Mapping[str, Any],
        *,
        process_timestamp_bounds: bool,
    ) -> None:
        self.streams = list(streams)
        self.tag_map = tag_map
        self.options = options
        self.process_timestamp_bounds = process_timestamp_bounds
        self.prepare()

    def prepare(self) -> None:  # noqa: B027 - optional hook
        """Set up the handler's own state; called once per handler: when the graph is checked, before each run."""

    def arrived_while_busy(self) -> None:  # noqa: B027 - optional hook
        """Check the queues although the node can take nothing now; policies that drop packets do it here."""

    def can_do_without(self, index: int) -> bool:
        """Return whether the node may be called though input *index* has never had a packet or bound (S20)."""
        return len(self.streams) > 1

    def awaited(self) -> list[Awaited]:
        """Return the inputs for which the node's packets wait; only for explanations, it decides nothing.

        By default those that are empty and not settled at the time of the earliest packet.
        """
        return awaited_together(self.streams)

    @abstractmethod
    def readiness(self) -> Decision:
        """Return what the node can do with its queues now."""

    @abstractmethod
    def take(self, timestamp: int, packets: list[Packet[Any]]) -> None:
        """Fill *packets*, by input id, with the input set at *timestamp*; empty packets if there is none."""


def awaited_together(streams: Sequence[InputQueue]) -> list[Awaited]:
    """Return which of *streams*, processed together, the others wait for."""
    heads = [int(stream.queue[0].timestamp) for stream in streams if stream.queue]
    first = min(heads, default=None)
    if first is None:
        return []
    return [Awaited(one.index, first) for one in streams if not one.queue and one.settled < first]


def input_stream_handler(name: str) -> Callable[[H], H]:
    """Register a handler class under the *name* that configs use."""

    def register(cls: H) -> H:
        registry.register_input_stream_handler(name, cls)
        return cls

    return register
