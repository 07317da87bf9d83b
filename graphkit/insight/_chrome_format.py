"""Events of a run in the Chrome trace event format, which Perfetto and chrome://tracing read.

Times are microseconds since the first event. An arrow leads from each call that emitted a packet to every call
that took it; an arrow is left out if the trace has lost one of its ends.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from graphkit.framework._timestamp import describe
from graphkit.insight._events import Move, Work

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Timed = tuple[Work, int, int]
    """Work, and the nanoseconds of its begin and end."""

    from graphkit.insight._events import Events

_ENCODE: Final = json.JSONEncoder(separators=(",", ":")).encode
_PROCESS: Final = 1
_NEVER: Final = (2**63, 0)
_SHOWN_DEPTH: Final = 2
"""Queues that never hold so many packets get no track of their own."""
_SHOWN_PAUSE_S: Final = 100e-6
"""Between the calls of light nodes the number of packets that wait changes too often to be seen."""


def trace_events(events: Events, calculators: Mapping[str, str]) -> Iterator[str]:
    """Yield the events as JSON text.

    Args:
        events: of a run.
        calculators: names of calculators by node.
    """
    kept = events.in_order()
    clock = Clock(min((_begin(event) for event in kept), default=0.0))
    yield _named("process_name", 0, "graphkit")
    for number, name in sorted(events.threads.items()):
        yield _named("thread_name", number, name)
    if events.lost:
        what = f"The oldest {events.lost} events were dropped."
        yield _ENCODE({"name": what, "ph": "i", "s": "g", "ts": 0, "pid": _PROCESS, "tid": 1})
    works = [(e, clock.ns(e.begin), clock.ns(e.begin + e.seconds)) for e in kept if isinstance(e, Work)]
    yield from _slices(works, calculators)
    yield from (_drop(event, clock) for event in kept if isinstance(event, Move) and event.is_drop)
    yield from _arrows(works)
    yield from _depths(kept, clock)


class Clock:
    """Turns seconds into whole nanoseconds since the beginning, and these into microseconds.

    Args:
        zero: the beginning, in seconds.
    """

    def __init__(self, zero: float) -> None:
        self._zero = round(zero * 1e9)

    def ns(self, seconds: float) -> int:
        """Return nanoseconds since the beginning."""
        return round(seconds * 1e9) - self._zero

    def us(self, seconds: float) -> float:
        """Return microseconds since the beginning."""
        return self.ns(seconds) / 1000


class _Quoted(dict[str, str]):
    """Names as JSON, each encoded once."""

    def __missing__(self, name: str) -> str:
        self[name] = quoted = json.dumps(name)
        return quoted


class _Packets(dict[tuple[str, int], str]):
    """Packets as JSON, each encoded once."""

    def __missing__(self, packet: tuple[str, int]) -> str:
        self[packet] = listed = f"{json.dumps(packet[0])[1:-1]} @ {describe(packet[1])}"
        return listed


def _slices(works: Sequence[Timed], calculators: Mapping[str, str]) -> Iterator[str]:
    """Yield what the threads did; these and arrows are so many that their JSON is assembled by hand."""
    quoted, listed = _Quoted(), _Packets()
    kinds = {name: f'"calculator":{json.dumps(kind)}' for name, kind in calculators.items()}
    for work, begin, end in works:
        thread, kind, name, _, _, time, taken, emitted = work
        args = kinds.get(name, "")
        if kind == "process":
            went_in, came_out = ", ".join([listed[p] for p in taken]), ", ".join([listed[p] for p in emitted])
            args = f'{args}{"," if args else ""}"timestamp":"{describe(time)}","in":"{went_in}","out":"{came_out}"'
        shown = quoted[name if kind in ("process", "part") else f"{kind} {name}"]
        yield (
            f'{{"name":{shown},"cat":"{kind}","ph":"X","ts":{begin / 1000},"dur":{(end - begin) / 1000},'
            f'"pid":{_PROCESS},"tid":{thread},"args":{{{args}}}}}'
        )


def _drop(move: Move, clock: Clock) -> str:
    event = {
        "name": f"dropped: {move.stream}", "cat": "drop", "ph": "i", "s": "p", "ts": clock.us(move.at),
        "pid": _PROCESS, "tid": 1, "args": {"node": move.node, "timestamp": describe(move.time)},
    }  # fmt: skip
    return _ENCODE(event)


def _arrows(works: Sequence[Timed]) -> Iterator[str]:
    """Yield the two ends of each arrow."""
    quoted, number = _Quoted(), 0
    made = {packet: (end, work.thread) for work, _, end in works for packet in work.emitted}
    for reader, taken, _ in works:
        for packet in reader.taken:
            begin, thread = made.get(packet, _NEVER)
            if begin > taken:  # lost, or a call ahead of time (S36)
                continue
            number += 1
            common = f'{{"name":{quoted[packet[0]]},"cat":"packet","id":{number},"pid":{_PROCESS}'
            yield f'{common},"ph":"s","ts":{begin / 1000},"tid":{thread}}}'
            yield f'{common},"ph":"f","bp":"e","ts":{taken / 1000},"tid":{reader.thread}}}'


def _depths(kept: Sequence[Work | Move], clock: Clock) -> Iterator[str]:
    """Yield how many packets wait: in all queues together, and in each that ever holds several."""
    depths: dict[tuple[str, str], int] = {}
    rows: dict[tuple[str, str], list[tuple[float, int]]] = {}
    totals: list[tuple[float, int]] = []
    total = 0
    for at, queue, depth in _steps(kept, depths):
        total += depth - depths.get(queue, 0)
        depths[queue] = depth
        rows.setdefault(queue, []).append((at, depth))
        if totals and at - totals[-1][0] < _SHOWN_PAUSE_S:
            totals[-1] = (at, total)
        else:
            totals.append((at, total))
    yield from _counters("packets that wait", totals, clock)
    for (node, stream), seen in rows.items():
        if max(depth for _, depth in seen) >= _SHOWN_DEPTH:
            yield from _counters(f"queue of {node}: {stream}", seen, clock)


def _steps(
    kept: Sequence[Work | Move], depths: Mapping[tuple[str, str], int]
) -> Iterator[tuple[float, tuple[str, str], int]]:
    """Yield when a queue gained or lost a packet, and how many it then held; *depths* is what they held before."""
    for event in kept:
        if isinstance(event, Move):
            queue = (event.node, event.stream)
            yield event.at, queue, max(0, depths.get(queue, 0) - 1) if event.is_drop else event.waiting
        else:
            for stream, _ in event.taken:
                queue = (event.name, stream)
                yield event.begin, queue, max(0, depths.get(queue, 0) - 1)


def _counters(name: str, seen: Sequence[tuple[float, int]], clock: Clock) -> Iterator[str]:
    begin = f'{{"name":{json.dumps(name)},"ph":"C","pid":{_PROCESS},"tid":0,"ts":'
    for at, packets in seen:
        yield f'{begin}{clock.us(at)},"args":{{"packets":{packets}}}}}'


def _named(what: str, thread: int, name: str) -> str:
    return _ENCODE({"name": what, "ph": "M", "pid": _PROCESS, "tid": thread, "args": {"name": name}})


def _begin(event: Work | Move) -> float:
    return event.begin if isinstance(event, Work) else event.at
