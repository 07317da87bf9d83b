"""Calculators from plain functions.

Parameters are input streams in order, the return annotation is the output stream (a tuple: several),
keyword-only parameters with defaults are options. A graph may wire the streams untagged in order, or by
the parameter names in upper case (``IMAGE:frames``). ``None`` emits nothing. The function is called where
all its required inputs have a packet; parameters annotated ``X | None`` may be missing.
"""

from __future__ import annotations

import inspect
import types
import typing
from typing import TYPE_CHECKING, Any

from graphkit.errors import ContractError, PacketError
from graphkit.framework._calculator import Calculator
from graphkit.framework._options import option, options
from graphkit.framework._packet_type import PacketType

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit.framework._context import CalculatorContext
    from graphkit.framework._contract import CalculatorContract


class FunctionCalculator(Calculator):
    """Base of the classes made from functions; the subclass holds the function and its ports.

    Attributes:
        function: the user's function.
        parameters: (name, type, required) of each input stream.
        results: type of each output stream.
        options_class: made from the keyword-only parameters; None without them.
    """

    function: Callable[..., Any]
    parameters: tuple[tuple[str, PacketType, bool], ...] = ()
    results: tuple[PacketType, ...] = ()
    options_class: type[Any] | None = None

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Accept the streams by position or by parameter name."""
        for position, (name, packet_type, _) in enumerate(cls.parameters):
            for key in (("", position), (name.upper(), 0)):
                if key in cc.inputs:
                    cc.inputs[key].type = packet_type
        for position, packet_type in enumerate(cls.results):
            keys = [("", position)] + (
                [(k, 0) for k, i in cc.outputs if k and i == 0] if len(cls.results) == 1 else []
            )
            for key in keys:
                if key in cc.outputs:
                    cc.outputs[key].type = packet_type

    def open(self, cc: CalculatorContext) -> None:
        """Look up where each parameter comes from."""
        ids = cc.inputs.tag_map
        self._positions: list[int | None] = []
        for position, (name, _, required) in enumerate(self.parameters):
            found = ids.id_of("", position)
            found = ids.id_of(name.upper()) if found is None else found
            if found is None and required:
                message = f'input "{name}" of {cc.calculator_type} is not connected'
                raise ContractError(message, calculator=cc.calculator_type, port=name)
            self._positions.append(found)
        self._keywords = vars(cc.options(self.options_class)) if self.options_class else {}

    def process(self, cc: CalculatorContext) -> None:
        """Call the function and send what it returns."""
        arguments: list[Any] = []
        packets = cc.inputs.packets
        for (_, _, required), position in zip(self.parameters, self._positions, strict=True):
            value = None if position is None else packets[position].get_or(None)
            if value is None and required:
                return
            arguments.append(value)
        result = type(self).function(*arguments, **self._keywords)
        if result is not None:
            self._send(cc, result)

    def _send(self, cc: CalculatorContext, result: Any) -> None:
        count = len(self.results)
        values = (result,) if count == 1 else result
        if not isinstance(values, tuple) or len(values) != count:
            raise PacketError(
                f"{cc.calculator_type} returned {_shape(result)}, but its annotation promises "
                f"{f'a tuple of {count}' if count else 'None'}",
                node=cc.node_name,
                timestamp=cc.input_timestamp,
            )
        for shard, (_, index) in zip(cc.outputs.shards, cc.outputs.tag_map, strict=True):
            if values[index] is not None:
                shard.send(values[index], cc.input_timestamp)


def calculator_from_function(name: str, function: Callable[..., Any]) -> type[FunctionCalculator]:
    """Return a calculator class named *name* that calls *function*; raises ContractError."""
    hints = typing.get_type_hints(function)
    signature = inspect.signature(function)

    def refusal(reason: str, port: str = "") -> ContractError:
        return ContractError(f"{name}{signature}: {reason}", calculator=name, port=port)

    if "return" not in hints:
        raise refusal("annotate the return type, it is the type of the output stream")
    streams, keywords = [], []
    for parameter in signature.parameters.values():
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            keywords.append(parameter)
        elif parameter.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
            raise refusal(f"{parameter} cannot be a stream; name each one", parameter.name)
        elif parameter.name not in hints:
            raise refusal(f"annotate {parameter.name}, it is the type of an input stream", parameter.name)
        else:
            streams.append(_stream(parameter.name, hints[parameter.name]))
    if not streams:
        raise refusal(
            "a function without stream parameters would be a source that never ends; "
            "write a Calculator class whose process() returns Status.STOP at the end"
        )
    return type(
        name,
        (FunctionCalculator,),
        {
            "__doc__": function.__doc__,
            "__module__": function.__module__,
            "function": staticmethod(function),
            "parameters": tuple(streams),
            "results": _results(hints["return"]),
            "options_class": _options_class(name, keywords, hints) if keywords else None,
        },
    )


def _shape(result: Any) -> str:
    return f"a tuple of {len(result)}" if isinstance(result, tuple) else type(result).__name__


def _stream(name: str, hint: Any) -> tuple[str, PacketType, bool]:
    bare = _without_none(hint)
    return (name, PacketType.of(bare), bare is hint)


def _results(hint: Any) -> tuple[PacketType, ...]:
    hint = _without_none(hint)
    if hint is type(None):
        return ()
    if typing.get_origin(hint) is tuple and Ellipsis not in typing.get_args(hint):
        return tuple(PacketType.of(_without_none(part)) for part in typing.get_args(hint))
    return (PacketType.of(hint),)


def _without_none(hint: Any) -> Any:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        rest = tuple(a for a in typing.get_args(hint) if a is not type(None))
        return rest[0] if len(rest) == 1 else hint
    return hint


def _options_class(name: str, keywords: list[inspect.Parameter], hints: dict[str, Any]) -> type[Any]:
    namespace: dict[str, Any] = {"__annotations__": {}, "__module__": __name__}
    for number, parameter in enumerate(keywords, start=1):
        if parameter.default is inspect.Parameter.empty or parameter.name not in hints:
            message = f"{name}: option {parameter.name} needs a type and a default"
            raise ContractError(message, calculator=name, port=parameter.name)
        namespace["__annotations__"][parameter.name] = hints[parameter.name]
        namespace[parameter.name] = option(number, default=parameter.default)
    made: type[Any] = options(f"graphkit.{name}Options")(type(f"{name}Options", (), namespace))
    return made
