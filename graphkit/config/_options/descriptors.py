"""Puts options classes into the descriptor pool, as the protobuf messages they stand for.

An outer class and the classes nested in its name (``mediapipe.X`` and ``mediapipe.X.Inner``) become one
message with nested messages. Enums are wrapped in a message of their own, so that two enums of one class
may use the same value names.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto

from graphkit import schema
from graphkit.config._text.layout import forget_layouts, is_repeated
from graphkit.errors import ContractError, SchemaError, did_you_mean
from graphkit.framework._options import OptionField, declared_options, options_named, schema_of

if TYPE_CHECKING:
    import enum

    from google.protobuf.descriptor import Descriptor, FieldDescriptor

_FOLDER: Final = "graphkit/options/"
_HOLDER: Final = "mediapipe/framework/calculator_options.proto"
Shape: TypeAlias = "tuple[str, bool, str]"
_lock: Final = threading.RLock()
_registered: Final[set[type[Any]]] = set()
_known: Final[dict[str, type[Any]]] = {}
"""The class that each message was last made from."""
_files: Final[dict[str, bytes]] = {}
"""Those that were added to the pool."""


def ensure_registered(cls: type[Any]) -> None:
    """Add the message of options class *cls* to the pool, and those of its fields.

    Raises:
        ContractError: the pool has another message of that name, or a field names an unknown message.
    """
    if cls in _registered:
        return
    with _lock:
        full_name = schema_of(cls).full_name
        ran_again = _known.get(full_name, cls) is not cls and options_named(full_name) == [cls]
        if ran_again or _find(full_name) is None:
            _forget_if_changed(_outermost(full_name))
        if _find(full_name) is None:
            _add_family(_outermost(full_name))
        _check_same(cls, _find(full_name))
        _registered.add(cls)
        _known[full_name] = cls


def _forget_if_changed(outer: str) -> None:
    """Remove the file of the message *outer* from the pool if its classes declare another one by now."""
    name = f"{_FOLDER}{outer}.proto"
    if name in _files and _family(outer).SerializeToString() != _files[name]:
        _registered.clear()
        forget_layouts()
        schema.forget_file(name)


def split_name(full_name: str) -> tuple[str, list[str]]:
    """Return the package and the message path of a full name; a package is written in lower case."""
    parts = full_name.split(".")
    first = next((i for i, part in enumerate(parts) if not part.islower()), len(parts) - 1)
    return ".".join(parts[:first]), parts[first:]


# --- building ------------------------------------------------------------------------------------------


def _add_family(outer: str) -> None:
    """Register the message *outer* with all messages declared inside of it."""
    file, members = _family(outer), _members(outer)
    for full_name in members:
        _refuse_taken_number(options_named(full_name)[0])
    try:
        schema.add_file(file)
    except SchemaError as exc:
        classes = ", ".join(_place(options_named(name)[0]) for name in members)
        raise ContractError(f"the options of {classes} do not make a protobuf message: {exc}") from exc
    _files[file.name] = file.SerializeToString()


def _members(outer: str) -> list[str]:
    return sorted(name for name in declared_options() if name == outer or name.startswith(f"{outer}."))


def _family(outer: str) -> FileDescriptorProto:
    """Return the file of the message *outer*, whose imports are registered."""
    package, _ = split_name(outer)
    imports = {_HOLDER}
    root = DescriptorProto(name=outer.rpartition(".")[2])
    for full_name in _members(outer):
        message = root
        for part in split_name(full_name)[1][1:]:
            message = _nested(message, part)
        _fill(message, options_named(full_name)[0], outer, imports)
    file = FileDescriptorProto(name=f"{_FOLDER}{outer}.proto", package=package, syntax="proto2")
    file.dependency.extend(sorted(imports))
    file.message_type.append(root)
    return file


def _refuse_taken_number(cls: type[Any]) -> None:
    """Raise ContractError if another message has the class's extension number."""
    number = schema_of(cls).extension
    holder = schema.pool().FindMessageTypeByName("mediapipe.CalculatorOptions")
    try:
        taken = schema.pool().FindExtensionByNumber(holder, number)
    except KeyError:
        return
    raise ContractError(
        f"{_place(cls)} takes extension number {number} of mediapipe.CalculatorOptions, which "
        f'"{taken.full_name.removesuffix(".ext")}" has already. Give it another number.'
    )


def _nested(message: DescriptorProto, name: str) -> DescriptorProto:
    for nested in message.nested_type:
        if nested.name == name:
            return nested
    return message.nested_type.add(name=name)


