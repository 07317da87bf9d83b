"""Options messages to instances of options classes, and back."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from graphkit import schema
from graphkit.config._options.descriptors import ensure_registered
from graphkit.framework._options import OptionField, OptionList, schema_of

if TYPE_CHECKING:
    from google.protobuf.message import Message


def to_instance(cls: type[Any], message: Message) -> Any:
    """Return the instance of options class *cls* that *message* describes.

    Fields that are not set have the class's default, None without one. Enums are members of the IntEnum,
    nested options are instances, schema messages stay messages, lists are new ones that cannot be changed.
    """
    fields = {field.name: field for field in schema_of(cls).fields}
    values = {found.name: _value(fields[found.name], value) for found, value in message.ListFields()}
    return cls(**values)


def _value(field: OptionField, value: Any) -> Any:
    if field.kind == "enum":
        return OptionList(field.type(v) for v in value) if field.repeated else field.type(value)
    if field.kind == "message" and not field.message:
        if field.repeated:
            return OptionList(to_instance(field.type, v) for v in value)
        return to_instance(field.type, value)
    if field.message:
        return OptionList(_known(v) for v in value) if field.repeated else _known(value)
    return OptionList(value) if field.repeated else value


def _known(message: Any) -> Any:
    """Return a schema message as an instance of the public class, whichever pool it was read with."""
    cls = schema.message_class(message.DESCRIPTOR.full_name)
    return message if isinstance(message, cls) else cls.FromString(message.SerializePartialToString())


def to_message(instance: Any) -> Message:
    """Return the message that an instance of an options class stands for.

    Fields that have their default are left unset; lists of the default length 0 too.
    """
    cls = type(instance)
    ensure_registered(cls)
    message = schema.message_class(schema_of(cls).full_name)()
    for field in schema_of(cls).fields:
        value = getattr(instance, field.name)
        if value is None or value == [] or (not field.repeated and _is_default(field, value)):
            continue
        _set(message, field, value)
    return message


def _is_default(field: OptionField, value: Any) -> bool:
    return field.kind != "message" and value == field.default


def _set(message: Message, field: OptionField, value: Any) -> None:
    if field.kind != "message":
        if field.repeated:
            getattr(message, field.name).extend(value)
        else:
            setattr(message, field.name, value)
        return
    if field.repeated:
        for item in value:
            _copy(getattr(message, field.name).add(), _as_message(item))
    else:
        _copy(getattr(message, field.name), _as_message(value))


def _copy(target: Any, value: Any) -> None:
    """Copy a message, which may be of another pool."""
    target.ParseFromString(value.SerializePartialToString())
    target.SetInParent()


def _as_message(value: Any) -> Any:
    return to_message(value) if dataclasses.is_dataclass(value) else value
