"""graphkit: MediaPipe graphs in pure Python.

What most programs and authors of calculators need is here. What few authors need is in ``graphkit.framework``;
payload types are in ``graphkit.formats``, exceptions in ``graphkit.errors``, jobs over clips and cameras in
``graphkit.jobs``, test helpers in ``graphkit.testing``. What needs numpy or protobuf is imported when it is first
asked for, so that ``import graphkit`` stays quick.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any, Final

from graphkit.errors import CalculatorError, GraphkitError, GraphValidationError
from graphkit.framework import (
    AnyType,
    Calculator,
    CalculatorContext,
    CalculatorContract,
    Decision,
    GraphService,
    Input,
    InputStreamHandler,
    Instrument,
    OneOf,
    Options,
    Output,
    Packet,
    Readiness,
    SameAs,
    SideInput,
    SideOutput,
    Status,
    Timestamp,
    calculator,
    input_stream_handler,
    option,
    options,
)

if TYPE_CHECKING:
    from graphkit.formats import ImageFrame
    from graphkit.framework import Resources
    from graphkit.graph import CalculatorGraph, OutputStreamPoller
    from graphkit.jobs import iterate

__all__ = [
    # running graphs
    "CalculatorGraph",
    "ImageFrame",
    "Instrument",
    "OutputStreamPoller",
    "Packet",
    "Resources",
    "Timestamp",
    "iterate",
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
    "OutputStreamPoller": "graphkit.graph",
    "Resources": "graphkit.framework",
    "iterate": "graphkit.jobs",
}


def __getattr__(name: str) -> Any:
    """Import what is not needed to write a calculator on its first use."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(_import_module(_LATER[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
