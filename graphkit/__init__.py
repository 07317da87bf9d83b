"""graphkit: MediaPipe graphs in pure Python.

This is the whole public face for programs and for authors of calculators; payload types are in
``graphkit.formats``, exceptions in ``graphkit.errors``, test helpers in ``graphkit.testing``. What needs
numpy or protobuf is imported when it is first asked for, so that ``import graphkit`` stays quick.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any, Final

from graphkit.calculator import Calculator, Status, calculator
from graphkit.context import CalculatorContext
from graphkit.contract import CalculatorContract
from graphkit.errors import CalculatorError, GraphkitError, GraphValidationError
from graphkit.input_stream_handler import Decision, InputStreamHandler, Readiness, input_stream_handler
from graphkit.instrument import Instrument
from graphkit.options import option, options
from graphkit.packet import Packet
from graphkit.packet_type import AnyType, OneOf, SameAs
from graphkit.ports import Input, Options, Output, SideInput, SideOutput
from graphkit.services import GraphService
from graphkit.timestamp import Timestamp

if TYPE_CHECKING:
    from graphkit.formats import ImageFrame
    from graphkit.graph import CalculatorGraph
    from graphkit.poller import OutputStreamPoller
    from graphkit.resources import Resources

__all__ = [
    # running graphs
    "CalculatorGraph",
    "ImageFrame",
    "Instrument",
    "OutputStreamPoller",
    "Packet",
    "Resources",
    "Timestamp",
    # writing calculators
    "AnyType",
    "Calculator",
    "CalculatorContext",
    "CalculatorContract",
    "GraphService",
    "Input",
    "OneOf",
    "Options",
    "Output",
    "SameAs",
    "SideInput",
    "SideOutput",
    "Status",
    "calculator",
    "option",
    "options",
    # writing input policies
    "Decision",
    "InputStreamHandler",
    "Readiness",
    "input_stream_handler",
    # what everybody catches
    "CalculatorError",
    "GraphValidationError",
    "GraphkitError",
]

_LATER: Final = {
    "CalculatorGraph": "graphkit.graph",
    "ImageFrame": "graphkit.formats",
    "OutputStreamPoller": "graphkit.poller",
    "Resources": "graphkit.resources",
}


def __getattr__(name: str) -> Any:
    """Import what is not needed to write a calculator on its first use."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(_import_module(_LATER[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
