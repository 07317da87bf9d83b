"""Arrows of a trace: from each call that emitted a packet to every call that took it."""

from __future__ import annotations

import json
from itertools import compress, repeat
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from graphkit.framework._ledger_rows import CALL, TOOK
from graphkit.insight._templates import PROCESS, filled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from graphkit.framework._ledger_rows import Topic
    from graphkit.insight._rows import Group

_Maker: TypeAlias = "tuple[int, int, str, int]"
_AT_ONCE: Final = 10_000
_NEVER: Final = (2**62, 0, "", 0)
_END: Final = f'"ts":%d.%s,"pid":{PROCESS},"tid":%d}}'
_COMMON: Final = '{"name":%s,"cat":"packet","id":%d,'
_TEMPLATE: Final = f'{_COMMON}"ph":"s",{_END},\n{_COMMON}"ph":"f","bp":"e",{_END}'


def arrows(groups: Sequence[Group], topics: Sequence[Topic]) -> Iterator[str]:
    """Yield both ends of each arrow as JSON text; one without a begin is left out.

    Args:
        groups: of rows.
        topics: by number.
    """
    import numpy as np

    last = 0
    for makers, names, begins, *here in _takes(groups, topics):
        ends, *there = zip(*makers, strict=True)
        leads = np.array(ends) <= begins  # else the begin is lost, or it was a call ahead of time (S36)
        first, last = last + 1, last + int(np.count_nonzero(leads))
        if first <= last:
            name, *both = [list(compress(column, leads.tolist())) for column in (names, *there, *here)]
            ids = range(first, last + 1)
            yield filled(_TEMPLATE, [name, ids, *both[:3], name, ids, *both[3:]])


def _takes(groups: Sequence[Group], topics: Sequence[Topic]) -> Iterator[list[list[Any]]]:
    """Yield packets that calls took, many at a time.

    In columns: the call that emitted it, the stream's name as JSON, and of the call when it began, in nanoseconds
    and as microseconds in two parts, and on which thread.
    """
    made = _made(groups)
    columns: list[list[Any]] = [[] for _ in range(6)]
    for group in groups:
        for queue in group.topic.queues if group.topic.kind in (CALL, TOOK) else ():
            topic = topics[queue]
            makers = map(made.get((topic.run, topic.stream), {}).get, group.times, repeat(_NEVER))
            name = repeat(json.dumps(topic.stream), len(group.times))
            more = makers, name, group.begin.tolist(), *group.begin_us, group.threads
            for column, values in zip(columns, more, strict=True):
                column.extend(values)
        if len(columns[0]) > _AT_ONCE:
            yield columns
            columns = [[] for _ in range(6)]
    if columns[0]:
        yield columns


def _made(groups: Sequence[Group]) -> dict[tuple[int, str], dict[int, _Maker]]:
    """Return by stream and time where each packet was emitted.

    That is: when the call ended, in nanoseconds and as microseconds in two parts, and its thread.
    """
    made: dict[tuple[int, str], dict[int, _Maker]] = {}
    for group in groups:
        if not group.topic.made:
            continue
        ends = list(zip(group.end.tolist(), *group.end_us, group.threads, strict=True))
        for name in group.topic.made:
            fresh = dict(zip(group.times, ends, strict=True))
            before = made.setdefault((group.topic.run, name), fresh)
            for twice in before.keys() & fresh.keys() if before is not fresh else ():
                fresh[twice] = max(before[twice], fresh[twice])  # once ahead of time, and in vain (S36)
            before.update(fresh)
    return made
