"""A look at a run: what its nodes hold, have and wait for at one moment, as plain data.

Nothing is recorded for it while the graph runs: it is read from the state.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, NamedTuple

from graphkit._runtime.node import OPENED
from graphkit.framework import Timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from graphkit._runtime.node import Node, NodeStatus
    from graphkit._runtime.state import GraphState
    from graphkit._runtime.streams import GraphInput, InputStream, OutputStream
    from graphkit.framework import Awaited, Holding

_LOG: Final = logging.getLogger(__name__)
_OURS: Final = frozenset({"graphkit", "graphkit_calculators"})
"""Packages whose calculators come with graphkit."""


class CallLook(NamedTuple):
    """A call of user code that is under way.

    Attributes:
        node: its name.
        phase: "open", "process" or "close".
        timestamp: its input time.
        thread: the id of the thread that is in it.
        places: file, line and function of its frames, innermost first.
        token: the same object as long as it is the same call.
    """

    node: str
    phase: str
    timestamp: int
    thread: int
    places: tuple[tuple[str, int, str], ...]
    token: object


class QueueLook(NamedTuple):
    """The queue at an input of a node.

    Attributes:
        stream: its name.
        settled: up to which timestamp.
        waiting: how many packets.
        first: the time of the first packet, None if there is none.
        back_edge: whether it closes a cycle.
        full: whether it holds back its producers.
    """

    stream: str
    settled: int
    waiting: int
    first: int | None
    back_edge: bool
    full: bool


class StreamLook(NamedTuple):
    """A stream.

    Attributes:
        name: of it.
        producer: the name of the node that makes it, "" for a graph input.
        settled: up to which timestamp.
        closed: whether it was ended.
        held_back_by: for a graph input: (stream, node) of the full queues that hold it back.
    """

    name: str
    producer: str
    settled: int
    closed: bool
    held_back_by: tuple[tuple[str, str], ...] = ()


class ControlLook(NamedTuple):
    """An input that controls a gate.

    Attributes:
        name: of it.
        is_side: whether it is a side packet.
        value: of a side packet, if its text is short; "" for none.
    """

    name: str
    is_side: bool
    value: str


class NodeLook(NamedTuple):
    """A node.

    Attributes:
        name: of it.
        calculator: the registered name.
        status: its state in the lifecycle.
        lacks: what it waits for before it opens: "side packet NAME" and "node NAME".
        active: calls that are scheduled or under way.
        has_run: whether process() was called or is about to be.
        inputs: its queues.
        outputs: names of its output streams.
        side_outputs: names of the side packets that it makes.
        awaited: which inputs it waits for while others have packets.
        offset: its timestamp offset.
        layer: of a source, None for others.
        stopped: whether it is a source that has ended.
        held_back_by: for a source: (stream, node) of the full queues that hold it back.
        shut: whether it is a gate that had packets and has let none pass.
        controls: for a gate: inputs without an output of the same tag, and side packets.
        holding: what its calculator reports to hold back from the graph.
        policy: its input policy by its registered name.
        is_built_in: whether its calculator comes with graphkit, so that the reader cannot edit it.
        is_observer: whether it stands for an observer or poller of the program.
        is_poller: whether the program takes its packets one by one.
        unread: whether nobody reads its outputs, so that it makes none.
    """

    name: str
    calculator: str
    status: NodeStatus
    lacks: tuple[str, ...]
    active: int
    has_run: bool
    inputs: tuple[QueueLook, ...]
    outputs: tuple[str, ...]
    side_outputs: tuple[str, ...]
    awaited: tuple[Awaited, ...]
    offset: int | None
    layer: int | None
    stopped: bool
    held_back_by: tuple[tuple[str, str], ...]
    shut: bool
    controls: tuple[ControlLook, ...]
    holding: Holding | None
    policy: str
    is_built_in: bool
    is_observer: bool
    is_poller: bool
    unread: bool


class RunLook(NamedTuple):
    """A run.

    Attributes:
        nodes: in the order of the plan, observers after them.
        streams: all, by name.
        calls: those that are under way.
        pending: tasks that are ready or running.
        ending: whether it is the moment before what is still open is closed.
        error: what ended it, None in a good run.
    """

    nodes: tuple[NodeLook, ...]
    streams: dict[str, StreamLook]
    calls: tuple[CallLook, ...]
    pending: int
    ending: bool
    error: BaseException | None

    @property
    def has_left_over(self) -> bool:
        """Whether the run has ended with packets that an open node was to process."""
        nodes = self.nodes if self.ending else ()
        return any(queue.waiting for node in nodes if not node.is_observer for queue in node.inputs)


def look_at(
    state: GraphState, calls: Iterable[CallLook] = (), *, error: BaseException | None = None, ending: bool = False
) -> RunLook:
    """Return a look at a run; called under its lock."""
    made = [stream for node in state.nodes for stream in node.outputs]
    streams = {stream.name: _stream(stream) for stream in made}
    for name, fed in state.inputs.items():
        streams[name] = _stream(fed.stream, fed)
    nodes = tuple(_node(node) for node in state.nodes)
    return RunLook(nodes, streams, tuple(calls), state.ready.pending, ending, error)


def _stream(stream: OutputStream, fed: GraphInput | None = None) -> StreamLook:
    held = () if fed is None else _names(fed.blocked_by)
    return StreamLook(stream.name, stream.producer, int(stream.settled), stream.closed, held)


def _node(node: Node) -> NodeLook:
    plan = node.plan
    return NodeLook(
        node.name,
        plan.calculator,
        node.status,
        tuple(sorted(node.waiting_for)),
        node.active,
        _has_run(node),
        tuple(_queue(queue, back) for queue, back in zip(node.inputs, plan.back_edges, strict=True)),
        tuple(stream.name for stream in node.outputs),
        tuple(plan.output_side_packets.names),
        _awaited(node),
        node.offset,
        plan.source_layer if node.is_source else None,
        node.stopped,
        _names(node.blocked_by),
        node.refused,
        tuple(_controls(node)) if plan.cls.is_gate else (),
        _holding(node) if node.has_opened else None,
        plan.input_stream_handler,
        plan.cls.__module__.partition(".")[0] in _OURS,
        plan.calculator == "observer",
        node.on_touch is not None,
        node.unread,
    )


def _has_run(node: Node) -> bool:
    if node.status is not OPENED:
        return node.status > OPENED
    return node.sequence > 0 or any(c.input_timestamp != Timestamp.UNSTARTED for c in node.contexts[:1])


def _awaited(node: Node) -> tuple[Awaited, ...]:
    try:
        return () if node.handler is None else tuple(node.handler.awaited())
    except Exception as error:  # the policy may be what failed
        _LOG.warning('node "%s": awaited() of its input policy failed: %r', node.name, error)
        return ()


def _holding(node: Node) -> Holding | None:
    try:
        return node.calculator.explain_holding()
    except Exception as error:  # the run matters more than a report on it
        _LOG.warning('node "%s": explain_holding() of %s failed: %r', node.name, node.plan.calculator, error)
        return None


def _controls(node: Node) -> Iterator[ControlLook]:
    inputs, side = node.plan.inputs, node.plan.input_side_packets
    for key, name in zip(inputs, inputs.names, strict=True):
        if key not in node.plan.outputs:
            yield ControlLook(name, False, "")
    packets = node.contexts[0].input_side_packets.packets if node.contexts else ()
    for position, name in enumerate(side.names):
        payload = packets[position].get_or(None) if packets else None
        yield ControlLook(name, True, str(payload) if isinstance(payload, bool | int | float) else "")


def _queue(queue: InputStream, back_edge: bool) -> QueueLook:
    first = int(queue.queue[0]._timestamp) if queue.queue else None
    return QueueLook(queue.name, int(queue.settled), len(queue.queue), first, back_edge, queue.full)


def _names(queues: Iterable[InputStream]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((queue.name, queue.node.name) for queue in queues))
