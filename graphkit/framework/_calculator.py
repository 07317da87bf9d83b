"""Calculator: the base class of a node's code, and the decorator that registers it.

::

    @calculator
    class Blur(Calculator):
        image = Input(ImageFrame, "IMAGE")
        blurred = Output(ImageFrame, "IMAGE")

        def process(self, cc: CalculatorContext) -> None:
            self.blurred.send(cc, ImageFrame(cv2.blur(self.image(cc).data, (5, 5))))

    @calculator
    def Grayscale(image: ImageFrame) -> ImageFrame: ...

A graph names them ``calculator: "Blur"`` and ``calculator: "Grayscale"``.
"""

from __future__ import annotations

import enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, TypeVar, overload
from weakref import WeakKeyDictionary

from graphkit.errors import ContractError, did_you_mean
from graphkit.framework import _registry as registry
from graphkit.framework._packet_type import Kind, PacketType
from graphkit.framework._ports import Input, Output, Port, SideInput, SideOutput

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from graphkit.framework._context import CalculatorContext
    from graphkit.framework._contract import CalculatorContract, PortMap

C = TypeVar("C", bound="type[Calculator]")
F = TypeVar("F", bound="Callable[..., Any]")
D = TypeVar("D", bound="type[Calculator] | Callable[..., Any]")

TRAITS: Final = (
    "blocking", "pure", "for_outputs_only", "any_arrival_order", "timestamp_offset", "input_stream_handler",
    "input_stream_handler_options",
)  # fmt: skip
"""The class attributes of a calculator that a function may be given."""

_ports: Final[WeakKeyDictionary[type[Calculator], tuple[Port[Any], ...]]] = WeakKeyDictionary()


class Status(enum.Enum):
    """What ``process`` may return instead of None.

    STOP from a source ends it; from any other node it ends all sources.
    """

    STOP = "stop"


class Holding(NamedTuple):
    """What a calculator that admits packets by its own rule keeps from the nodes downstream.

    Attributes:
        words: why it admits no more packets, as text to follow "Node N"; "" if it admits them.
        since: the time of the packet whose end at a back edge it waits for.
        way_out: what helps if that never comes.
        dropped: how many packets it has dropped so far.
    """

    words: str = ""
    since: int = 0
    way_out: str = ""
    dropped: int = 0


