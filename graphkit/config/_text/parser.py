"""Reads the protobuf text format into a message, keeping the place of every field.

It accepts what protobuf's own parser accepts (a test compares the two). It is a parser of its own for two
reasons: it reports every unknown field of a file, with close names, while protobuf's stops at the first;
and it knows line and column of each node, stream and option afterwards.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, cast

from google.protobuf.descriptor import FieldDescriptor

from graphkit.config._options.catalog import any_message_class, close_messages, lacks_extension, node_extension
from graphkit.config._text.layout import FLOAT_TYPES, INT_TYPES, TEXT_TYPES, field_layout, layout_of
from graphkit.config._text.literals import parse_bool, parse_float, parse_int, string_bytes
from graphkit.config._text.source import Mark, Place
from graphkit.errors import Lack, PbtxtSyntaxError, did_you_mean
from graphkit.errors._base import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.message import Message

    from graphkit.config._checking.faults import Faults
    from graphkit.config._text.layout import FieldLayout
    from graphkit.config._text.source import Source

_TOKEN: Final = re.compile(
    r"""(?:\s+|\#[^\n]*)*
    ( [A-Za-z_]\w*
    | (?:0[xX][0-9a-fA-F]+ | (?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\w*
    | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*'
    | \Z
    | . )""",
    re.VERBOSE | re.ASCII,
)
# protobuf reads a serialized message of this depth; each takes a few calls of Python's thousand.
_MOST_DEPTH: Final = 100
_JOINTS: Final = frozenset("./-")
_CLOSING: Final = {"{": "}", "<": ">"}


def tokenize(text: str) -> tuple[list[str], list[int]]:
    """Return the tokens of *text* and their offsets; the last token is empty. Any odd character is a token."""
    found = [(match[1], match.start(1)) for match in _TOKEN.finditer(text)]
    return [token for token, _ in found], [offset for _, offset in found]


def tokens_of(text: str) -> Iterator[str]:
    """Yield the tokens of *text* as they come."""
    return (match[1] for match in _TOKEN.finditer(text))


class TextParser:
    """Parses one text into one message.

    Args:
        source: the text.
        tokens: of `tokenize`.
        faults: collects what is wrong with fields; syntax errors are raised.
    """

    def __init__(self, source: Source, tokens: tuple[list[str], list[int]], faults: Faults) -> None:
        self._source = source
        self._tokens, self._offsets = tokens
        self._index = 0
        self._depth = 0
        self._faults = faults

    def parse(self, message: Message) -> Mark:
        """Fill *message* from the whole text and return the marks of its fields.

        Raises:
            PbtxtSyntaxError: the text is incomplete or not in text format.
        """
        mark = Mark(0)
        self._message(message, mark, "")
        return mark

    # --- fields ---------------------------------------------------------------------------------

    def _message(self, message: Message, mark: Mark, closing: str) -> None:
        """Read fields up to *closing* ("" for the end of the text)."""
        self._depth += 1
        if self._depth > _MOST_DEPTH:
            raise self._error("a closing brace", f"messages are nested {_MOST_DEPTH} deep at most")
        opened_at = self._index - 1
        fields = layout_of(message.DESCRIPTOR)
        while (token := self._tokens[self._index]) != closing:
            if token == "[":
                self._bracketed(message, mark)
            elif _is_name(token):
                self._field(message, mark, fields.get(token))
            elif not token:
                raise self._unclosed(opened_at, closing)
            else:
                raise self._error("a field name" + (f' or "{closing}"' if closing else ""))
            if self._tokens[self._index] in (",", ";"):
                self._index += 1
        self._index += 1
        self._depth -= 1

    def _field(self, message: Message, mark: Mark, field: FieldLayout | None) -> None:
        start = self._index
        self._index += 1
        if field is None:
            self._unknown_field(message, start)
        elif field.is_message:
            self._colon(required=False)
            self._message_values(message, mark, field, start)
        else:
            self._colon(required=True)
            self._scalar_values(message, mark, field, start)

    def _message_values(self, message: Message, mark: Mark, field: FieldLayout, start: int) -> None:
        in_list = self._take("[")
        marks = mark.fields.setdefault(field.name, [])
        while not (in_list and self._take("]")):
            inner = Mark(self._offsets[self._index if in_list else start])
            if field.repeated:
                target = getattr(message, field.name).add()
            else:
                self._refuse_second(field.name, marks, start)
                target = getattr(message, field.name)
                target.SetInParent()
            marks.append(inner)
            self._braces(target, inner)
            if not in_list:
                return
            self._comma_or("]")

    def _scalar_values(self, message: Message, mark: Mark, field: FieldLayout, start: int) -> None:
        marks = mark.fields.setdefault(field.name, [])
        if field.repeated and self._take("["):
            while not self._take("]"):
                self._scalar_value(message, marks, field, self._index)
                self._comma_or("]")
            return
        if not field.repeated:
            self._refuse_second(field.name, marks, start)
        self._scalar_value(message, marks, field, start)

    def _scalar_value(self, message: Message, marks: list[Mark], field: FieldLayout, start: int) -> None:
        """Read one value into the message; *start* is where it, or its field, begins."""
        value_at = self._index
        value = self._scalar(field)
        if value is None:
            return
        try:
            if field.repeated:
                getattr(message, field.name).append(value)
            else:
                setattr(message, field.name, value)
        except (TypeError, ValueError) as exc:
            shown = shortened(repr(value), 100)
            self._faults.add(f'field "{field.name}" cannot be {shown}: {exc}', self._place(value_at))
        else:
            marks.append(Mark(self._offsets[start]))

    def _braces(self, message: Message, mark: Mark) -> None:
        closing = _CLOSING.get(self._tokens[self._index])
        if closing is None:
            raise self._error('"{"', "the field holds a message")
        self._index += 1
        self._message(message, mark, closing)

    # --- [extension] and [type.googleapis.com/message] --------------------------------------------

    def _bracketed(self, message: Message, mark: Mark) -> None:
        start = self._index
        name = self._bracketed_name()
        self._colon(required=False)
        if message.DESCRIPTOR.full_name == "google.protobuf.Any":
            self._any(message, mark, name, start)
            return
        extension = node_extension(name, message.DESCRIPTOR)
        if extension is None:
            self._unknown_message(name, message, start)
            self._skip_value()
            return
        inner = Mark(self._offsets[start])
        mark.fields.setdefault(f"[{extension.full_name}]", []).append(inner)
        field = field_layout(extension)
        if not field.is_message or field.repeated:
            raise self._error("an extension that is one message", f"[{name}] is not")
        target = cast("Any", message).Extensions[extension]
        target.SetInParent()
        self._braces(target, inner)

    def _any(self, message: Message, mark: Mark, name: str, start: int) -> None:
        cls = any_message_class(name.rpartition("/")[2]) if "/" in name else None
        if cls is None:
            self._unknown_message(name, message, start)
            self._skip_value()
            return
        inner = Mark(self._offsets[start])
        inner.content = cls()
        mark.fields.setdefault("[]", []).append(inner)
        self._braces(inner.content, inner)
        message.type_url = name  # type: ignore[attr-defined]
        message.value = inner.content.SerializePartialToString()  # type: ignore[attr-defined]

    def _bracketed_name(self) -> str:
        tokens, begin = self._tokens, self._index + 1
        end = begin
        while _is_name(tokens[end]) and tokens[end + 1] in _JOINTS:
            end += 2
        end += _is_name(tokens[end])
        self._index = end
        if tokens[end] != "]" or tokens[end - 1] in _JOINTS or end == begin:
            raise self._error('"]"', "an extension is written [mediapipe.X.ext]")
        self._index += 1
        return "".join(tokens[begin:end])

    def _unknown_message(self, name: str, message: Message, start: int) -> None:
        if self._faults.is_full:
            self._faults.count_one()
            return
        full_name = name.rpartition("/")[2]
        in_any = message.DESCRIPTOR.full_name == "google.protobuf.Any"
        if in_any and "/" not in name:
            hint = f" Here the type is written [type.googleapis.com/{full_name.removesuffix('.ext')}]."
        elif not in_any and lacks_extension(full_name.removesuffix(".ext"), message.DESCRIPTOR):
            written = f"node_options {{ [type.googleapis.com/{full_name.removesuffix('.ext')}] {{ ... }} }}"
            hint = f" These options have no extension: write {written}."
        elif not in_any and "/" in name:
            hint = f" Here the extension is written [{full_name}.ext]; a type belongs into node_options."
        else:
            hint = close_messages(full_name.removesuffix(".ext"))
            hint = hint or " It belongs to a calculator that is not installed or not imported."
        shown, lack = shortened(name, 200), Lack("options", full_name.removesuffix(".ext"))
        self._faults.add(f"options message [{shown}] is not known.{hint}", self._place(start), lack=lack)

    # --- values -----------------------------------------------------------------------------------

    def _scalar(self, field: FieldLayout) -> Any:
        """Return the value of a scalar field; None after reporting one that does not fit."""
        at = self._index
        try:
            if field.type in TEXT_TYPES:
                raw = self._string(field.name)
                return raw if field.type == FieldDescriptor.TYPE_BYTES else raw.decode()
            return _number(field, self._literal(field.name))
        except ValueError as exc:
            self._faults.add(f'field "{field.name}": {exc}', self._place(at))
            return None

    def _string(self, name: str) -> bytes:
        if self._tokens[self._index][:1] not in ('"', "'"):
            raise self._error("a quoted string", f'field "{name}" holds text')
        parts: list[str] = []
        while self._tokens[self._index][:1] in ('"', "'"):
            if len(self._tokens[self._index]) < 2:
                raise self._error("the closing quote on the same line")
            parts.append(self._tokens[self._index])
            self._index += 1
        return b"".join(map(string_bytes, parts))

    def _literal(self, name: str) -> str:
        sign = "-" if self._take("-") else ""
        token = self._tokens[self._index]
        if token[:1] in ('"', "'"):
            raise self._error("a number or a name without quotes", f'field "{name}" does not hold text')
        if not token or not (token[0].isalnum() or token[0] in "._") or token == ".":
            raise self._error(f'a value of field "{name}"')
        self._index += 1
        return sign + token

    # --- small steps ------------------------------------------------------------------------------

    def _take(self, token: str) -> bool:
        if self._tokens[self._index] != token:
            return False
        self._index += 1
        return True

    def _colon(self, *, required: bool) -> None:
        if not self._take(":") and required:
            raise self._error(f'":" after "{self._tokens[self._index - 1]}"')

    def _comma_or(self, closing: str) -> None:
        if not self._take(",") and self._tokens[self._index] != closing:
            raise self._error(f'"," or "{closing}"', "a list separates its values by commas")

    def _refuse_second(self, name: str, marks: list[Mark], start: int) -> None:
        if marks:
            first = self._source.location(marks[0].offset)
            self._faults.add(
                f'field "{name}" is given twice (first at line {first.line}); it takes one value',
                self._place(start),
            )

    def _unknown_field(self, message: Message, start: int) -> None:
        if self._faults.is_full:
            self._faults.count_one()
        else:
            name, descriptor = self._tokens[start], message.DESCRIPTOR
            known = layout_of(descriptor)
            listing = did_you_mean(name, known) or f" Its fields: {', '.join(known)}."
            shown = shortened(name, 100)
            self._faults.add(f'{descriptor.full_name} has no field "{shown}".{listing}', self._place(start))
        self._colon(required=False)
        self._skip_value()

    def _skip_value(self) -> None:
        """Skip one value of any kind, so that the rest of the file is checked too."""
        closing = {"{": "}", "<": ">", "[": "]"}
        waiting: list[str] = []
        start = self._index
        while True:
            token = self._tokens[self._index]
            if not token:
                raise self._unclosed(start, waiting[-1]) if waiting else self._error("a value")
            self._index += 1
            if token in closing:
                waiting.append(closing[token])
            elif waiting and token == waiting[-1]:
                waiting.pop()
            if not waiting and token != "-" and not self._tokens[self._index].startswith(('"', "'")):
                return

    def _place(self, index: int) -> Place:
        return Place(self._source, self._offsets[index])

    def _error(self, expected: str, hint: str = "") -> PbtxtSyntaxError:
        token = shortened(self._tokens[self._index], 100)
        found = f'"{token}"' if token and token[0] not in "\"'" else token or "the end of the text"
        message = f"found {found}, expected {expected}" + (f"; {hint}." if hint else ".")
        return PbtxtSyntaxError(message, self._place(self._index).location)

    def _unclosed(self, opened_at: int, closing: str) -> PbtxtSyntaxError:
        opened = self._source.location(self._offsets[max(opened_at, 0)])
        return PbtxtSyntaxError(
            f'the text ends where "{closing}" is missing: what line {opened.line}, column '
            f"{opened.column} opens is never closed.",
            self._place(self._index).location,
        )


def _is_name(token: str) -> bool:
    return token[:1].isalpha() or token[:1] == "_"


def _number(field: FieldLayout, literal: str) -> Any:
    if field.type in FLOAT_TYPES:
        return parse_float(literal)
    if field.type in INT_TYPES:
        return parse_int(literal)
    if field.type == FieldDescriptor.TYPE_BOOL:
        return parse_bool(literal)
    if literal in field.enum_values:
        return field.enum_values[literal]
    if not literal.removeprefix("-").isdigit():
        close = did_you_mean(literal, field.enum_values)
        shown = shortened(literal, 40)
        raise ValueError(f"{shown} is not one of {', '.join(field.enum_values)}.{close}")
    return parse_int(literal)
