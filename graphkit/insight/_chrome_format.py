"""Events of a run in the Chrome trace event format, which Perfetto and chrome://tracing read.

Times are microseconds since the first event. An arrow leads from each call that emitted a packet to every call
that took it; an arrow is left out if the trace has lost one of its ends. The order of the events means nothing in
this format but for those that begin at the same time: calls come before arrows.

All events of a kind and node have one template, and their text is made at once: that takes a fifth of the time of
one after the other.
"""

from __future__ import annotations

import json
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from graphkit.framework._ledger import APART, CALL, DROPPED, MADE, TOOK, WIDTH
from graphkit.framework._timestamp import describe
from graphkit.insight._depths import depths
from graphkit.insight._events import LIMITED, PART, WORK
from graphkit.insight._rows import groups_of, microseconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from graphkit.framework._ledger import Entry
    from graphkit.insight._events import Events
    from graphkit.insight._rows import Group

_ENCODE: Final = json.JSONEncoder(separators=(",", ":")).encode
_PROCESS: Final = 1
_NEVER: Final = (2**63, 0, 0, 0)
_Maker: TypeAlias = "tuple[int, int, int, int]"


def trace_events(events: Events, calculators: Mapping[str, str]) -> Iterator[str]:
    """Yield the events as JSON text, a line for each and a comma between two.

    Args:
        events: of a run.
        calculators: names of calculators by node.
    """
    rows, lost = events.newest(), events.lost
    yield _named("process_name", 0, "graphkit")
    for number, name in sorted(events.threads.items()):
        yield _named("thread_name", number, name)
    if lost:
        what = f"The oldest {lost} events were dropped."
        yield _ENCODE({"name": what, "ph": "i", "s": "g", "ts": 0, "pid": _PROCESS, "tid": 1})
    if not rows:
        return
    groups, entries = groups_of(rows, events.entries), events.entries
    slices = _Slices(rows, entries, calculators)
    for group in groups:
        if group.entry.kind in WORK:
            yield slices.of(group)
        elif group.entry.kind in (DROPPED, LIMITED):
            yield _drops(group)
    yield from _arrows(groups, entries)
    for name, at, packets in depths(groups, entries):
        begin = f'{{"name":{_quoted(name)},"ph":"C","pid":{_PROCESS},"tid":0,"ts":'
        yield _filled(f'{begin}%d.%03d,"args":{{"packets":%d}}}}', [*microseconds(at), packets.tolist()])


def _named(what: str, thread: int, name: str) -> str:
    return _ENCODE({"name": what, "ph": "M", "pid": _PROCESS, "tid": thread, "args": {"name": name}})


def _quoted(text: str) -> str:
    """Return JSON for a template."""
    return json.dumps(text).replace("%", "%%")


def _filled(template: str, columns: Sequence[Sequence[Any]]) -> str:
    """Return a line of the template for each row of the columns."""
    values = chain.from_iterable(zip(*columns, strict=True))
    return ",\n".join([template] * len(columns[0])) % tuple(values)


class _Times(dict[int, str]):
    """Timestamps as they are shown, each once."""

    def __missing__(self, time: int) -> str:
        self[time] = shown = describe(time)
        return shown


