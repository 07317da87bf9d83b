"""Input stream handlers and executors: what a config says about them."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from graphkit.config._plan import ExecutorPlan
from graphkit.errors import GraphkitError, RegistryError, did_you_mean
from graphkit.framework import _registry as registry
from graphkit.framework._handlers import DEFAULT_HANDLER
from graphkit.framework._settled import UNSTARTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.message import Message

    from graphkit.config._checking.contracts import CheckedNode
    from graphkit.config._checking.faults import Faults
    from graphkit.config._model import GraphConfig
    from graphkit.config._text.source import Place
    from graphkit.framework import InputStreamHandler

_RESERVED_EXECUTORS: Final = ("default", "gpu")


class Policy(NamedTuple):
    """The input policy of a node.

    Attributes:
        name: of the handler.
        options: by keyword.
        handler: an instance to query, None if it cannot be made.
    """

    name: str
    options: dict[str, Any]
    handler: InputStreamHandler | None


def input_policy(node: CheckedNode, graph: GraphConfig, faults: Faults) -> Policy:
    """Return the input policy of a node.

    The node's own config decides, then the graph's, then the calculator's contract, then the default one (S11).
    """
    own, whole = node.config.message, graph.message
    who, place = f"node {node.title}:", node.config.place
    name, options = DEFAULT_HANDLER, dict[str, Any]()
    if own.HasField("input_stream_handler"):
        config, place = own.input_stream_handler, node.config.place_of("input_stream_handler")  # type: ignore[attr-defined]
        name, options = config.input_stream_handler, extension_fields(config.options)
    elif whole.HasField("input_stream_handler"):
        config, place = whole.input_stream_handler, graph.place_of("input_stream_handler")  # type: ignore[attr-defined]
        name, options = config.input_stream_handler, extension_fields(config.options)
    elif node.contract is not None and node.contract.input_stream_handler:
        who = f"node {node.title}: its calculator asks for"
        name, options = node.contract.input_stream_handler, dict(node.contract.input_stream_handler_options)
    return Policy(name, options, _made(name, options, node, who, place, faults))


def _made(
    name: str, options: dict[str, Any], node: CheckedNode, who: str, place: Place, faults: Faults
) -> InputStreamHandler | None:
    """Make a handler, so that invalid options are found before a run."""
    if node.contract is None or not len(node.inputs):
        return None
    queues = [_NoQueue(index, stream) for index, stream in enumerate(node.inputs.names)]
    bounds = node.contract.process_timestamp_bounds
    try:
        cls: type[InputStreamHandler] = registry.find_input_stream_handler(name)
        return cls(queues, node.inputs, options, process_timestamp_bounds=bounds)
    except RegistryError as exc:
        faults.add(f"{who} {exc}", place, node=node)
    except Exception as exc:  # the handler may be user code
        reason = exc.message if isinstance(exc, GraphkitError) else f"{type(exc).__name__}: {exc}"
        faults.add(f"{who} {name}: {reason}", place, exc, node=node)
    return None


class _NoQueue:
    """Takes the place of an input without a run."""

    def __init__(self, index: int, name: str) -> None:
        self.index, self.name = index, name
        self.queue: deque[Any] = deque()
        self.settled = UNSTARTED
        self.is_done = False

    def pop_at(self, timestamp: int) -> None:
        """No packet ever waits."""

    def empty_timestamp(self) -> int:
        """Nothing is settled."""
        return UNSTARTED


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
    """Return the declared executors and the number of threads of the default one, 0 if not set."""
    message: Any = graph.message
    plans: dict[str, ExecutorPlan] = {}
    for i, config in enumerate(message.executor):
        place = graph.place_of("executor", i)
        if _reserved(config.name):
            faults.add(f'executor name "{config.name}" is reserved; choose another', place)
        elif config.name in plans:
            faults.add(f'executor "{config.name}" is declared twice', place)
        options = extension_fields(config.options)
        who = f'executor "{config.name}": '
        _check_number("num_threads", options.get("num_threads", 0), 0, who, place, faults)
        plans[config.name] = ExecutorPlan(config.name, config.type, options)
    threads = max(message.num_threads, 0)
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


def check_sizes(graph: GraphConfig, nodes: Sequence[CheckedNode], faults: Faults) -> None:
    """Refuse sizes and counts that are too small; -1 stands for no limit, or for the default."""
    message: Any = graph.message
    for field in ("max_queue_size", "num_threads"):
        _check_number(field, getattr(message, field), -1, "", graph.place_of(field), faults)
    for node in nodes:
        own: Any = node.config.message
        for field, least in (("max_in_flight", 0), ("buffer_size_hint", -1)):
            place = node.config.place_of(field)
            _check_number(field, getattr(own, field), least, f"node {node.title}: ", place, faults, node)


def _check_number(
    field: str, value: int, least: int, who: str, place: Place, faults: Faults, node: CheckedNode | None = None
) -> None:
    if value < least:
        faults.add(f"{who}{field} is {value}; it must be {least} or more", place, node=node)


def _reserved(name: str) -> bool:
    return name in _RESERVED_EXECUTORS or name.startswith("__")
