"""PacketType: what a port accepts, before and after the types of a whole graph are resolved."""

from __future__ import annotations

import enum
from types import GenericAlias, NoneType, UnionType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, Union, cast, get_args, get_origin

from graphkit.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Hashable

PayloadType: TypeAlias = "type[Any] | GenericAlias"
"""A Python class, or ``list[X]`` for what MediaPipe calls ``std::vector<X>``."""


class AnyType:
    """Stands for "any type" in a port declaration."""


class Kind(enum.Enum):
    """How a port names its type."""

    ANY = "any"
    NONE = "none"
    ONE_OF = "one of"
    SAME_AS = "same as"


class PacketType(NamedTuple):
    """The type of a port.

    Attributes:
        kind: how the type is given.
        types: the accepted payload types when kind is ONE_OF (one, for an ordinary port).
        same_as: the port whose type this one shares, when kind is SAME_AS: a typed port object, or a
            ``(tag, index)`` of an input.
    """

    kind: Kind
    types: tuple[PayloadType, ...] = ()
    same_as: Hashable = None

    @classmethod
    def of(cls, spec: PacketType | PayloadType | type[AnyType]) -> PacketType:
        """Return *spec* as a PacketType: a class, a ``list[X]``, ``X | Y``, AnyType or a ready PacketType.

        Raises:
            ContractError: it is none of these.
        """
        if isinstance(spec, PacketType):
            return spec
        if spec is AnyType or spec is Any or spec is object:
            return ANY
        several = get_args(spec) if get_origin(spec) in (Union, UnionType) else (spec,)
        return cls(Kind.ONE_OF, tuple(_payload_type(each) for each in several))

    def accepts(self, payload: object) -> bool:
        """Return whether *payload* may travel under this type; ANY and unresolved types accept all."""
        if self.kind is not Kind.ONE_OF:
            return self.kind is not Kind.NONE
        return isinstance(payload, runtime_classes(self.types))

    def __str__(self) -> str:
        if self.kind is Kind.ONE_OF:
            return " or ".join(type_label(t) for t in self.types)
        return {Kind.ANY: "any type", Kind.NONE: "no packets"}.get(self.kind, f"same type as {self.same_as}")


def _payload_type(spec: Any) -> PayloadType:
    if isinstance(spec, type | GenericAlias) and spec is not NoneType:
        return spec
    origin = get_origin(spec)
    if origin is list:  # typing.List[X]
        return GenericAlias(list, get_args(spec))
    wanted = "a class such as ImageFrame, list[Detection], X | Y, AnyType, OneOf(...) or SameAs(...)"
    raise ContractError(f"{spec!r} is no type of packets. Write {wanted}.")


ANY = PacketType(Kind.ANY)
"""Any type at all."""
NONE = PacketType(Kind.NONE)


def OneOf(*types: PayloadType) -> PacketType:  # noqa: N802 - reads as a type in declarations
    """Return the type of a port that accepts any of *types*."""
    return PacketType(Kind.ONE_OF, tuple(types))


def SameAs(port: Hashable) -> PacketType:  # noqa: N802 - reads as a type in declarations
    """Return the type of a port that carries what *port* carries.

    Args:
        port: the other port object of the class body, or ``"TAG"`` or ``("TAG", index)`` of an input.
    """
    return PacketType(Kind.SAME_AS, same_as=(port, 0) if isinstance(port, str) else port)


def runtime_classes(types: tuple[PayloadType, ...]) -> tuple[type[Any], ...]:
    """Return the classes that isinstance can test for *types*; ``list[X]`` is tested as ``list``.

    An ``int`` passes for a ``float``, as numbers do in Python.
    """
    classes = [cast("type[Any]", get_origin(t) or t) for t in types]
    if float in classes:
        classes.append(int)
    return tuple(classes)


_CHECKED_ELEMENTS: Final = 64


def element_classes(types: tuple[PayloadType, ...]) -> tuple[type[Any], ...] | None:
    """Return the classes that isinstance can test for the elements of a list of *types*, None if all pass."""
    aliases = [t for t in types if isinstance(t, GenericAlias) and t.__origin__ is list]
    elements = tuple(argument for alias in aliases for argument in alias.__args__)
    loose = list in types or not all(isinstance(each, type | GenericAlias) for each in elements)
    if not aliases or loose or object in elements or AnyType in elements:
        return None
    return runtime_classes(elements)


def strange_element(payload: list[Any], classes: tuple[type[Any], ...]) -> str:
    """Return which of the first elements is of none of *classes*, and its type; "" if none is."""
    for position, element in enumerate(payload[:_CHECKED_ELEMENTS]):
        if not isinstance(element, classes):
            return f"a list whose element {position} is {type(element).__name__}"
    return ""


def type_label(payload_type: PayloadType) -> str:
    """Return the short name of a payload type: ``ImageFrame``, ``list[Detection]``."""
    if isinstance(payload_type, GenericAlias):
        arguments = ", ".join(type_label(a) for a in payload_type.__args__)
        return f"{payload_type.__origin__.__name__}[{arguments}]"
    return payload_type.__name__


def compatible(produced: PacketType, consumed: PacketType) -> bool:
    """Return whether packets of *produced* may flow into *consumed*; ANY goes with everything."""
    if produced.kind is not Kind.ONE_OF or consumed.kind is not Kind.ONE_OF:
        return produced.kind is not Kind.NONE and consumed.kind is not Kind.NONE
    return any(_fits(p, c) for p in produced.types for c in consumed.types)


def _fits(produced: PayloadType, consumed: PayloadType) -> bool:
    if produced == consumed:
        return True
    if isinstance(produced, type) and isinstance(consumed, type) and not _is_generic(produced, consumed):
        return issubclass(produced, consumed) and not (produced is bool and consumed is int)
    return False


def _is_generic(*types: PayloadType) -> bool:
    return any(isinstance(t, GenericAlias) for t in types)
