"""The API for authors of calculators, input policies, executors, services and instruments.

Most authors import what they need from ``graphkit``; this package has all of it. Nothing here knows
how a graph is read or run. Names that few calculators need are imported on first use.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any, Final

from graphkit.framework._calculator import Calculator, Holding, Status, calculator
from graphkit.framework._context import CalculatorContext, OutputSet, OutputShard, OutputSideSet, PacketSet
from graphkit.framework._contract import CalculatorContract, PortMap, PortSpec
from graphkit.framework._demand import (
    EVERYTHING,
    NOTHING,
    Demand,
    MakesKnownSidePackets,
    MakesSelectively,
    ReadsSelectively,
)
from graphkit.framework._input_stream_handler import (
    Awaited,
    Decision,
    InputStreamHandler,
    Readiness,
    input_stream_handler,
)
from graphkit.framework._instrument import CallView, Instrument, RunView
from graphkit.framework._options import option, options
from graphkit.framework._packet import EMPTY, Packet
from graphkit.framework._packet_type import ANY, AnyType, OneOf, PacketType, PayloadType, SameAs
from graphkit.framework._ports import Input, Options, Output, SideInput, SideOutput
from graphkit.framework._registry import find_calculator, known_calculators, register_lazy
from graphkit.framework._services import (
    FLOW_CONTROL,
    IDLE_CORES,
    INFERENCE,
    FlowControl,
    GraphService,
    InferenceSettings,
)
from graphkit.framework._tag_map import Key, TagMap, key_label
from graphkit.framework._timestamp import UNITS_PER_SECOND, Timestamp

if TYPE_CHECKING:
    from graphkit._process.threads import opencv
    from graphkit.framework._clock import CLOCK, Clock
    from graphkit.framework._executor import (
        ApplicationThreadExecutor,
        Executor,
        ThreadPoolExecutor,
        WaitingThreadExecutor,
        register_executor,
    )
    from graphkit.framework._resources import FileContents, Resource, Resources, Root, graphs_dir
    from graphkit.framework._views import CallerView, GraphView, InputQueue, NodeView, SubgraphLike

__all__ = [
    # calculators
    "Calculator",
    "CalculatorContext",
    "CalculatorContract",
    "Holding",
    "OutputSet",
    "OutputShard",
    "OutputSideSet",
    "PacketSet",
    "PortMap",
    "PortSpec",
    "Status",
    "calculator",
    # ports and options
    "ANY",
    "AnyType",
    "Input",
    "Key",
    "OneOf",
    "Options",
    "Output",
    "PacketType",
    "PayloadType",
    "SameAs",
    "SideInput",
    "SideOutput",
    "TagMap",
    "key_label",
    "option",
    "options",
    "register_lazy",
    "find_calculator",
    "known_calculators",
    # what flows
    "EMPTY",
    "Packet",
    "Timestamp",
    "UNITS_PER_SECOND",
    # which outputs are read
    "EVERYTHING",
    "NOTHING",
    "Demand",
    "MakesKnownSidePackets",
    "MakesSelectively",
    "ReadsSelectively",
    # views of a graph
    "GraphView",
    "CallerView",
    "InputQueue",
    "NodeView",
    "SubgraphLike",
    # input policies
    "Awaited",
    "Decision",
    "InputStreamHandler",
    "Readiness",
    "input_stream_handler",
    # executors, services, instruments
    "ApplicationThreadExecutor",
    "CLOCK",
    "Clock",
    "Executor",
    "FLOW_CONTROL",
    "FlowControl",
    "GraphService",
    "IDLE_CORES",
    "INFERENCE",
    "InferenceSettings",
    "CallView",
    "Instrument",
    "RunView",
    "FileContents",
    "Resource",
    "Resources",
    "Root",
    "graphs_dir",
    "ThreadPoolExecutor",
    "WaitingThreadExecutor",
    "opencv",
    "register_executor",
]

_LATER: Final = {
    "ApplicationThreadExecutor": "graphkit.framework._executor",
    "WaitingThreadExecutor": "graphkit.framework._executor",
    "CLOCK": "graphkit.framework._clock",
    "Clock": "graphkit.framework._clock",
    "Executor": "graphkit.framework._executor",
    "CallerView": "graphkit.framework._views",
    "GraphView": "graphkit.framework._views",
    "InputQueue": "graphkit.framework._views",
    "NodeView": "graphkit.framework._views",
    "FileContents": "graphkit.framework._resources",
    "Root": "graphkit.framework._resources",
    "Resource": "graphkit.framework._resources",
    "Resources": "graphkit.framework._resources",
    "SubgraphLike": "graphkit.framework._views",
    "ThreadPoolExecutor": "graphkit.framework._executor",
    "graphs_dir": "graphkit.framework._resources",
    "opencv": "graphkit._process.threads",
    "register_executor": "graphkit.framework._executor",
}


def __getattr__(name: str) -> Any:
    """Import a name that few calculators need, on its first use."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(_import_module(_LATER[name]), name)
    return value