class _Slices:
    """Makes what the threads did.

    Args:
        rows: all of them.
        entries: by number.
        calculators: their names by node.
    """

    def __init__(self, rows: list[Any], entries: Sequence[Entry], calculators: Mapping[str, str]) -> None:
        self._rows, self._entries, self._calculators = rows, entries, calculators
        self._times = _Times()

    def of(self, group: Group) -> str:
        """Return the slices of a group."""
        entry = group.entry
        calculator = self._calculators.get(entry.name)
        args = [] if calculator is None else [f'"calculator":{_quoted(calculator)}']
        columns: list[Sequence[Any]] = [*group.begin_us, *group.lasted_us, group.counts]
        if entry.kind == CALL:
            args.append('"timestamp":"%s","in":"{}","out":"{}"'.format(*self._packets(group)))
            columns += self._times_of(group)
        head = _quoted(entry.name if entry.kind in (CALL, PART) else f"{entry.kind} {entry.name}")
        template = (
            f'{{"name":{head},"cat":"{entry.kind}","ph":"X","ts":%d.%03d,"dur":%d.%03d,"pid":{_PROCESS},'
            f'"tid":%d,"args":{{{",".join(args)}}}}}'
        )
        return _filled(template, columns)

    def _packets(self, group: Group) -> tuple[str, str]:
        """Return what calls took and emitted, with room for the times."""
        entry = group.entry
        if entry.stream == APART:
            return "%s", "%s"
        taken = [self._entries[queue].stream for queue in entry.taken]
        first, second = (", ".join(f"{_quoted(one)[1:-1]} @ %s" for one in some) for some in (taken, entry.made))
        return first, second

    def _times_of(self, group: Group) -> list[Sequence[str]]:
        """Return what fills that room, and the time of the call before it."""
        times, entry = self._times, group.entry
        shown = [times[time] for time in group.times]
        if entry.stream == APART:
            return [shown, *zip(*map(self._packets_of, group.rows.tolist()), strict=True)]
        return [shown] * (1 + len(entry.taken) + len(entry.made))

    def _packets_of(self, row: int) -> tuple[str, str]:
        """Return what the call of a row took and emitted, which is in the rows after it."""
        listed: dict[str, list[str]] = {TOOK: [], MADE: []}
        for at in range((row + 1) * WIDTH, len(self._rows), WIDTH):
            entry = self._entries[self._rows[at + WIDTH - 1]]
            if entry.kind not in listed:
                break
            listed[entry.kind].append(f"{json.dumps(entry.stream)[1:-1]} @ {self._times[self._rows[at + 3]]}")
        return ", ".join(listed[TOOK]), ", ".join(listed[MADE])


def _drops(group: Group) -> str:
    entry = group.entry
    template = (
        f'{{"name":{_quoted(f"dropped: {entry.stream}")},"cat":"drop","ph":"i","s":"p","ts":%d.%03d,'
        f'"pid":{_PROCESS},"tid":1,"args":{{"node":{_quoted(entry.name)},"timestamp":"%s"}}}}'
    )
    return _filled(template, [*group.begin_us, [describe(time) for time in group.times]])


def _arrows(groups: Sequence[Group], entries: Sequence[Entry]) -> Iterator[str]:
    """Yield both ends of each arrow."""
    made, arrows = _made(groups), 0
    for group in groups:
        for queue in group.entry.taken if group.entry.kind in (CALL, TOOK) else ():
            entry = entries[queue]
            stream, name = (entry.run, entry.stream), _quoted(entry.stream)
            makers = map(made.get, zip(repeat(stream), group.times), repeat(_NEVER))
            values: list[Any] = []
            for maker, begin, us, rest, thread in zip(
                makers, group.begin.tolist(), *group.begin_us, group.counts, strict=True
            ):
                if maker[0] <= begin:  # else lost, or a call ahead of time (S36)
                    arrows += 1
                    values += (arrows, *maker[1:], arrows, us, rest, thread)
            common = f'{{"name":{name},"cat":"packet","id":%d,'
            where = f'"ts":%d.%03d,"pid":{_PROCESS},"tid":%d}}'
            template = f'{common}"ph":"s",{where},\n{common}"ph":"f","bp":"e",{where}'
            if values:
                yield ",\n".join([template] * (len(values) // 8)) % tuple(values)


def _made(groups: Sequence[Group]) -> dict[tuple[tuple[int, str], int], _Maker]:
    """Return where each packet was emitted: nanoseconds, as microseconds in two parts, and the thread."""
    made: dict[tuple[tuple[int, str], int], _Maker] = {}
    for group in groups:
        for name in group.entry.made:
            keys = zip(repeat((group.entry.run, name)), group.times)
            ends = zip(group.end.tolist(), *group.end_us, group.counts, strict=True)
            fresh = dict(zip(keys, ends, strict=True))
            for twice in made.keys() & fresh.keys():  # once ahead of time and in vain (S36)
                fresh[twice] = max(made[twice], fresh[twice])
            made.update(fresh)
    return made