def _fill(message: DescriptorProto, cls: type[Any], outer: str, imports: set[str]) -> None:
    declared = schema_of(cls)
    for field in declared.fields:
        made = message.field.add(name=field.name, number=field.number)
        repeated = field.repeated
        made.label = FieldDescriptorProto.LABEL_REPEATED if repeated else FieldDescriptorProto.LABEL_OPTIONAL
        if field.kind == "enum":
            made.type = FieldDescriptorProto.TYPE_ENUM
            made.type_name = f".{declared.full_name}.{_add_enum(message, field.type)}"
        elif field.kind == "message":
            made.type = FieldDescriptorProto.TYPE_MESSAGE
            made.type_name = f".{_message_name(field)}"
            _import_type(field, outer, imports)
        else:
            made.type = FieldDescriptorProto.Type.Value(f"TYPE_{field.kind.upper()}")
    if declared.extension:
        message.extension.add(
            name="ext", number=declared.extension, extendee=".mediapipe.CalculatorOptions",
            label=FieldDescriptorProto.LABEL_OPTIONAL, type=FieldDescriptorProto.TYPE_MESSAGE,
            type_name=f".{declared.full_name}",
        )  # fmt: skip


def _add_enum(message: DescriptorProto, cls: type[enum.IntEnum]) -> str:
    """Add the enum inside a wrapper message, once; return its name relative to *message*."""
    wrapper = f"{cls.__name__}Enum"
    if all(nested.name != wrapper for nested in message.nested_type):
        made = message.nested_type.add(name=wrapper).enum_type.add(name=cls.__name__)
        for name, value in cls.__members__.items():
            made.value.add(name=name, number=int(value))
        if len(set(cls.__members__.values())) < len(cls.__members__):
            made.options.allow_alias = True
    return f"{wrapper}.{cls.__name__}"


def _import_type(field: OptionField, outer: str, imports: set[str]) -> None:
    full_name = _message_name(field)
    if full_name == outer or full_name.startswith(f"{outer}."):
        return
    if not field.message:
        ensure_registered(field.type)
    found = _find(full_name)
    if found is None:
        close = did_you_mean(full_name, declared_options())
        raise ContractError(f'option "{field.name}": there is no message "{full_name}" in the schema.{close}')
    imports.add(found.file.name)


def _outermost(full_name: str) -> str:
    package, path = split_name(full_name)
    return f"{package}.{path[0]}" if package else path[0]


def _message_name(field: OptionField) -> str:
    return field.message or schema_of(field.type).full_name


def _find(full_name: str) -> Descriptor | None:
    try:
        found: Descriptor = schema.pool().FindMessageTypeByName(full_name)
    except KeyError:
        return None
    return found


# --- two declarations of one message ---------------------------------------------------------------------


def _check_same(cls: type[Any], descriptor: Descriptor | None) -> None:
    for number, declared, present in _differences(cls, descriptor):
        raise ContractError(
            f'{_place(cls)} declares "{schema_of(cls).full_name}" with field {number} = '
            f"{_shape_label(declared)}, but the message is already known with "
            f"{_shape_label(present)}. Declare the same fields, or give it another name."
        )


def _differences(cls: type[Any], descriptor: Descriptor | None) -> list[tuple[int, Shape | None, Shape | None]]:
    """Return the fields that a class and a message do not share, by number."""
    declared = {field.number: _declared_shape(field) for field in schema_of(cls).fields}
    present = {} if descriptor is None else {field.number: _present_shape(field) for field in descriptor.fields}
    numbers = sorted(declared.keys() | present.keys())
    return [(n, declared.get(n), present.get(n)) for n in numbers if declared.get(n) != present.get(n)]


def _declared_shape(field: OptionField) -> Shape:
    kind = field.kind if field.kind != "message" else _message_name(field)
    return (field.name, field.repeated, kind)


def _present_shape(field: FieldDescriptor) -> Shape:
    if field.message_type is not None:
        kind = field.message_type.full_name
    elif field.enum_type is not None:
        kind = "enum"
    else:
        kind = FieldDescriptorProto.Type.Name(cast("Any", field.type)).removeprefix("TYPE_").lower()
    return (field.name, is_repeated(field), kind)


def _shape_label(shape: Shape | None) -> str:
    if shape is None:
        return "nothing"
    name, repeated, kind = shape
    return f"{'repeated ' if repeated else ''}{kind} {name}"


def _place(cls: type[Any]) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"
