"""Events of a run in the Chrome trace event format, which Perfetto and chrome://tracing read.

Times are microseconds since the first event. An arrow leads from each call that emitted a packet to every call
that took it; an arrow is left out if the trace has lost one of its ends. Nearly all JSON is assembled by hand: it
takes a fifth of the time.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from graphkit.framework._timestamp import describe
from graphkit.insight._events import DROPPED, Move, Work

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from graphkit.insight._events import Events, Packets

_ENCODE: Final = json.JSONEncoder(separators=(",", ":")).encode
_PROCESS: Final = 1
_NEVER: Final = (2**63, "")
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
    kept, lost = events.in_order(), events.lost
    clock = Clock(kept[0][0] if kept else 0.0)
    yield _named("process_name", 0, "graphkit")
    for number, name in sorted(events.threads.items()):
        yield _named("thread_name", number, name)
    if lost:
        what = f"The oldest {lost} events were dropped."
        yield _ENCODE({"name": what, "ph": "i", "s": "g", "ts": 0, "pid": _PROCESS, "tid": 1})
    slices = _Slices(clock, calculators)
    for event in kept:
        if isinstance(event, Work):
            yield from slices.of(event)
        elif event.kind == DROPPED:
            yield _drop(event, clock)
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

    def us(self, seconds: float) -> str:
        """Return microseconds since the beginning, as JSON."""
        return _us(self.ns(seconds))


def _us(ns: int) -> str:
    """Return nanoseconds as microseconds; dividing them and showing the quotient takes twice as long."""
    digits = str(ns)
    return f"{digits[:-3]}.{digits[-3:]}" if ns > 999 else f"0.{ns:03}"


class _Heads(dict[tuple[str, str], tuple[str, str]]):
    """The parts of a slice that are the same for all calls of a node, by kind and name.

    Args:
        calculators: their names by node.
    """

    def __init__(self, calculators: Mapping[str, str]) -> None:
        self._calculators = calculators

    def __missing__(self, key: tuple[str, str]) -> tuple[str, str]:
        kind, name = key
        shown = json.dumps(name if kind in ("process", "part") else f"{kind} {name}")
        calculator = self._calculators.get(name)
        args = "" if calculator is None else f'"calculator":{json.dumps(calculator)}'
        both = "," if args and kind == "process" else ""
        self[key] = made = f'{{"name":{shown},"cat":"{kind}","ph":"X","ts":', f'"args":{{{args}{both}'
        return made


class _Names(dict[str, str]):
    """Names as JSON, each encoded once."""

    def __missing__(self, name: str) -> str:
        self[name] = quoted = json.dumps(name)
        return quoted


class _Times(dict[int, str]):
    """Timestamps as they are shown, each once."""

    def __missing__(self, time: int) -> str:
        self[time] = shown = describe(time)
        return shown


class _Listed(dict["Packets", str]):
    """Packets as the inside of a JSON string, each list once."""

    def __init__(self, names: _Names, times: _Times) -> None:
        self._names, self._times = names, times

    def __missing__(self, packets: Packets) -> str:
        names, times = self._names, self._times
        self[packets] = listed = ", ".join([f"{names[name][1:-1]} @ {times[at]}" for name, at in packets])
        return listed


class _Slices:
    """Makes what the threads did, and the arrows between calls; calls that emit come before those that take.

    Args:
        clock: of the trace.
        calculators: their names by node.
    """

    def __init__(self, clock: Clock, calculators: Mapping[str, str]) -> None:
        self._clock, self._heads, self._names, self._times = clock, _Heads(calculators), _Names(), _Times()
        self._listed = _Listed(self._names, self._times)
        self._made: dict[tuple[str, int], tuple[int, str]] = {}
        self._arrows = 0

    def of(self, work: Work) -> list[str]:
        """Return the slice, and the arrows that lead to it."""
        begin, kind, thread, name, seconds, time, taken, emitted = work
        begins, ends = self._clock.ns(begin), self._clock.ns(begin + seconds)
        head, args = self._heads[kind, name]
        at = _us(begins)
        if kind == "process":
            listed = self._listed
            args = f'{args}"timestamp":"{self._times[time]}","in":"{listed[taken]}","out":"{listed[emitted]}"'
        where = f'"pid":{_PROCESS},"tid":{thread}'
        made = [f'{head}{at},"dur":{_us(ends - begins)},{where},{args}}}}}']
        if taken:
            self._add_arrows(made, taken, begins, f'"ts":{at},{where}}}')
        if emitted:
            end = f'"ts":{_us(ends)},{where}}}'
            self._made.update(dict.fromkeys(emitted, (ends, end)))
        return made

    def _add_arrows(self, made: list[str], taken: Packets, begins: int, here: str) -> None:
        """Add both ends of each arrow to a call that begins *here*."""
        for packet in taken:
            ended, there = self._made.get(packet, _NEVER)
            if ended > begins:  # lost, or a call ahead of time (S36)
                continue
            self._arrows += 1
            common = f'{{"name":{self._names[packet[0]]},"cat":"packet","id":{self._arrows},'
            made += (f'{common}"ph":"s",{there}', f'{common}"ph":"f","bp":"e",{here}')


def _drop(move: Move, clock: Clock) -> str:
    event = {
        "name": f"dropped: {move.stream}", "cat": "drop", "ph": "i", "s": "p", "ts": float(clock.us(move.at)),
        "pid": _PROCESS, "tid": 1, "args": {"node": move.node, "timestamp": describe(move.time)},
    }  # fmt: skip
    return _ENCODE(event)


def _depths(kept: Sequence[Work | Move], clock: Clock) -> Iterator[str]:
    """Yield how many packets wait: in all queues together, and in each that ever holds several."""
    deep = {(e.node, e.stream) for e in kept if isinstance(e, Move) and e.waiting >= _SHOWN_DEPTH}
    depths: dict[tuple[str, str], int] = {}
    rows: dict[tuple[str, str], list[tuple[float, int]]] = {queue: [] for queue in deep}
    totals: list[tuple[float, int]] = []
    total = 0
    for at, queue, depth in _steps(kept, depths):
        total += depth - depths.get(queue, 0)
        depths[queue] = depth
        if queue in deep:
            rows[queue].append((at, depth))
        if totals and at - totals[-1][0] < _SHOWN_PAUSE_S:
            totals[-1] = (at, total)
        else:
            totals.append((at, total))
    yield from _counters("packets that wait", totals, clock)
    for (node, stream), seen in sorted(rows.items()):
        yield from _counters(f"queue of {node}: {stream}", seen, clock)


def _steps(
    kept: Sequence[Work | Move], depths: Mapping[tuple[str, str], int]
) -> Iterator[tuple[float, tuple[str, str], int]]:
    """Yield when a queue gained or lost a packet, and how many it then held; *depths* is what they held before."""
    for event in kept:
        if isinstance(event, Work):
            for stream, _ in event.taken:
                queue = (event.name, stream)
                yield event.begin, queue, max(0, depths.get(queue, 0) - 1)
        else:
            queue = (event.node, event.stream)
            yield event.at, queue, max(0, depths.get(queue, 0) - 1) if event.kind == DROPPED else event.waiting


def _counters(name: str, seen: Sequence[tuple[float, int]], clock: Clock) -> Iterator[str]:
    begin = f'{{"name":{json.dumps(name)},"ph":"C","pid":{_PROCESS},"tid":0,"ts":'
    for at, packets in seen:
        yield f'{begin}{clock.us(at)},"args":{{"packets":{packets}}}}}'


def _named(what: str, thread: int, name: str) -> str:
    return _ENCODE({"name": what, "ph": "M", "pid": _PROCESS, "tid": thread, "args": {"name": name}})
