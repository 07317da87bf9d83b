"""Options of calculators: Python dataclasses that stand for protobuf messages.

A calculator's options are written once, next to the calculator::

    @options("mediapipe.ThresholdingCalculatorOptions", extension=255246630)
    class ThresholdingCalculatorOptions:
        threshold: float = option(1, "double", default=0.0)

graphkit derives the descriptor from the class, so ``options { [mediapipe.X.ext] {...} }``,
``node_options { [type.googleapis.com/mediapipe.X] {...} }`` and binary configs all read into it, and no
author runs protoc. An option without a default is ``None`` if the config does not set it.

This module has the declaration only; ``graphkit.config`` turns it into descriptors.
"""

from __future__ import annotations

import enum
import types
import typing
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn, TypeVar, dataclass_transform

from graphkit.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Callable

C = TypeVar("C")

SCALAR_KINDS: Final[dict[str, type]] = {
    "double": float, "float": float,
    "int32": int, "int64": int, "uint32": int, "uint64": int, "sint32": int, "sint64": int,
    "fixed32": int, "fixed64": int, "sfixed32": int, "sfixed64": int,
    "bool": bool, "string": str, "bytes": bytes,
}  # fmt: skip
"""Protobuf scalar kinds and the Python types their values have."""

_DEFAULT_KIND: Final[dict[type, str]] = {
    float: "float", int: "int32", bool: "bool", str: "string", bytes: "bytes",
}  # fmt: skip

_MARK: Final = "graphkit.option"
_declared: Final[dict[str, list[type[Any]]]] = {}


class OptionList(list[Any]):
    """The values of a repeated option as a node gets them: all runs share the list, so it cannot be changed."""

    __slots__ = ()

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise ContractError("options belong to the graph, and all its runs share them: change a copy, list(...)")

    append = extend = insert = remove = pop = clear = sort = reverse = _refuse
    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return list, (list(self),)


class OptionField(NamedTuple):
    """One field of an options message.

    Attributes:
        name: of the attribute and of the protobuf field.
        number: protobuf field number.
        kind: a key of SCALAR_KINDS, "enum" or "message".
        type: Python type of one value: a scalar type, an IntEnum, an options class.
        repeated: whether the value is a list.
        default: what an unset field reads as; None if there is no default.
        message: full name of a message that is not an options class (a schema message such as
            "mediapipe.NormalizedLandmarkList"); values are then protobuf messages.
    """

    name: str
    number: int
    kind: str
    type: type[Any]
    repeated: bool
    default: Any
    message: str = ""


class OptionsSchema(NamedTuple):
    """What a class decorated with :func:`options` stands for.

    Attributes:
        full_name: protobuf message name, package included.
        extension: number of its ``ext`` extension of mediapipe.CalculatorOptions; 0 for none.
        fields: by declaration order.
        cls: the dataclass.
    """

    full_name: str
    extension: int
    fields: tuple[OptionField, ...]
    cls: type[Any]


def option(number: int, kind: str = "", *, default: Any = None) -> Any:
    """Declare one field of an options class.

    Args:
        number: protobuf field number; binary configs need the one of the .proto.
        kind: protobuf kind if the annotation does not give it: a key of SCALAR_KINDS, or the full name
            of a schema message such as ``"mediapipe.Color"``.
        default: value of an unset field. Lists start empty and take no default.
    """
    import dataclasses

    return dataclasses.field(default=default, metadata={_MARK: (number, kind, default)})


@dataclass_transform(kw_only_default=True, field_specifiers=(option,))
def options(full_name: str, *, extension: int = 0) -> Callable[[type[C]], type[C]]:
    """Make a class the Python form of the options message *full_name*.

    Args:
        full_name: message name with its package; a nested message is ``package.Outer.Inner``.
        extension: the number of the message's ``ext`` extension, 0 if it has none.

    Raises:
        ContractError: a field without :func:`option`, a bad number, kind or annotation.
    """
    import dataclasses

    def decorate(cls: type[C]) -> type[C]:
        hints = typing.get_type_hints(cls, include_extras=False, localns=dict(vars(cls)))
        fields = tuple(
            _option_field(cls, name, hint) for name, hint in hints.items() if name in cls.__annotations__
        )
        _check_numbers(cls, fields)
        for field in fields:
            if field.repeated:
                setattr(cls, field.name, dataclasses.field(default_factory=list))
        made = dataclasses.dataclass(kw_only=True, repr=False, eq=False)(cls)
        # What dataclass would generate takes half the time of making each class, at every start.
        made.__repr__, made.__eq__, made.__hash__ = _repr, _equals, None  # type: ignore[method-assign,assignment]
        made.__graphkit_options__ = OptionsSchema(full_name, extension, fields, made)  # type: ignore[attr-defined]
        _declare(full_name, made)
        return made

    return decorate


