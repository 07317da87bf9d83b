"""Events of a run in the Chrome trace event format, which Perfetto and chrome://tracing read.

Times are microseconds since the first event. An arrow leads from each call that emitted a packet to every call
that took it; an arrow is left out if the trace has lost one of its ends. The order of the events means nothing in
this format but for those that begin at the same time: calls come before the arrows that lead to them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from graphkit.framework._ledger_rows import APART, CALL, DROPPED, MADE, TOOK, WIDTH
from graphkit.framework._timestamp import describe
from graphkit.insight._arrows import arrows
from graphkit.insight._depths import depths
from graphkit.insight._events import LIMITED, PART, WORK
from graphkit.insight._rows import Columns, groups_of, microseconds
from graphkit.insight._templates import PROCESS, filled, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from graphkit.framework._ledger_rows import Topic
    from graphkit.insight._events import Events
    from graphkit.insight._rows import Group

_ENCODE: Final = json.JSONEncoder(separators=(",", ":")).encode


def trace_events(events: Events, calculators: Mapping[str, str]) -> Iterator[str]:
    """Yield the events as JSON text, a line for each and a comma between two.

    Args:
        events: of a run.
        calculators: names of calculators by node.
    """
    rows, lost, topics = events.newest(), events.lost, events.topics
    columns = Columns(rows, topics) if rows else None
    yield _named("process_name", 0, "graphkit")
    for thread, number in columns.threads.items() if columns else ():
        yield _named("thread_name", number, thread.name)
    if lost:
        what = f"The oldest {lost} events were dropped."
        yield _ENCODE({"name": what, "ph": "i", "s": "g", "ts": 0, "pid": PROCESS, "tid": 1})
    if columns is None:
        return
    groups = list(groups_of(columns))
    slices = _Slices(rows, topics, calculators)
    for group in groups:
        if group.topic.kind in WORK:
            yield slices.of(group)
        elif group.topic.kind in (DROPPED, LIMITED):
            yield _drops(group)
    yield from arrows(groups, topics)
    for name, at, packets in depths(columns):
        begin = f'{{"name":{quoted(name)},"ph":"C","pid":{PROCESS},"tid":0,"ts":'
        yield filled(f'{begin}%d.%s,"args":{{"packets":%d}}}}', [*microseconds(at), packets.tolist()])


def _named(what: str, thread: int, name: str) -> str:
    return _ENCODE({"name": what, "ph": "M", "pid": PROCESS, "tid": thread, "args": {"name": name}})


class _Times(dict[int, str]):
    """Timestamps as they are shown, each once."""

    def __missing__(self, time: int) -> str:
        self[time] = shown = describe(time)
        return shown


class _Slices:
    """Makes what the threads did.

    Args:
        rows: all of them.
        topics: by number.
        calculators: their names by node.
    """

    def __init__(self, rows: list[Any], topics: Sequence[Topic], calculators: Mapping[str, str]) -> None:
        self._rows, self._entries, self._calculators = rows, topics, calculators
        self._times = _Times()

    def of(self, group: Group) -> str:
        """Return the slices of a group."""
        topic = group.topic
        calculator = self._calculators.get(topic.name)
        args = [] if calculator is None else [f'"calculator":{quoted(calculator)}']
        columns: list[Sequence[Any]] = [*group.begin_us, *group.lasted_us, group.threads]
        if topic.kind == CALL:
            args.append('"timestamp":"%s","in":"{}","out":"{}"'.format(*self._packets(group)))
            columns += self._times_of(group)
        head = quoted(topic.name if topic.kind in (CALL, PART) else f"{topic.kind} {topic.name}")
        template = (
            f'{{"name":{head},"cat":"{topic.kind}","ph":"X","ts":%d.%s,"dur":%d.%s,"pid":{PROCESS},'
            f'"tid":%d,"args":{{{",".join(args)}}}}}'
        )
        return filled(template, columns)

    def _packets(self, group: Group) -> tuple[str, str]:
        """Return what calls took and emitted, with room for the times."""
        topic = group.topic
        if topic.stream == APART:
            return "%s", "%s"
        taken = [self._entries[queue].stream for queue in topic.queues]
        made = self._entries[topic.later].made if topic.later else topic.made
        first, second = (", ".join(f"{quoted(one)[1:-1]} @ %s" for one in some) for some in (taken, made))
        return first, second

    def _times_of(self, group: Group) -> Sequence[Sequence[str]]:
        """Return what fills that room, and the time of the call before it."""
        times, topic = self._times, group.topic
        shown = [times[time] for time in group.times]
        if topic.stream == APART:
            return [shown, *zip(*map(self._packets_of, group.rows), strict=True)]
        if not topic.later:
            return [shown] * (1 + len(topic.queues) + len(topic.made))
        later = [times[self._rows[(row + 1) * WIDTH + 3]] for row in group.rows]
        return [shown] * (1 + len(topic.queues)) + [later] * len(self._entries[topic.later].made)

    def _packets_of(self, row: int) -> tuple[str, str]:
        """Return what the call of a row took and emitted: rows after it have more."""
        rows, topics = self._rows, self._entries
        listed: dict[str, list[str]] = {CALL: [], TOOK: [], MADE: []}
        for at in range(row * WIDTH, len(rows), WIDTH):
            topic = topics[rows[at + WIDTH - 1]]
            if at > row * WIDTH and topic.kind not in (TOOK, MADE):
                break
            streams = [*(topics[queue].stream for queue in topic.queues), *topic.made]
            time = self._times[rows[at + 3]]
            listed[topic.kind] += [f"{json.dumps(stream)[1:-1]} @ {time}" for stream in streams]
        return ", ".join(listed[CALL] + listed[TOOK]), ", ".join(listed[MADE])


def _drops(group: Group) -> str:
    topic = group.topic
    template = (
        f'{{"name":{quoted(f"dropped: {topic.stream}")},"cat":"drop","ph":"i","s":"p","ts":%d.%s,'
        f'"pid":{PROCESS},"tid":1,"args":{{"node":{quoted(topic.name)},"timestamp":"%s"}}}}'
    )
    return filled(template, [*group.begin_us, [describe(time) for time in group.times]])
