"""Tables: which columns a stream has in a .csv, and the text of a packet in it.

A row stands for one thing: a landmark, a detection, a rect, a class, a picture or a number. Which columns there
are follows from the type of the stream alone, so that a run which finds nothing writes the same header.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_args, get_origin

from graphkit.errors import FormatError
from graphkit.formats import (
    ClassificationList,
    ClassificationListCollection,
    Detection,
    DetectionList,
    LandmarkList,
    LandmarkListCollection,
    NormalizedLandmarkList,
    NormalizedLandmarkListCollection,
    Tensor,
)
from graphkit.framework._packet_type import Kind, type_label
from graphkit.jobs._sinks.rows import THINGS, quoted

if TYPE_CHECKING:
    from graphkit.framework import PacketType
    from graphkit.jobs._sinks.rows import FrameSize

HOLDS: Final = "landmarks, detections, rects, classifications, numbers, texts and the sizes of pictures"

_COLLECTIONS: Final[dict[type[Any], type[Any]]] = {
    NormalizedLandmarkListCollection: NormalizedLandmarkList,
    LandmarkListCollection: LandmarkList,
    ClassificationListCollection: ClassificationList,
    DetectionList: Detection,
}


class Table(NamedTuple):
    """The table of a stream.

    Attributes:
        carried: the type of one thing.
        many: whether a packet holds several things.
    """

    carried: Any
    many: bool

    @property
    def has_landmarks(self) -> bool:
        """Whether the rows are landmarks."""
        return self.carried in (NormalizedLandmarkList, LandmarkList)

    @property
    def in_frame(self) -> bool:
        """Whether it has the columns ``frame_width`` and ``frame_height``."""
        return THINGS[self.carried].in_frame

    def header(self, *, label: str = "") -> str:
        """Return the names of the columns, as a line.

        Args:
            label: the column that tells whose a row is, such as ``handedness``; "" for none.
        """
        before = ["timestamp", *["item"] * self.many, *([label] if label else [])]
        behind = ["frame_width", "frame_height"] if self.in_frame else []
        return ",".join([*before, THINGS[self.carried].columns, *behind]) + "\n"

    def rows(
        self, timestamp: int, payload: Any, frame: FrameSize = None, labels: Sequence[str] | None = None
    ) -> str:
        """Return the rows of a packet, nothing for one that holds nothing.

        Args:
            timestamp: in microseconds.
            payload: one thing, a list or a collection of them, as the stream's type says.
            frame: width and height of the frame that was fed at this time, None if that is not known.
            labels: for the column that tells whose, one per thing; the rest stays empty. None: no such column.

        Raises:
            FormatError: the payload is something else.
        """
        things = payload if self.many else (payload,)
        _want(self, things, payload)
        kind = THINGS[self.carried]
        tail = ("," if frame is None else f"{frame[0]},{frame[1]}") if kind.in_frame else None
        lines = []
        for item, thing in enumerate(things):
            head = f"{timestamp},{item}," if self.many else f"{timestamp},"
            if labels is not None:
                head += f"{quoted(labels[item]) if item < len(labels) else ''},"
            ending = "\n" if tail is None else f",{tail}\n"
            lines += [f"{head}{row}{ending}" for row in kind.rows(thing, frame)]
        return "".join(lines)


def can_be_table(packet_type: PacketType) -> bool:
    """Return whether the packets of a stream may fit into a table; its type may leave that open."""
    return packet_type.kind is not Kind.ONE_OF or any(_table_of(kind) for kind in packet_type.types)


def carries_tensors(packet_type: PacketType) -> bool:
    """Return whether a stream is known to carry tensors."""
    kinds = [get_args(kind)[0] if get_origin(kind) is list else kind for kind in packet_type.types]
    return bool(kinds) and all(isinstance(kind, type) and issubclass(kind, Tensor) for kind in kinds)


def kept_as_text(packet_type: PacketType) -> str:
    """Return how to keep a stream that a kind of file does not take, for a message."""
    if carries_tensors(packet_type):
        return (
            "Convert the tensors in the graph, as TensorsToFloatsCalculator and other TensorsTo... calculators "
            "do, and write what those emit"
        )
    opaque = any(kind in (tuple, list) for kind in packet_type.types)
    return "Write it as .jsonl" + (", if it holds no pictures" if opaque else "")


def table_for(packet_type: PacketType) -> Table | None:
    """Return the table of a stream, None if its first packet has to tell."""
    tables = [_table_of(kind) for kind in packet_type.types]
    found = [table for table in tables if table is not None]
    same = {(THINGS[table.carried], table.many) for table in found}
    return found[0] if len(same) == 1 and len(found) == len(tables) else None


def table_of_payload(payload: object) -> Table:
    """Return the table of a stream whose first packet holds *payload*.

    Raises:
        FormatError: there is none.
    """
    if isinstance(payload, list) and payload:
        found = _table_of(list[type(payload[0])])  # type: ignore[misc]
    else:
        found = _table_of(type(payload))
    if found is None:
        raise FormatError(_refusal(payload))
    return found


def _table_of(kind: Any) -> Table | None:
    if get_origin(kind) is list:
        (item,) = get_args(kind)
        return Table(item, many=True) if item in THINGS else None
    if kind in _COLLECTIONS:
        return Table(_COLLECTIONS[kind], many=True)
    return Table(kind, many=False) if kind in THINGS else None


def _want(table: Table, things: Any, payload: object) -> None:
    expected = _like(table.carried)
    several = isinstance(things, (Sequence, *_COLLECTIONS)) and not isinstance(things, str)
    if not several or not all(isinstance(thing, expected) for thing in things):
        raise FormatError(_refusal(payload))


@cache
def _like(carried: Any) -> tuple[type[Any], ...]:
    """Return what may stand in a table beside *carried*: the types that make the same rows."""
    return tuple(kind for kind, thing in THINGS.items() if thing.rows is THINGS[carried].rows)


def _refusal(payload: object) -> str:
    label = type_label(type(payload))
    return f"a .csv holds {HOLDS}; this packet holds {label}. Dump the stream as .jsonl instead."
