"""Places in a config: the text, and the offsets of its fields.

Parsing keeps one `Mark` per field. A fault turns a mark into ``file:line:column`` only when it is reported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from graphkit.errors import Location

if TYPE_CHECKING:
    from google.protobuf.message import Message


class Source(NamedTuple):
    """One config as it was read.

    Attributes:
        name: path of the file, or the name used in messages instead.
        text: its text; None for a binary config, which has no lines.
        parameter: the parameter that the text was given in, if it has no file; ``name`` is then the text.
    """

    name: str = "<config>"
    text: str | None = None
    parameter: str = ""

    def location(self, offset: int) -> Location:
        """Return the line and column of a character; only the file if there is no such character."""
        if self.text is None or offset < 0:
            return Location(self.name, parameter=self.parameter)
        line_start = self.text.rfind("\n", 0, offset) + 1
        return Location(self.name, self.text.count("\n", 0, offset) + 1, offset - line_start + 1)


class Place(NamedTuple):
    """A character of a source."""

    source: Source
    offset: int = -1

    @property
    def location(self) -> Location:
        """The place as file, line and column."""
        return self.source.location(self.offset)


NOWHERE = Place(Source())


class Mark:
    """Where a field of a parsed message begins, and the same for the fields inside of it.

    Attributes:
        offset: of the field's first character, -1 if unknown.
        fields: marks of the inner fields by name, one per value, in order.
        content: the message inside a ``google.protobuf.Any``.
    """

    __slots__ = ("content", "fields", "offset")

    def __init__(self, offset: int = -1) -> None:
        self.offset = offset
        self.fields: dict[str, list[Mark]] = {}
        self.content: Message | None = None

    def at(self, name: str, index: int = 0) -> Mark:
        """Return the mark of the *index*-th value of field *name*; the mark of the whole if it is unknown."""
        marks = self.fields.get(name)
        if marks is None or index >= len(marks):
            return self
        return marks[index]
