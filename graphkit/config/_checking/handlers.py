"""Input stream handlers and executors: what a config says about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphkit.config._plan import ExecutorPlan
from graphkit.errors import RegistryError, did_you_mean
from graphkit.framework import _registry as registry

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from graphkit.config._checking.contracts import CheckedNode
    from graphkit.config._checking.faults import Faults
    from graphkit.config._model import GraphConfig

DEFAULT: Final = "DefaultInputStreamHandler"
# The runtime registers these when it is imported; a plan can be made without it.
_OF_THE_RUNTIME: Final = frozenset({
    DEFAULT, "BarrierInputStreamHandler", "EarlyCloseInputStreamHandler", "FixedSizeInputStreamHandler",
    "ImmediateInputStreamHandler", "MuxInputStreamHandler", "SyncSetInputStreamHandler",
    "TimestampAlignInputStreamHandler",
})  # fmt: skip
_RESERVED_EXECUTORS: Final = ("default", "gpu")


def input_stream_handler(node: CheckedNode, graph: GraphConfig, faults: Faults) -> tuple[str, dict[str, Any]]:
    """Return the name of the node's input policy and its options.

    The node's own config decides, then the graph's, then the calculator's contract, then the default policy.
    """
    own, whole = node.config.message, graph.message
    if own.HasField("input_stream_handler"):
        config, place = own.input_stream_handler, node.config.place_of("input_stream_handler")  # type: ignore[attr-defined]
    elif whole.HasField("input_stream_handler"):
        config, place = whole.input_stream_handler, graph.place_of("input_stream_handler")  # type: ignore[attr-defined]
    elif node.contract is not None and node.contract.input_stream_handler:
        name, options = node.contract.input_stream_handler, node.contract.input_stream_handler_options
        _check_handler(name, node, f"node {node.title}: its calculator asks for", node.config.place, faults)
        return name, dict(options)
    else:
        return DEFAULT, {}
    _check_handler(config.input_stream_handler, node, f"node {node.title}:", place, faults)
    return config.input_stream_handler, extension_fields(config.options)


def _check_handler(name: str, node: CheckedNode, who: str, place: Any, faults: Faults) -> None:
    if name in _OF_THE_RUNTIME:
        return
    try:
        registry.find_input_stream_handler(name)
    except RegistryError as exc:
        ours = "" if exc.suggestion else did_you_mean(name, _OF_THE_RUNTIME, ignoring="InputStreamHandler")
        faults.add(f"{who} {exc}{ours}", place, node=node)


def extension_fields(options: Message) -> dict[str, Any]:
    """Return the fields that are set in the options messages of a MediaPipeOptions, by name."""
    found: dict[str, Any] = {}
    for field, value in options.ListFields():
        if field.is_extension:
            found.update(_fields(value))
    return found


def _fields(message: Message) -> dict[str, Any]:
    return {field.name: _plain(value) for field, value in message.ListFields()}


def _plain(value: Any) -> Any:
    if hasattr(value, "ListFields"):
        return _fields(value)
    if hasattr(value, "append") or hasattr(value, "add"):
        return [_plain(item) for item in value]
    return value


# --- executors -----------------------------------------------------------------------------------------------


def executors(
    graph: GraphConfig, nodes: list[CheckedNode], faults: Faults
) -> tuple[tuple[ExecutorPlan, ...], int]:
    """Return the declared executors and the number of threads of the default one, 0 where it is free."""
    message: Any = graph.message
    plans: dict[str, ExecutorPlan] = {}
    for i, config in enumerate(message.executor):
        place = graph.place_of("executor", i)
        if _reserved(config.name):
            faults.add(f'executor name "{config.name}" is reserved; choose another', place)
        elif config.name in plans:
            faults.add(f'executor "{config.name}" is declared twice', place)
        plans[config.name] = ExecutorPlan(config.name, config.type, extension_fields(config.options))
    threads = message.num_threads
    if "" in plans and threads:
        faults.add("num_threads and an executor without a name both set the default executor; keep one of them",
                   graph.place_of("num_threads"))  # fmt: skip
    if "" in plans and not threads:
        threads = plans[""].options.get("num_threads", 0)
    for node in nodes:
        _check_executor(node, plans, faults)
    return tuple(plans.values()), threads


def _check_executor(node: CheckedNode, plans: dict[str, ExecutorPlan], faults: Faults) -> None:
    name = node.config.message.executor  # type: ignore[attr-defined]
    if not name or name in plans:
        return
    if _reserved(name):
        problem = f'executor name "{name}" is reserved; leave the field out'
    else:
        inside = " Executors that a subgraph declares do not count." if node.config.ancestry else ""
        problem = (
            f'executor "{name}" is not declared; add executor {{ name: "{name}" type: "ThreadPoolExecutor" }} to '
            f"the graph.{inside}{did_you_mean(name, plans)}"
        )
    faults.add(f"node {node.title}: {problem}", node.config.place_of("executor"), node=node)


def _reserved(name: str) -> bool:
    return name in _RESERVED_EXECUTORS or name.startswith("__")