def _repr(message: Any) -> str:
    values = (f"{field.name}={getattr(message, field.name)!r}" for field in schema_of(type(message)).fields)
    return f"{type(message).__qualname__}({', '.join(values)})"


def _equals(message: Any, other: object) -> bool:
    return type(other) is type(message) and vars(other) == vars(message)


def _declare(full_name: str, made: type[Any]) -> None:
    """Record the class; it replaces one of the same name in the same module, which is the same, defined again."""
    others = [
        cls
        for cls in _declared.get(full_name, ())
        if (cls.__module__, cls.__qualname__) != (made.__module__, made.__qualname__)
    ]
    _declared[full_name] = [*others, made]


def declared_options() -> dict[str, list[type[Any]]]:
    """Return every options class declared so far, by message name; the caller owns the dict."""
    # Another thread may import a module that declares more: a copy is one step, a loop is not.
    return {name: list(classes) for name, classes in _declared.copy().items()}


def options_named(full_name: str) -> list[type[Any]]:
    """Return the options classes declared for the message *full_name*."""
    return list(_declared.get(full_name, ()))


def schema_of(cls: type[Any]) -> OptionsSchema:
    """Return the schema of an options class; raises ContractError for any other class."""
    schema = cls.__dict__.get("__graphkit_options__")
    if not isinstance(schema, OptionsSchema):
        raise ContractError(
            f"{cls.__name__} is not an options class; decorate it with @options(...)", port=cls.__name__
        )
    return schema


def _option_field(cls: type[Any], name: str, hint: Any) -> OptionField:
    from dataclasses import Field

    declared = cls.__dict__.get(name)
    if not isinstance(declared, Field) or _MARK not in declared.metadata:
        raise ContractError(f"{cls.__name__}.{name}: declare it as `{name}: type = option(number)`", port=name)
    number, kind, default = declared.metadata[_MARK]
    hint = _strip_none(hint)
    repeated = typing.get_origin(hint) is list
    value_type = typing.get_args(hint)[0] if repeated else hint
    where = f"{cls.__name__}.{name}"
    _check_default(where, name, value_type, repeated, default)
    if "." in kind:
        return OptionField(name, number, "message", object, repeated, default, kind)
    kind = kind or _kind_of(where, value_type)
    if kind not in SCALAR_KINDS and kind not in ("enum", "message"):
        raise ContractError(f'{where}: "{kind}" is no protobuf kind; one of {", ".join(SCALAR_KINDS)}', port=name)
    return OptionField(name, number, kind, value_type, repeated, default)


def _check_default(where: str, port: str, value_type: Any, repeated: bool, default: Any) -> None:
    if default is None or (not repeated and not isinstance(value_type, type)):
        return
    if repeated:
        raise ContractError(f"{where} is a list, which starts empty: it takes no default", port=port)
    fits = isinstance(default, value_type) or (value_type is float and type(default) is int)
    if not fits or (type(default) is bool and value_type is int):
        raise ContractError(
            f"{where}: its default {default!r} is no {value_type.__name__}. Give one, or change the annotation.",
            port=port,
        )


def _strip_none(hint: Any) -> Any:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        rest = [a for a in typing.get_args(hint) if a is not type(None)]
        return rest[0] if len(rest) == 1 else hint
    return hint


def _kind_of(where: str, value_type: Any) -> str:
    if value_type in _DEFAULT_KIND:
        return _DEFAULT_KIND[value_type]
    if isinstance(value_type, type) and issubclass(value_type, enum.IntEnum):
        return "enum"
    if isinstance(value_type, type) and "__graphkit_options__" in value_type.__dict__:
        return "message"
    raise ContractError(
        f"{where}: {value_type!r} cannot be an option; use bool, int, float, str, bytes, an IntEnum, an "
        "@options class, a list of one of them, or name a schema message in option(number, 'mediapipe.X')",
        port=where,
    )


def _check_numbers(cls: type[Any], fields: tuple[OptionField, ...]) -> None:
    seen: dict[int, str] = {}
    for field in fields:
        if not 1 <= field.number < 2**29 or field.number in seen:
            clash = f", already used by {seen[field.number]}" if field.number in seen else ""
            raise ContractError(
                f"{cls.__name__}.{field.name}: field number {field.number} is not free{clash}", port=field.name
            )
        seen[field.number] = field.name
