"""Reads the signature of a function as the declaration of a calculator: streams, outputs, options."""

from __future__ import annotations

import inspect
import types
import typing
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from graphkit.errors import ContractError
from graphkit.framework._options import option, options
from graphkit.framework._packet_type import PacketType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OPTIONS_PACKAGE: Final = "functions"
"""The package of the options messages of functions whose names have none of their own."""


class StreamParameter(NamedTuple):
    """An input stream: its parameter, its tag, what it carries, and whether it is required."""

    name: str
    tag: str
    type: PacketType
    required: bool


class Result(NamedTuple):
    """An output stream: its tag, "" if the annotation gives none, and what it carries."""

    tag: str
    type: PacketType


class Signature(NamedTuple):
    """All that the function declares."""

    parameters: tuple[StreamParameter, ...]
    results: tuple[Result, ...]
    options_class: type[Any] | None


def read_signature(name: str, function: Callable[..., Any]) -> Signature:
    """Return what *function* declares as calculator *name*.

    Raises:
        ContractError: it declares no calculator; the message names the function's file and line.
    """
    try:
        hints = typing.get_type_hints(function, include_extras=True)
        signature = inspect.signature(function)
    except (NameError, TypeError, ValueError) as exc:
        raise _refusal(name, function, f"its annotations cannot be read: {exc}") from exc

    def refuse(reason: str, port: str = "") -> ContractError:
        return _refusal(f"{name}{signature}", function, reason, name, port)

    if "return" not in hints:
        raise refuse("annotate the return type, it is the type of the output stream")
    streams = []
    keywords = [p for p in signature.parameters.values() if p.kind is inspect.Parameter.KEYWORD_ONLY]
    for parameter in signature.parameters.values():
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            continue
        if fault := _stream_fault(parameter, hints):
            raise refuse(fault, parameter.name)
        streams.append(_stream(parameter, hints[parameter.name], refuse))
    if not streams:
        raise refuse(
            "a function without stream parameters would be a source that never ends; "
            "write a Calculator class whose process() returns Status.STOP at the end"
        )
    try:
        made = _options_class(name, keywords, hints) if keywords else None
    except ContractError as exc:
        raise _refusal(exc.message, function, "", name, exc.port) from exc
    return Signature(tuple(streams), tuple(_results(hints["return"], refuse)), made)


def _refusal(
    what: str, function: Callable[..., Any], reason: str, name: str = "", port: str = ""
) -> ContractError:
    from graphkit.errors._places import place_of

    said = f"{what}: {reason}" if reason else what
    return ContractError(said, calculator=name or what, port=port, place=place_of(function))


def _stream_fault(parameter: inspect.Parameter, hints: dict[str, Any]) -> str:
    """Return why a parameter cannot be an input stream, "" if it can."""
    name = parameter.name
    if parameter.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
        return f"{parameter} cannot be a stream; name each one"
    if name not in hints:
        return f"annotate {name}, it is the type of an input stream"
    if parameter.default not in (inspect.Parameter.empty, None):
        return (
            f"{name} has a default, which a stream cannot have. Put `*` before it and it is an option "
            f"(`*, {parameter}`); a stream that may be missing is `{name}: X | None`"
        )
    return ""


def _stream(
    parameter: inspect.Parameter, hint: Any, refuse: Callable[[str, str], ContractError]
) -> StreamParameter:
    name = parameter.name
    tag, hint = _tagged(hint, name.upper())
    bare, optional = _optional(hint)
    return StreamParameter(name, tag, _type(bare, name, refuse), not optional and parameter.default is not None)


def _results(hint: Any, refuse: Callable[[str, str], ContractError]) -> Iterator[Result]:
    bare, _ = _optional(hint)
    if bare is type(None):
        return
    several = typing.get_origin(bare) is tuple and Ellipsis not in typing.get_args(bare)
    for part in typing.get_args(bare) if several else (bare,):
        tag, part_hint = _tagged(part, "")
        inner, _ = _optional(part_hint)
        yield Result(tag, _type(inner, "return", refuse))


def _type(hint: Any, name: str, refuse: Callable[[str, str], ContractError]) -> PacketType:
    try:
        return PacketType.of(hint)
    except ContractError as exc:
        raise refuse(f"{name}: {exc.message}", name) from None


def _tagged(hint: Any, otherwise: str) -> tuple[str, Any]:
    """Return the tag that ``Annotated[X, "TAG"]`` gives, and X."""
    if typing.get_origin(hint) is not typing.Annotated:
        return otherwise, hint
    tags = [extra for extra in hint.__metadata__ if isinstance(extra, str)]
    return (tags[0] if tags else otherwise), hint.__origin__


def _optional(hint: Any) -> tuple[Any, bool]:
    """Return the annotation without None, and whether it had one."""
    if typing.get_origin(hint) not in (typing.Union, types.UnionType):
        return hint, False
    rest = tuple(each for each in typing.get_args(hint) if each is not type(None))
    bare = rest[0] if len(rest) == 1 else typing.Union[rest]  # noqa: UP007 - made at run time
    return bare, len(rest) < len(typing.get_args(hint))


def _options_class(name: str, keywords: list[inspect.Parameter], hints: dict[str, Any]) -> type[Any]:
    package, _, short = name.rpartition(".")
    namespace: dict[str, Any] = {"__annotations__": {}, "__module__": __name__}
    for number, parameter in enumerate(keywords, start=1):
        if parameter.default is inspect.Parameter.empty or parameter.name not in hints:
            message = f"{name}: option {parameter.name} needs a type and a default"
            raise ContractError(message, calculator=name, port=parameter.name)
        hint = hints[parameter.name]
        repeated = typing.get_origin(_optional(hint)[0]) is list
        if repeated and parameter.default:
            message = f"{name}: option {parameter.name} is a list, which starts empty; write `= None` or `= ()`"
            raise ContractError(message, calculator=name, port=parameter.name)
        namespace["__annotations__"][parameter.name] = hint
        namespace[parameter.name] = option(number, default=None if repeated else parameter.default)
    full_name = f"{package or OPTIONS_PACKAGE}.{short}Options"
    made: type[Any] = options(full_name)(type(f"{short}Options", (), namespace))
    return made
