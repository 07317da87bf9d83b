"""From a look at a run to an explanation: which nodes do not continue, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphkit.framework._settled import UNSTARTED
from graphkit.framework._timestamp import describe
from graphkit.insight._causes import Causes, lacking, split_lack
from graphkit.insight._cycles import behind, holding_findings
from graphkit.insight._explanation import Explanation, NodeReport
from graphkit.insight._failures import failed_call, failed_finding
from graphkit.insight._findings import Finding, Kind, counted, packets_of, waiting_behind
from graphkit.insight._places import place_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from graphkit._runtime.look import CallLook, ControlLook, NodeLook, QueueLook, RunLook
    from graphkit.framework import Awaited


_MUX: Final = "MuxInputStreamHandler"


def explain(
    look: RunLook, emitted: Mapping[str, int] | None = None, lost: Mapping[str, int] | None = None
) -> Explanation:
    """Return the explanation of a look at a run.

    Args:
        look: at the run.
        emitted: how many packets each stream has carried, if they were counted.
        lost: how many packets the queues of each node have lost, likewise.
    """
    return Explainer(look, emitted, lost).explanation()


class Explainer:
    """Explains one look.

    Args:
        look: at the run.
        emitted, lost: see `explain`.
    """

    def __init__(
        self, look: RunLook, emitted: Mapping[str, int] | None, lost: Mapping[str, int] | None = None
    ) -> None:
        self._look, self._emitted, self._lost = look, emitted or None, lost or {}
        self._causes = Causes(look)
        self._nodes = {node.name: node for node in look.nodes}

    def explanation(self) -> Explanation:
        """Return all of it."""
        look = self._look
        bounds = {s.name: s.settled + 1 for s in look.streams.values() if not s.producer and not s.closed}
        left = sum(queue.waiting for node in look.nodes if not node.is_poller for queue in node.inputs)
        findings = tuple(self._findings() if look.error is None else self._findings_of_failure())
        nodes = tuple(self._report(node) for node in look.nodes)
        dropped = {node.name: node.holding.dropped for node in look.nodes if node.holding and node.holding.dropped}
        return Explanation(self._state(), findings, nodes, bounds, left, look.error, dropped, self._lost)

    def _state(self) -> str:
        if self._look.error is not None:
            return "failed"
        if self._look.ending:
            return "ended"
        return "busy" if self._look.pending else "idle"

    def _findings(self) -> Iterator[Finding]:
        """Yield the obstacles, those that others wait for first."""
        look = self._look
        yield from (self._busy(call) for call in look.calls if not self._nodes[call.node].is_observer)
        yield from (self._not_open(node) for node in look.nodes if any(_is_side(lack) for lack in node.lacks))
        yield from self._idle_sources()
        stalled = [
            *holding_findings(look, self._causes),
            *(self._waits(node, each) for node in look.nodes for each in node.awaited if _is_open(node)),
        ]
        yield from stalled
        known = [finding.node for finding in stalled] + [node.name for node in look.nodes if node.lacks]
        yield from self._quiet(known)

    def _findings_of_failure(self) -> Iterator[Finding]:
        """Yield the node that failed, and what had packets and could not take them."""
        look, failed = self._look, failed_call(self._look.error)
        if failed is not None:
            yield failed_finding(look, failed, _packets(self._nodes[failed.node]))
        yield from (self._not_open(node) for node in look.nodes if any(_is_side(lack) for lack in node.lacks))
        yield from self._idle_sources()
        for node in look.nodes:
            if _is_open(node) and not self._causes.has_failed(node):
                yield from (self._waits(node, each) for each in node.awaited)

    def _quiet(self, known: list[str]) -> Iterator[Finding]:
        """Yield gates that are shut and nodes that emit nothing, but for those behind the nodes *known*.

        Nodes behind one that emitted nothing are left out as well: they lack what that one did not make.
        """
        shut = [node for node in self._look.nodes if node.shut and (_is_open(node) or self._is_mute(node))]
        quiet = [*(self._shut(node) for node in shut), *self._silent()]
        mute = [finding.node for finding in quiet if self._is_mute(self._nodes[finding.node])]
        left_out = behind(self._look, [*known, *mute])
        return (finding for finding in quiet if finding.node not in left_out)

    def _is_mute(self, node: NodeLook) -> bool:
        """Whether a node is known to have emitted nothing at all."""
        return self._emitted is not None and not any(self._emitted.get(name) for name in node.outputs)

    def _busy(self, call: CallLook) -> Finding:
        node = self._nodes[call.node]
        at = f" for {describe(call.timestamp)}" if call.phase == "process" and node.inputs else ""
        waiting = _packets(node)
        return Finding(
            Kind.BUSY,
            node.name,
            node.calculator,
            f'Node "{node.name}" ({node.calculator}) is inside {call.phase}(){at}{waiting_behind(waiting)}.',
            f"It is at {place_of(call)}. The call has to return; a wait for something outside needs a limit.",
            packets=waiting,
        )

    def _not_open(self, node: NodeLook) -> Finding:
        names = [name for kind, name in map(split_lack, node.lacks) if kind == "side packet"]
        makers = [each for each in self._look.nodes if names[0] in each.side_outputs]
        waiting = _packets(node)
        sentence = f'Node "{node.name}" ({node.calculator}) is not open: {lacking(node)}.'
        way_out = f'Nobody makes "{names[0]}": give it to start_run().'
        if makers:
            maker = f'Node "{makers[0].name}" ({makers[0].calculator})'
            way_out = (
                f'{maker} makes "{names[0]}" and has not done so: let its open() set it, or give the side packet '
                "to start_run() and leave that node out."
            )
            if self._causes.has_failed(makers[0]):
                way_out = f'{maker}, which failed, makes "{names[0]}".'
        return Finding(Kind.NOT_OPEN, node.name, node.calculator, sentence, way_out, packets=waiting)

    def _idle_sources(self) -> Iterator[Finding]:
        for node in self._look.nodes:
            if node.layer is None or node.active or not _is_open(node) or node.stopped:
                continue
            if self._look.error is not None and not node.held_back_by:
                continue
            sentence = f'Source "{node.name}" ({node.calculator}) is not called: {self._causes.of_source(node)}.'
            if node.held_back_by:
                full, at = node.held_back_by[0]
                way_out = f'Node "{at}" has to take packets of "{full}"; a larger max_queue_size puts it off.'
            else:
                way_out = "Give both the same source_layer if they are to run together."
            yield Finding(Kind.SOURCE_WAITS, node.name, node.calculator, sentence, way_out)

    def _waits(self, node: NodeLook, awaited: Awaited) -> Finding:
        queue = node.inputs[awaited.position]
        cause = self._causes.of(queue.stream, awaited.timestamp, node.name)
        return Finding(
            Kind.CYCLE if cause.ring else Kind.WAITS,
            node.name,
            node.calculator,
            f'Node "{node.name}" ({node.calculator}) has {_held(node)} and waits for "{queue.stream}"'
            f"{_needs(awaited)}, {_has(queue)}.",
            _of_select(queue) if self._is_select(node, awaited.position) else cause.words,
            queue.stream,
            awaited.timestamp,
            queue.settled + 1,
            _packets(node),
        )

    def _is_select(self, node: NodeLook, position: int) -> bool:
        """Whether an input of the graph tells a Mux which of its inputs to take: its last one."""
        is_last = node.policy == _MUX and position == len(node.inputs) - 1
        return is_last and not self._look.streams[node.inputs[position].stream].producer

    def _shut(self, node: NodeLook) -> Finding:
        told = " and ".join(map(self._control, node.controls))
        return Finding(
            Kind.SHUT,
            node.name,
            node.calculator,
            f'Node "{node.name}" ({node.calculator}) is shut: it has let no packet pass.',
            f"It goes by {told}." if told else "It goes by its options: no input controls it.",
            node.outputs[0] if node.outputs else "",
        )

    def _control(self, control: ControlLook) -> str:
        kind = "side packet" if control.is_side else "stream"
        maker = next((n for n in self._look.nodes if control.name in (*n.outputs, *n.side_outputs)), None)
        value = f" ({control.value})" if control.value else ""
        if self._emitted is not None and not control.is_side:
            value = f" ({counted(self._emitted.get(control.name, 0), 'packet')})"
        origin = f'made by node "{maker.name}" ({maker.calculator})' if maker else "an input of the graph"
        return f'the {kind} "{control.name}"{value}, {origin}'

    def _report(self, node: NodeLook) -> NodeReport:
        state = {"NEW": "not open", "OPENED": "open"}.get(node.status.name, "closed")
        state = "failed" if self._causes.has_failed(node) else "busy" if node.active else state
        waits = {node.inputs[each.position].stream: each.timestamp for each in node.awaited}
        return NodeReport(
            node.name,
            node.calculator,
            state,
            _packets(node),
            {queue.stream: queue.settled + 1 for queue in node.inputs},
            waits if state == "open" else {},
            node.has_run,
        )

    def _silent(self) -> Iterator[Finding]:
        """Yield nodes that had packets at all inputs and emitted none, if packets were counted.

        Those behind them, which lack just these packets, are left out, and those that nobody reads.
        """
        emitted = self._emitted
        if emitted is None:
            return
        read = {queue.stream for node in self._look.nodes for queue in node.inputs}
        for node in self._look.nodes:
            was_given_all = bool(node.inputs) and all(emitted.get(queue.stream) for queue in node.inputs)
            mute = [name for name in node.outputs if name in read]
            if not (was_given_all and mute and self._is_mute(node)) or node.awaited or node.shut or node.unread:
                continue
            got = ", ".join(packets_of(emitted.get(q.stream, 0), q.stream) for q in node.inputs)
            quoted = ", ".join(f'"{name}"' for name in mute)
            yield Finding(
                Kind.SILENT,
                node.name,
                node.calculator,
                f'Node "{node.name}" ({node.calculator}) got {got} and emitted nothing on {quoted}.',
                "That may be right: look at its options, and at what it gets.",
                mute[0],
            )


def _of_select(queue: QueueLook) -> str:
    """Return what a Mux waits for: closing or settling its SELECT would lose what waits (S15)."""
    return (
        f'"{queue.stream}" is an input of the graph, and selects one of the others at each time: push a packet '
        "for each. A choice for the whole run is a side packet SELECT, without MuxInputStreamHandler."
    )


def _held(node: NodeLook) -> str:
    held = [queue for queue in node.inputs if queue.waiting]
    return " and ".join(f"{packets_of(q.waiting, q.stream)} from {describe(q.first or 0)} on" for q in held)


def _packets(node: NodeLook) -> dict[str, int]:
    """Return how many packets a node has, by stream; of one that it reads twice, in the longer queue."""
    found: dict[str, int] = {}
    for queue in node.inputs:
        if queue.waiting:
            found[queue.stream] = max(queue.waiting, found.get(queue.stream, 0))
    return found


def _needs(awaited: Awaited) -> str:
    return "" if awaited.timestamp is None else f" up to {describe(awaited.timestamp)}"


def _has(queue: QueueLook) -> str:
    if queue.settled <= UNSTARTED:
        return "which has had neither a packet nor a bound"
    return f"whose bound is {describe(queue.settled + 1)}"


def _is_open(node: NodeLook) -> bool:
    return node.status.name == "OPENED" and not node.active and not node.is_poller


def _is_side(lack: str) -> bool:
    return split_lack(lack)[0] == "side packet"
