"""Flow: moves what a node emits to the queues of others. No thread, lock, clock or I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit._runtime.node import CLOSING, OPENED
from graphkit.errors import TimestampError
from graphkit.framework._settled import DONE_SETTLED, MAX, MIN, POST_STREAM, shifted
from graphkit.framework._timestamp import describe

if TYPE_CHECKING:
    from graphkit._runtime.node import Node
    from graphkit._runtime.streams import InputStream, OutputStream
    from graphkit._runtime.throttle import Throttle
    from graphkit.framework import CalculatorContext, OutputShard, Packet


class Flow:
    """Moves packets and bounds along streams, and remembers the nodes whose inputs changed.

    Attributes:
        throttle: notified of queues that fill up.
        touched: nodes whose inputs changed since they were last looked at.
    """

    def __init__(self, throttle: Throttle) -> None:
        self.throttle = throttle
        self.touched: list[Node] = []

    def emit(self, node: Node, context: CalculatorContext, *, settle: bool) -> None:
        """Send what a call emitted; then settle the outputs as far as the input time says (S8)."""
        offset = node.offset if settle and node.inputs else None
        until = context.input_timestamp if not offset else shifted(context.input_timestamp, offset)
        for shard, stream in zip(context.outputs.shards, node.outputs):  # noqa: B905 - strict costs in the hot path
            if shard.queue:
                for packet in shard.queue:
                    self.send(stream, packet)
                shard.queue.clear()
            if shard.bound is not None or shard.closed:
                self._bound_or_close(shard, stream)
            if offset is not None and until > stream.settled:
                self.raise_settled(stream, until)

    def _bound_or_close(self, shard: OutputShard, stream: OutputStream) -> None:
        """Apply a bound that the call set, or the end of the stream."""
        if shard.bound is not None:
            settled, shard.bound = int(shard.bound) - 1, None
            if settled < stream.settled < POST_STREAM:
                raise backward(stream, settled)
            self.raise_settled(stream, settled)
        if shard.closed and not stream.closed:
            self.close_stream(stream)

    def forward(self, node: Node, settled: int) -> None:
        """Pass on that the inputs are settled and empty up to *settled*, without a call (S9)."""
        node.forwarded = settled
        offset = node.offset or 0
        for stream in node.outputs:
            if not stream.closed:
                self.raise_settled(stream, shifted(settled, offset))

    def send(self, stream: OutputStream, packet: Packet[Any]) -> None:
        """Put *packet* into the queues of a stream's readers; it must be later than any before (S3)."""
        timestamp = packet._timestamp
        if timestamp <= stream.settled:
            raise stream.mismatch(timestamp)
        stream.settled = settled = timestamp if MIN <= timestamp < MAX else POST_STREAM
        for queue in stream.consumers:
            node = queue.node
            if node.status is not OPENED and node.status >= CLOSING:
                continue
            if timestamp <= queue.settled:
                raise queue.mismatch(timestamp)
            queue.settled = settled
            waiting = queue.queue
            waiting.append(packet)
            if len(waiting) >= queue.max_size and not queue.full and settled < POST_STREAM:
                self.throttle.filled(queue)
            if not node.touched:
                node.touched = True
                self.touched.append(node)

    def touch(self, node: Node) -> None:
        """Note that the inputs of *node* changed."""
        if not node.touched:
            node.touched = True
            self.touched.append(node)

    def raise_settled(self, stream: OutputStream, settled: int) -> None:
        """Settle *stream* up to *settled*; lower than before changes nothing."""
        if settled <= stream.settled:
            return
        stream.settled = settled
        for queue in stream.consumers:
            if settled > queue.settled:
                queue.settled = settled
                node = queue.node
                if not node.touched:
                    node.touched = True
                    self.touched.append(node)

    def drop_all(self, queue: InputStream) -> None:
        """Drop what a closing node did not take."""
        queue.queue.clear()

    def close_stream(self, stream: OutputStream) -> None:
        """End *stream*."""
        stream.closed = True
        self.raise_settled(stream, DONE_SETTLED)


def backward(stream: OutputStream, settled: int) -> TimestampError:
    """Return the error for a bound below the current one."""
    by = f' by node "{stream.producer}"' if stream.producer else ""
    return TimestampError(
        f'the timestamp bound of stream "{stream.name}" was set{by} to {describe(int(settled) + 1)}, below the '
        f"current bound {describe(int(stream.settled) + 1)}; bounds only rise",
        stream=stream.name,
        node=stream.producer,
        timestamp=int(settled) + 1,
    )
