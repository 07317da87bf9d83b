"""CallbackCalculator and CallbackPacketCalculator: packets to a Python function."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

from graphkit import (
    AnyType,
    Calculator,
    Input,
    Options,
    SideInput,
    SideOutput,
    Status,
    Timestamp,
    calculator,
    option,
    options,
)
from graphkit.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit import CalculatorContext, CalculatorContract, Packet


@calculator
class CallbackCalculator(Calculator):
    """Calls a function with what comes.

    Side packet CALLBACK is called with the packet of the only stream; VECTOR_CALLBACK with a list of one
    packet per stream, empty ones included. With side packet OBSERVE_TIMESTAMP_BOUNDS, whatever its value, the
    function is also called where all inputs are settled and empty. What the function raises fails the run.

    Example::

        node {
          calculator: "CallbackCalculator"
          input_stream: "landmarks"
          input_side_packet: "CALLBACK:on_landmarks"
        }
    """

    sources = Input[Any](AnyType, repeated=True)
    callback = SideInput[Any](AnyType, "CALLBACK", optional=True)
    vector_callback = SideInput[Any](AnyType, "VECTOR_CALLBACK", optional=True)
    observe_bounds = SideInput[Any](AnyType, "OBSERVE_TIMESTAMP_BOUNDS", optional=True)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Want one function; raises ContractError."""
        if cls.callback.is_connected(cc) == cls.vector_callback.is_connected(cc):
            raise ContractError(f'node "{cc.node_name}" needs side packet CALLBACK or VECTOR_CALLBACK, not both')
        if cls.callback.is_connected(cc) and len(cc.inputs) != 1:
            raise ContractError(
                f'node "{cc.node_name}": CALLBACK goes with one input stream, found {len(cc.inputs)}; '
                "VECTOR_CALLBACK takes several"
            )
        cc.process_timestamp_bounds = cls.observe_bounds.is_connected(cc)

    def open(self, cc: CalculatorContext) -> None:
        """Take the function; raises ContractError where it cannot be called."""
        self._single = self.callback.is_connected(cc)
        self._function: Callable[[Any], object] = (self.callback if self._single else self.vector_callback)(cc)
        if not callable(self._function):
            raise ContractError(f"the callback side packet holds {type(self._function).__name__}, not a function")

    def process(self, cc: CalculatorContext) -> None:
        """Call the function."""
        packets = cc.inputs.packets
        self._function(packets[0] if self._single else list(packets))


@options("mediapipe.CallbackPacketCalculatorOptions", extension=245965803)
class CallbackPacketCalculatorOptions:
    """Options of CallbackPacketCalculator.

    Attributes:
        type: what the function does with a packet.
        pointer: accepted for MediaPipe's configs; the list comes as a side packet instead.
    """

    class PointerType(enum.IntEnum):
        """VECTOR_PACKET appends each packet, POST_STREAM_PACKET keeps the one at POST_STREAM."""

        UNKNOWN = 0
        VECTOR_PACKET = 1
        POST_STREAM_PACKET = 2

    type: PointerType = option(1, default=PointerType.UNKNOWN)
    pointer: bytes = option(2, default=b"")


_PointerType = CallbackPacketCalculatorOptions.PointerType


@calculator
class CallbackPacketCalculator(Calculator):
    """Makes a function for CallbackCalculator that puts packets into a list of the program.

    The input side packet is that list. With ``type: VECTOR_PACKET`` every packet is appended, with
    ``type: POST_STREAM_PACKET`` only the one that sums up a stream at POST_STREAM.

    Example::

        node {
          calculator: "CallbackPacketCalculator"
          input_side_packet: "results"
          output_side_packet: "append_to_results"
          options { [mediapipe.CallbackPacketCalculatorOptions.ext] { type: VECTOR_PACKET } }
        }
    """

    target = SideInput(list)
    callback = SideOutput[Any](AnyType)
    options = Options(CallbackPacketCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Want a type; raises ContractError."""
        if cls.options(cc).type is _PointerType.UNKNOWN:
            raise ContractError(f'node "{cc.node_name}": option type must be VECTOR_PACKET or POST_STREAM_PACKET')

    def open(self, cc: CalculatorContext) -> None:
        """Make the function."""
        target: list[Any] = self.target(cc)
        every = self.options(cc).type is _PointerType.VECTOR_PACKET

        def append(packet: Packet[Any]) -> None:
            if every or packet.timestamp == Timestamp.POST_STREAM:
                target.append(packet)

        self.callback.set(cc, append)

    def process(self, cc: CalculatorContext) -> Status:
        """There are no streams."""
        return Status.STOP
