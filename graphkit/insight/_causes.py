"""Why a stream is not settled up to a time: the path back to the node that emits nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from graphkit.framework._settled import UNSTARTED, shifted
from graphkit.framework._timestamp import describe
from graphkit.insight._failures import failed_call
from graphkit.insight._findings import counted
from graphkit.insight._places import place_of

if TYPE_CHECKING:
    from graphkit._runtime.look import NodeLook, QueueLook, RunLook, StreamLook


class Cause(NamedTuple):
    """Why a stream is behind.

    Attributes:
        words: the cause, for people.
        ring: the nodes that wait for each other, if the stream waits for its own results.
        silent: the node that has used all its input and emits neither packet nor bound, "" if not the cause.
        way: the nodes from the reader back to the cause.
    """

    words: str
    ring: list[str] | None = None
    silent: str = ""
    way: tuple[str, ...] = ()


class Causes:
    """Finds causes in a look at a run.

    Args:
        look: at the run.
    """

    def __init__(self, look: RunLook) -> None:
        self._look = look
        self._nodes = {node.name: node for node in look.nodes}
        self._calls = {call.node: call for call in look.calls}
        self._failed = failed_call(look.error)

    def of(self, stream: str, up_to: int | None, reader: str) -> Cause:
        """Return why *stream* is not settled up to *up_to* (None: has no packet), for which *reader* waits."""
        cause = self._of(stream, up_to, [reader], [])
        return cause if cause.ring is None else Cause(_of_ring(stream, cause.ring), cause.ring)

    def _of(self, name: str, up_to: int | None, readers: list[str], way: list[str]) -> Cause:
        stream = self._look.streams[name]
        if not stream.producer:
            return Cause(_by_way(name, way) + self._of_graph_input(stream, up_to))
        node = self._nodes[stream.producer]
        if node.name in readers:
            return Cause("", readers[readers.index(node.name) :])
        if node.awaited and not self.has_failed(node):
            return self._of_waiting(name, node, readers, way)
        words = self._of_maker(name, node)
        if words is not None:
            return Cause(_by_way(name, way) + words)
        behind = _behind(node, up_to)
        if not behind:
            return Cause(_by_way(name, way) + _of_silent(name, node, up_to), None, node.name, (*way, node.name))
        last = min(behind, key=lambda queue: queue.settled)
        return self._of(last.stream, up_to, [*readers, node.name], [*way, node.name])

    def _of_graph_input(self, stream: StreamLook, up_to: int | None) -> str:
        name = f'"{stream.name}" is an input of the graph'
        if stream.closed:
            return f"{name} and is closed: what waits for it is done with at the end of the run."
        if stream.held_back_by:
            full, node = stream.held_back_by[0]
            return (
                f'{name} that the full queue of "{full}" at node "{node}" holds back: push the packets of both in '
                "the order of their times, or raise max_queue_size."
            )
        if up_to is None:
            return f"{name}: push a packet, or close it."
        at, bound = describe(up_to), describe(up_to + 1)
        return f"{name}: push a packet at {at} or later, set its bound to {bound} or more, or close it."

    def _of_waiting(self, name: str, node: NodeLook, readers: list[str], way: list[str]) -> Cause:
        """A node that waits for another input: the cause of that, in turn."""
        awaited = [(node.inputs[each.position].stream, each.timestamp) for each in node.awaited]
        causes = [self._of(stream, until, [*readers, node.name], [*way, node.name]) for stream, until in awaited]
        return next((cause for cause in causes if cause.ring), causes[0])

    def _of_maker(self, name: str, node: NodeLook) -> str | None:
        """Return why a node itself does not make *name*; None if that is due to its inputs."""
        is_made = f'"{name}" is made by node "{node.name}" ({node.calculator})'
        if self.has_failed(node):
            return f"{is_made}, which failed."
        if node.lacks or node.status.name == "NEW":
            return f"{is_made}, which is not open: {lacking(node)}."
        if call := self._calls.get(node.name):
            return f"{is_made}, which is inside {call.phase}() at {place_of(call)}: that call has to return."
        if node.active:
            return f"{is_made}, which is about to be called."
        if node.layer is not None:
            return f"{is_made}, a source: {self.of_source(node)}."
        return None

    def has_failed(self, node: NodeLook) -> bool:
        """Whether a call of the node ended the run."""
        return self._failed is not None and self._failed.node == node.name

    def of_source(self, node: NodeLook) -> str:
        """Return why a source that is not in a call is not called."""
        if node.stopped or node.status.name in ("CLOSING", "CLOSED"):
            return "it has ended"
        if node.held_back_by:
            full, at = node.held_back_by[0]
            return f'the full queue of "{full}" at node "{at}" holds it back'
        lower = [
            each.name
            for each in self._look.nodes
            if each.layer is not None and each.layer < (node.layer or 0) and each.status.name != "CLOSED"
        ]
        if lower:
            return f'it is of layer {node.layer} and waits until source "{lower[0]}" has ended'
        return "it is about to be called"


def lacking(node: NodeLook) -> str:
    """Return what a node waits for before it opens."""
    if not node.lacks:
        return "its open() has not returned"
    return "it waits for " + ", ".join(f'{kind} "{name}"' for kind, name in map(split_lack, node.lacks))


def split_lack(text: str) -> tuple[str, str]:
    """Return the kind and the name of something that a node lacks."""
    kind = "side packet" if text.startswith("side packet ") else "node"
    return kind, text.removeprefix(f"{kind} ")


def _behind(node: NodeLook, up_to: int | None) -> list[QueueLook]:
    """Return the inputs that have no packet yet at the time for which the node's output is needed."""
    until = UNSTARTED + 1 if up_to is None else shifted(up_to, -(node.offset or 0))
    return [queue for queue in node.inputs if queue.settled < until]


def _of_silent(name: str, node: NodeLook, up_to: int | None) -> str:
    """Return the text on a node that has used all its input and emitted neither packet nor bound."""
    made = f'"{name}" is made by node "{node.name}" ({node.calculator}), which has used all it got'
    if up_to is None:
        return f"{made} and emitted no packet for it; the input policy waits for one, whatever its time."
    if node.is_built_in:
        return f"{made} up to there and neither emitted a packet nor set a bound before what comes later."
    return (
        f"{made} up to there and neither emitted a packet nor set a bound: let it call set_next_timestamp_bound() "
        "where it emits nothing, or leave its timestamp_offset at 0."
    )


def _by_way(name: str, way: list[str]) -> str:
    if not way:
        return ""
    nodes = ", ".join(f'"{node}"' for node in way)
    return f'It comes by way of {"node" if len(way) == 1 else "nodes"} {nodes} from "{name}". '


def _of_ring(name: str, ring: list[str]) -> str:
    """Return the text on a stream that closes a cycle."""
    if len(ring) == 1:
        return (
            f'"{name}" is what the node itself makes of these packets. Feed it back through '
            "PreviousLoopbackCalculator; for the first packet it has none: .get(cc) is None then."
        )
    nodes = ", ".join(f'"{each}"' for each in ring)
    return (
        f'"{name}" comes round a cycle of {counted(len(ring), "node")} that wait for each other: {nodes}. Put '
        "PreviousLoopbackCalculator where it closes; for the first packet it has none: .get(cc) is None then."
    )
