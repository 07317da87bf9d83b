"""Fields and extensions of a binary config that no descriptor knows, by number; they would be lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphkit.config._text.layout import is_repeated
from graphkit.errors import Lack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.message import Message

    from graphkit.config._checking.faults import Faults
    from graphkit.config._text.source import Place

_EXTENDABLE: Final = frozenset({"mediapipe.CalculatorOptions", "mediapipe.MediaPipeOptions"})
_FIRST_EXTENSION: Final = 20_000


def report_unknown_fields(message: Message, place: Place, faults: Faults, owner: str = "the graph") -> None:
    """Add a fault for each undeclared field and extension in *message* and in its inner messages.

    Args:
        message: as it was parsed.
        place: of the config.
        faults: collects them.
        owner: what the message is, for the fault's text.
    """
    full_name = message.DESCRIPTOR.full_name
    for number in _numbers(message):
        if full_name in _EXTENDABLE and number >= _FIRST_EXTENSION:
            faults.add(
                f"options of {owner}: no options message has the extension number {number}, so what it says would "
                "be lost. It belongs to a calculator that is not installed or not imported.",
                place,
                lack=Lack("options", f"extension {number}"),
            )
        else:
            faults.add(
                f"{owner}: {full_name} has no field number {number} here, so what it says would be lost. The "
                "config was written for another version of that message.",
                place,
            )
    for owner_inside, inner in _inside(message, owner):
        report_unknown_fields(inner, place, faults, owner_inside)


def _numbers(message: Message) -> Iterator[int]:
    from google.protobuf.unknown_fields import UnknownFieldSet

    found: Any = UnknownFieldSet(message)
    yield from sorted({field.field_number for field in found})


def _inside(message: Message, owner: str) -> Iterator[tuple[str, Message]]:
    for field, value in message.ListFields():
        if field.message_type is None or field.message_type.GetOptions().map_entry:
            continue
        several: Any = value if is_repeated(field) else [value]
        for number, inner in enumerate(several):
            yield _owner(field.name, number, inner, owner), inner


def _owner(field: str, number: int, message: Any, owner: str) -> str:
    if field != "node":
        return owner
    name, calculator = message.name, message.calculator
    return f'node "{name}" ({calculator})' if name else f'node {number} "{calculator}"'
