"""Calculators from plain functions.

Parameters are input streams in order, the return annotation is the output stream (a tuple: several),
keyword-only parameters with defaults are options. A graph may wire the streams untagged in order, or by
the parameter names in upper case (``IMAGE:frames``); ``Annotated[float, "SHARE"]`` gives another tag, to an
output, too. ``None`` emits nothing. The function is called when all its required inputs have a packet;
parameters annotated ``X | None`` may be missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit.errors import ContractError, PacketError
from graphkit.framework._calculator import Calculator
from graphkit.framework._ports import Options
from graphkit.framework._signatures import Result, StreamParameter, read_signature

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from graphkit.framework._context import CalculatorContext
    from graphkit.framework._contract import CalculatorContract, PortMap
    from graphkit.framework._packet_type import PacketType
    from graphkit.framework._tag_map import TagMap


class FunctionCalculator(Calculator):
    """Base of the classes made from functions; the subclass holds the function and its ports.

    Attributes:
        function: the user's function.
        function_inputs: its input streams.
        function_outputs: its output streams.
        options_class: made from the keyword-only parameters; None without them.
    """

    function: Callable[..., Any]
    function_inputs: tuple[StreamParameter, ...] = ()
    function_outputs: tuple[Result, ...] = ()
    options_class: type[Any] | None = None

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Accept the streams by position or by tag; check that every required input is connected."""
        for position, result in enumerate(cls.function_outputs):
            _declare(cc.outputs, position, result.tag, result.type)
        missing = []
        for position, (name, tag, packet_type, required) in enumerate(cls.function_inputs):
            found = _declare(cc.inputs, position, tag, packet_type)
            if found == 2:
                raise ContractError(
                    f'its parameter "{name}" is given twice: as stream {position} without a tag, and by tag {tag}'
                )
            if required and not found:
                missing.append(f'input stream {position} without a tag, or {tag}: "{name}" ({packet_type})')
        if missing:
            raise ContractError(f"it needs {' and '.join(missing)}")

    def open(self, cc: CalculatorContext) -> None:
        """Look up the input of each parameter and the output of each result."""
        self._positions = [
            _place(cc.inputs.tag_map, i, stream.tag) for i, stream in enumerate(self.function_inputs)
        ]
        outputs = [_place(cc.outputs.tag_map, i, stream.tag) for i, stream in enumerate(self.function_outputs)]
        self._outputs = [(index, shard) for index, shard in enumerate(outputs) if shard is not None]
        self._keywords = vars(cc.options(self.options_class)) if self.options_class else {}

    def process(self, cc: CalculatorContext) -> None:
        """Call the function and send what it returns."""
        arguments: list[Any] = []
        packets = cc.inputs.packets
        for parameter, position in zip(self.function_inputs, self._positions, strict=True):
            value = None if position is None else packets[position].get_or(None)
            if value is None and parameter.required:
                return
            arguments.append(value)
        result = type(self).function(*arguments, **self._keywords)
        if result is not None:
            self._send(cc, result)

    def _send(self, cc: CalculatorContext, result: Any) -> None:
        count = len(self.function_outputs)
        values = (result,) if count == 1 else result
        if not isinstance(values, tuple) or len(values) != count:
            raise PacketError(
                f"{cc.calculator_type} returned {_shape(result)}, but its annotation promises "
                f"{f'a tuple of {count}' if count else 'None'}",
                node=cc.node_name,
                timestamp=cc.input_timestamp,
            )
        for index, shard in self._outputs:
            if values[index] is not None:
                cc.outputs.shards[shard].send(values[index], cc.input_timestamp)


def calculator_from_function(
    name: str, function: Callable[..., Any], traits: Mapping[str, Any] | None = None
) -> type[FunctionCalculator]:
    """Return a calculator class named *name* that calls *function*.

    Args:
        name: of the calculator.
        function: annotated as the module says.
        traits: class attributes of `Calculator` to set, such as ``blocking``.

    Raises:
        ContractError: the function declares no calculator.
    """
    parameters, results, options_class = read_signature(name, function)
    return type(
        name.rpartition(".")[2],
        (FunctionCalculator,),
        {
            "__doc__": function.__doc__,
            "__module__": function.__module__ or "__main__",  # None in a bare namespace
            "__qualname__": function.__qualname__,
            "function": staticmethod(function),
            "function_inputs": parameters,
            "function_outputs": results,
            "options_class": options_class,
            **({"options": Options(options_class)} if options_class else {}),
            **(traits or {}),
        },
    )


def _declare(ports: PortMap, position: int, tag: str, packet_type: PacketType) -> int:
    """Give a stream its type if the node names it; return how often it does."""
    found = [key for key in (("", position), (tag, 0) if tag else None) if key is not None and key in ports]
    for key in found:
        ports[key].type = packet_type
    return len(found)


def _place(tag_map: TagMap, position: int, tag: str) -> int | None:
    """Return the id of the stream at *position* without a tag, or of *tag*; None if the node names neither."""
    found = tag_map.id_of("", position)
    return tag_map.id_of(tag) if found is None and tag else found


def _shape(result: Any) -> str:
    return f"a tuple of {len(result)}" if isinstance(result, tuple) else type(result).__name__
