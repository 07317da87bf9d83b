"""What the parser needs from a message's descriptor, read once and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from google.protobuf.descriptor import FieldDescriptor

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor

INT_TYPES: Final = frozenset(
    getattr(FieldDescriptor, f"TYPE_{name}")
    for name in (
        "INT32", "INT64", "UINT32", "UINT64", "SINT32", "SINT64", "FIXED32", "FIXED64", "SFIXED32", "SFIXED64",
    )
)  # fmt: skip
FLOAT_TYPES: Final = frozenset({FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT})
TEXT_TYPES: Final = frozenset({FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES})


class FieldLayout(NamedTuple):
    """One field: its name, protobuf type (FieldDescriptor.TYPE_*), and what its values are.

    Attributes:
        enum_values: number of each name, for an enum field.
        message_type: the message's descriptor, for a message field.
    """

    name: str
    type: int
    is_message: bool
    repeated: bool
    enum_values: dict[str, int]
    message_type: Descriptor | None


_layouts: dict[str, dict[str, FieldLayout]] = {}


def layout_of(descriptor: Any) -> dict[str, FieldLayout]:
    """Return the fields of a message of graphkit's pool, by name; extensions are not among them."""
    fields = _layouts.get(descriptor.full_name)
    if fields is None:
        fields = {field.name: field_layout(field) for field in descriptor.fields}
        _layouts[descriptor.full_name] = fields
    return fields


def forget_layouts() -> None:
    """Forget all layouts: messages are about to be declared again."""
    _layouts.clear()


def field_layout(field: Any) -> FieldLayout:
    """Return the layout of one field descriptor."""
    enum = {value.name: value.number for value in field.enum_type.values} if field.enum_type else {}
    is_message = field.type in (FieldDescriptor.TYPE_MESSAGE, FieldDescriptor.TYPE_GROUP)
    return FieldLayout(field.name, field.type, is_message, is_repeated(field), enum, field.message_type)


def extends(extension: Any, extendee: Any) -> bool:
    """Return whether an extension is one of the message *extendee*."""
    return bool(extension.containing_type.full_name == extendee.full_name)


def is_repeated(field: Any) -> bool:
    """Return whether a field descriptor is a list; protobuf before 6 shows it by the label only."""
    if hasattr(field, "is_repeated"):
        return bool(field.is_repeated)
    return bool(field.label == FieldDescriptor.LABEL_REPEATED)
