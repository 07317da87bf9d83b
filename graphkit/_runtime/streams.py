"""Streams at run time: the queue at each input and the fan-out at each output. No threads, no locks."""

from __future__ import annotations

import sys
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from graphkit.errors import TimestampMismatchError
from graphkit.framework._output_times import LATER
from graphkit.framework._settled import MAX, MIN, POST_STREAM, UNSTARTED, settled_by, settled_label

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit._runtime.node import Node
    from graphkit.framework import Packet, Timestamp

NO_LIMIT: Final = sys.maxsize


class InputStream:
    """The queue between one output and one input of a node.

    Attributes:
        node: the reader.
        index: input id at the reader.
        name: stream name.
        queue: packets waiting, in time order.
        settled: every timestamp up to here is decided.
        max_size: packets that the queue holds before it throttles its producers, NO_LIMIT for never.
        full: whether it throttles now.
    """

    __slots__ = ("full", "index", "max_size", "name", "node", "queue", "settled", "stream")

    def __init__(self, node: Node, index: int, stream: OutputStream, max_size: int) -> None:
        self.node = node
        self.index = index
        self.stream = stream
        self.name = stream.name
        self.queue: deque[Packet[Any]] = deque()
        self.settled = UNSTARTED
        self.limit_to(max_size)
        self.full = False

    def limit_to(self, max_size: int) -> None:
        """Let the queue hold *max_size* packets before it throttles its producers, -1 for no limit."""
        self.max_size = NO_LIMIT if max_size < 0 else max_size

    def mismatch(self, timestamp: int) -> TimestampMismatchError:
        """Return the error for a packet at *timestamp*, which is settled already."""
        return TimestampMismatchError(
            f'a calculator receiving from stream "{self.name}" (node "{self.node.name}")',
            settled_label(self.settled),
            timestamp,
            stream=self.name,
            node=self.node.name,
        )

    def pop_at(self, timestamp: int) -> Packet[Any] | None:
        """Return and remove the packet at *timestamp*, None if there is none; settles *timestamp*."""
        queue = self.queue
        if queue and queue[0]._timestamp <= timestamp:
            packet = queue.popleft()
            while packet._timestamp < timestamp and queue and queue[0]._timestamp <= timestamp:
                packet = queue.popleft()
            found = packet if packet._timestamp == timestamp else None
        else:
            found = None
        if self.settled < timestamp:
            self.settled = settled_by(timestamp)
        return found

    def empty_timestamp(self) -> int:
        """Return the timestamp of the empty packet that tells how far the stream is settled."""
        settled = int(self.queue[0]._timestamp) - 1 if self.queue else self.settled  # a special one takes no "-"
        if settled < MIN:
            return UNSTARTED
        return MAX if settled >= POST_STREAM else int(settled)

    @property
    def is_done(self) -> bool:
        """Whether no packet waits and none can come."""
        return not self.queue and self.settled >= POST_STREAM


class OutputStream:
    """A stream as its producer sees it.

    Attributes:
        name: in the expanded graph.
        producer: name of the producing node, for messages; "" for a graph input.
        settled: every timestamp up to here has been emitted or ruled out.
        consumers: the queues it feeds.
        closed: whether the producer ended it.
    """

    __slots__ = ("closed", "consumers", "header", "name", "producer", "settled")

    def __init__(self, name: str, producer: str) -> None:
        self.name = name
        self.producer = producer
        self.settled = UNSTARTED
        self.consumers: tuple[InputStream, ...] = ()
        self.closed = False
        self.header: Packet[Any] | None = None

    def mismatch(self, timestamp: int) -> TimestampMismatchError:
        """Return the error for a packet at *timestamp*, which is settled already."""
        by = f' from node "{self.producer}"' if self.producer else ""
        return TimestampMismatchError(
            f'stream "{self.name}"{by}',
            settled_label(self.settled),
            timestamp,
            stream=self.name,
            node=self.producer,
            hint=LATER if self.producer else "",
        )


class GraphInput:
    """A graph input stream: the virtual source that the program feeds.

    Attributes:
        stream: where its packets go.
        blocked_by: the full queues that hold it back.
        closed: whether the program ended it.
    """

    __slots__ = ("blocked_by", "closed", "stream")

    def __init__(self, stream: OutputStream) -> None:
        self.stream = stream
        self.blocked_by: set[InputStream] = set()
        self.closed = False

    @property
    def may_feed(self) -> bool:
        """Whether the program can still push."""
        return not self.closed


class Link:
    """A stream with one maker and one reader, both on the short path.

    Attributes:
        maker: the node that emits.
        call: the maker's context.
        source: the maker's only input.
        shard: what the maker emits into.
        emitted: the packets in there.
        stream: the stream.
        queue: the reader's only input.
        reader: the reader, a light node.
        context: the reader's.
        packets: what the reader is called with.
        note: is called with the time of a packet that goes this way, in a watched run.
    """

    __slots__ = (
        "call", "context", "emitted", "maker", "note", "packets", "queue", "reader", "shard", "source", "stream",
    )  # fmt: skip

    def __init__(self, source: InputStream, stream: OutputStream) -> None:
        self.maker = source.node
        self.call = self.maker.contexts[0]
        self.source = source
        self.shard = self.call.outputs.shards[0]
        self.emitted = self.shard.queue
        self.stream = stream
        self.queue = stream.consumers[0]
        self.reader = self.queue.node
        self.context = self.reader.contexts[0]
        self.packets = self.context.inputs.packets
        self.note: Callable[[Timestamp], None] | None = None