class Calculator:
    """Base of all calculators. The runtime makes a new object for each run of a graph.

    Class attributes that a calculator may set:

    Attributes:
        timestamp_offset: outputs come at input time plus this many microseconds or later (default 0).
            None promises nothing: consumers then wait until this node emits or sets a bound.
        input_stream_handler: name of the input policy, "" for the default one.
        input_stream_handler_options: its options, by keyword.
        any_arrival_order: whatever its input policy, the outputs are the same in whatever order the packets of
            different inputs arrive. A file is then fed as if the policy were the default one (S41).
        process_timestamp_bounds: also call ``process`` when all inputs are settled and empty.
        pure: outputs depend on the input packets, options and side packets of the call alone, and calls may
            run side by side. The runtime then uses every thread for the node, keeps its output in order, and
            may call ``process`` ahead of time and throw the result away. An object that finds in ``open`` that it
            keeps something from call to call sets its own ``pure`` to False.
        is_gate: passes each packet on unchanged at the output of the same tag and index, or drops it, as a gate.
        passes_on: tags of inputs whose packets it often passes on unchanged, with the tags of the outputs. It may
            send something else, or nothing.
        for_outputs_only: the node only makes its output packets; in a run in which nobody reads them ``process``
            is not called, and inputs that only it reads are not made (S56). ``pure`` implies it.
        blocking: whether ``process`` takes long or waits with the GIL released (inference, video, OpenCV
            on whole frames). Such a node never runs on a thread that pushes packets; others run there at once.
    """

    timestamp_offset: ClassVar[int | None] = 0
    input_stream_handler: ClassVar[str] = ""
    input_stream_handler_options: ClassVar[dict[str, Any]] = {}
    any_arrival_order: ClassVar[bool] = False
    process_timestamp_bounds: ClassVar[bool] = False
    blocking: ClassVar[bool] = False
    pure: bool = False
    is_gate: ClassVar[bool] = False
    passes_on: ClassVar[Mapping[str, str]] = MappingProxyType({})
    for_outputs_only: ClassVar[bool] = False

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Refine the contract of one node after the typed ports were applied to it."""

    def open(self, cc: CalculatorContext) -> None:
        """Prepare; called once per run, when side packets and headers are available."""

    def process(self, cc: CalculatorContext) -> Status | None:
        """Handle one input timestamp. A source is called again and again until it returns Status.STOP."""
        raise NotImplementedError(f"{type(self).__name__} has no process()")

    def close(self, cc: CalculatorContext) -> None:
        """Finish; called once if ``open`` succeeded, after errors too. May emit in a good run."""

    def explain_holding(self) -> Holding | None:
        """Return what it holds back from the graph, for ``explain()``; None if it holds back nothing.

        Called after ``open`` has returned, from any thread, also while ``process`` runs: it must change nothing.
        """
        return None


@overload
def calculator(target: C) -> C: ...
@overload
def calculator(target: F) -> F: ...
@overload
def calculator(
    name: str = "",
    /,
    *,
    replace: bool = False,
    blocking: bool = ...,
    pure: bool = ...,
    for_outputs_only: bool = ...,
    any_arrival_order: bool = ...,
    timestamp_offset: int | None = ...,
    input_stream_handler: str = ...,
    input_stream_handler_options: dict[str, Any] = ...,
) -> Callable[[D], D]: ...
def calculator(target: Any = "", /, *, replace: bool = False, **traits: Any) -> Any:
    """Register a calculator class or function, under its own name or under ``@calculator("Name")``.

    A definition that runs again, in a notebook or when its module is reloaded, replaces itself.

    Args:
        target: the class or function; or the name in graphs.
        replace: take the name from the calculator that has it, a built-in one for example.
        traits: of a function: the class attributes of `Calculator` that it would set as a class, such as
            ``blocking=True`` or ``pure=True``.

    Raises:
        ContractError: the declaration contradicts itself.
        DuplicateCalculatorError: another class has the name.
    """
    unknown = traits.keys() - TRAITS
    if unknown:
        raise ContractError(f"@calculator has no {', '.join(sorted(unknown))}; it takes {', '.join(TRAITS)}")
    if isinstance(target, str):
        return lambda decorated: _register(target or _name_of(decorated), decorated, replace, traits)
    return _register(_name_of(target), target, replace, traits)


def _name_of(target: Any) -> str:
    return getattr(target, "__name__", "") or repr(target)


def _register(name: str, target: Any, replace: bool, traits: Mapping[str, Any]) -> Any:
    if isinstance(target, type) and issubclass(target, Calculator):
        if traits:
            first, value = next(iter(traits.items()))
            raise ContractError(
                f"{name} is a class: write `{first} = {value!r}` in its body; @calculator takes it for functions",
                calculator=name,
            )
        ports_of(target)
        _check_methods(name, target)
        registry.register_calculator(name, target, replace=replace)
        return target
    if callable(target) and not isinstance(target, type):
        from graphkit.framework._functional import calculator_from_function

        made = calculator_from_function(name, target, traits)
        registry.register_calculator(name, made, replace=replace)
        return target
    raise ContractError(
        f"@calculator decorates a Calculator subclass or a function, not {target!r}", calculator=name
    )


def _check_methods(name: str, cls: type[Calculator]) -> None:
    """Refuse a class that cannot be made, or whose ``process`` is spelled wrongly; raises ContractError."""
    code = getattr(cls.__init__, "__code__", None)
    if code is not None:
        arguments = code.co_varnames[1 : code.co_argcount - len(getattr(cls.__init__, "__defaults__", None) or ())]
        if arguments:
            raise ContractError(
                f"{name}.__init__() takes {', '.join(arguments)}: a calculator is made without arguments. Values "
                "for a node come through Options(...), values for a run through SideInput(...)",
                calculator=name,
            )
    if cls.process is Calculator.process and (streams := [p for p in ports_of(cls) if p.side in _STREAMS]):
        own = [each for each, value in vars(cls).items() if callable(value) and not each.startswith("__")]
        close = did_you_mean("process", own)
        if close:
            raise ContractError(
                f"{name} has the stream {streams[0].name} and no process(), which is called for each input time."
                f"{close.replace('Did you mean', 'Is it')} Name it process",
                calculator=name,
            )


_STREAMS: Final = ("inputs", "outputs")


def ports_of(cls: type[Calculator]) -> tuple[Port[Any], ...]:
    """Return the typed ports of *cls* in declaration order, untagged ones numbered; raises ContractError."""
    found = _ports.get(cls)
    if found is None:
        found = _ports[cls] = _declared_ports(cls)
    return found


def _declared_ports(cls: type[Calculator]) -> tuple[Port[Any], ...]:
    ports: dict[str, Port[Any]] = {}
    for base in reversed(cls.__mro__):
        for name, value in vars(base).items():
            if isinstance(value, Port):
                ports[name] = value
            else:
                ports.pop(name, None)
    _number_untagged(cls, list(ports.values()))
    return tuple(ports.values())


def _number_untagged(cls: type[Calculator], ports: list[Port[Any]]) -> None:
    counts: dict[tuple[str, str], int] = {}
    for port in ports:
        key = (port.side, port.tag)
        seen = counts.get(key, 0)
        if seen and port.tag:
            message = f"{cls.__name__}.{port.name}: tag {port.tag} is declared twice; use repeated=True"
            raise ContractError(message, calculator=cls.__name__, port=port.tag)
        port.index = seen
        counts[key] = seen + 1


def apply_ports(cls: type[Calculator], cc: CalculatorContract) -> list[str]:
    """Apply the typed ports of *cls* to the tags of a node, then let the class refine the contract.

    Returns:
        One sentence for each required port that the node's config leaves out.
    """
    cc.input_stream_handler = cls.input_stream_handler
    cc.input_stream_handler_options = dict(cls.input_stream_handler_options)
    cc.timestamp_offset = cls.timestamp_offset
    cc.process_timestamp_bounds = cls.process_timestamp_bounds
    missing: list[str] = []
    for port in ports_of(cls):
        side: PortMap = getattr(cc, port.side)
        keys = [(port.tag, i) for i in range(side.count(port.tag))] if port.repeated else [(port.tag, port.index)]
        keys = [key for key in keys if key in side.tag_map]
        for key in keys:
            side[key].type = _resolved_same_as(port.packet_type)
            side[key].optional = port.value_optional if isinstance(port, SideInput) else port.optional
        if not keys and not port.optional:
            what = {"inputs": "input stream", "outputs": "output stream"}.get(
                port.side, port.side[:-1].replace("_", " ")
            )
            label = f'tag "{port.tag}"' if port.tag else f"index {port.index}"
            missing.append(f"{what} with {label} ({port.packet_type}) is required")
    cls.update_contract(cc)
    return missing


def _resolved_same_as(packet_type: PacketType) -> PacketType:
    if packet_type.kind is Kind.SAME_AS and isinstance(packet_type.same_as, Port):
        port = packet_type.same_as
        return PacketType(Kind.SAME_AS, same_as=(port.tag, port.index))
    return packet_type


__all__ = [
    "Calculator", "Holding", "Input", "Output", "SideInput", "SideOutput", "Status", "apply_ports", "calculator",
    "ports_of",
]  # fmt: skip
