"""SwitchContainer: routes its streams to one of several contained nodes.

The container becomes a SwitchDemuxCalculator, the contained nodes, and a SwitchMuxCalculator. Demux and mux
name what belongs to channel *n* ``Cn__TAG``. The channel comes from SELECT (int) or ENABLE (bool), each a
stream or a side packet, or from the options. A SELECT or ENABLE stream goes through a
PacketSequencerCalculator first, which gives it the timestamps of the container's inputs.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

from graphkit import schema
from graphkit.config._expansion.subgraph import Subgraph
from graphkit.config._model import Entry, GraphConfig, NodeConfig, OptionsMessage
from graphkit.config._options.catalog import options_classes
from graphkit.config._text.names import keyed
from graphkit.config._text.reader import node_config
from graphkit.config._text.source import Place
from graphkit.errors import ConfigError
from graphkit.framework import _registry as registry
from graphkit.framework import option, options

if TYPE_CHECKING:
    from graphkit.config._expansion.subgraph import SubgraphContext
    from graphkit.framework import Key

_NAME: Final = "mediapipe.SwitchContainerOptions"
_CONTROLS: Final = ("SELECT", "ENABLE")


@options(_NAME, extension=345967970)
class SwitchContainerOptions:
    """Options of SwitchContainer, and of the demux and mux it becomes.

    Attributes:
        contained_node: the channels, as ``CalculatorGraphConfig.Node`` messages.
        select: the first channel.
        enable: the first channel, 1 for true and 0 for false.
        synchronize_io: the demux waits for all of its inputs.
        async_selection: SELECT and ENABLE act when they arrive, not at their timestamps.
        tick_input_stream: inputs (``TAG:index``) whose timestamps SELECT and ENABLE take; all, if none is named.
    """

    contained_node: list[Any] = option(2, "mediapipe.CalculatorGraphConfig.Node")
    select: int | None = option(3)
    enable: bool | None = option(4)
    synchronize_io: bool | None = option(5)
    async_selection: bool | None = option(6)
    tick_input_stream: list[str] = option(7)


class SwitchContainer(Subgraph):
    """The subgraph that ``calculator: "SwitchContainer"`` stands for."""

    def get_config(self, context: SubgraphContext) -> GraphConfig:
        """Return demux, contained nodes and mux; raises ConfigError if the channel is given twice."""
        return _Builder(context).build()


@dataclasses.dataclass(slots=True)
class _Side:
    """The streams of one sort and direction, by tag and index, under names that are unique."""

    names: dict[Key, str]

    @classmethod
    def of(cls, entries: list[Entry]) -> _Side:
        found: dict[Key, str] = {}
        for key, entry in keyed(entries).items():
            if key in ((_CONTROLS[0], 0), (_CONTROLS[1], 0)):
                continue
            name, number = entry.name, 2
            while name in found.values():
                name, number = f"{entry.name}_{number}", number + 1
            found[key] = name
        return cls(dict(sorted(found.items())))

    def entries(self) -> list[Entry]:
        """Return the streams as the container's own interface has them."""
        return [_entry(key, name) for key, name in self.names.items()]

    def inside(self, channel: int) -> list[Entry]:
        """Return the streams as the contained node of a channel has them."""
        return [_entry(key, f"c{channel}__{name}") for key, name in self.names.items()]

    def channel(self, channel: int) -> list[Entry]:
        """Return the streams of a channel as demux and mux have them."""
        return [
            _entry((f"C{channel}__{tag}", index), f"c{channel}__{name}")
            for (tag, index), name in self.names.items()
        ]


def _entry(key: Key, name: str) -> Entry:
    tag, index = key
    return Entry(f"{tag}:{index}:{name}" if index else f"{tag}:{name}" if tag else name)


class _Builder:
    def __init__(self, context: SubgraphContext) -> None:
        self._context = context
        self._node = context.node
        self._options = context.options(SwitchContainerOptions)
        self._inputs = _Side.of(self._node.inputs)
        self._outputs = _Side.of(self._node.outputs)
        self._side_inputs = _Side.of(self._node.input_side_packets)
        self._side_outputs = _Side.of(self._node.output_side_packets)

    def build(self) -> GraphConfig:
        self._check()
        streams = {control: f"gate_{control.lower()}" for control in _CONTROLS}
        sequencers = []
        for control in _CONTROLS:
            if (control, 0) in self._context.inputs:
                sequencers.append(self._sequencer(streams[control]))
                streams[control] += "_timed"
        control_streams = [Entry(f"{control}:{name}") for control, name in streams.items()]
        controls = [Entry(f"{control}:gate_{control.lower()}") for control in _CONTROLS]
        demux, mux = self._new("SwitchDemuxCalculator"), self._new("SwitchMuxCalculator")
        for node in (demux, mux):
            node.options = self._forwarded_options()
            node.inputs, node.input_side_packets = list(control_streams), list(controls)
        demux.inputs += self._inputs.entries()
        demux.input_side_packets += self._side_inputs.entries()
        mux.outputs, mux.output_side_packets = self._outputs.entries(), self._side_outputs.entries()
        contained = [self._connect(channel, node, demux, mux) for channel, node in enumerate(self._contained())]
        return GraphConfig(
            message=schema.message_class("mediapipe.CalculatorGraphConfig")(), source=self._node.place,
            package=self._node.package, nodes=[*sequencers, demux, mux, *contained],
            inputs=[*controls, *self._inputs.entries()], outputs=self._outputs.entries(),
            input_side_packets=[*controls, *self._side_inputs.entries()],
            output_side_packets=self._side_outputs.entries(),
        )  # fmt: skip

    def _check(self) -> None:
        place = self._node.place.location
        if self._options.select is not None and self._options.enable is not None:
            raise ConfigError("give one of the options select and enable, not both", place)
        for tags in (self._context.inputs, self._context.input_side_packets):
            if all((control, 0) in tags for control in _CONTROLS):
                raise ConfigError("connect one of SELECT and ENABLE, not both", place)
        if not self._options.contained_node:
            raise ConfigError("a SwitchContainer needs at least one contained_node", place)

    def _new(self, calculator: str) -> NodeConfig:
        message = schema.message_class("mediapipe.CalculatorGraphConfig.Node")()
        return NodeConfig("", calculator, message, self._node.place, self._node.package)

    def _sequencer(self, stream: str) -> NodeConfig:
        """Return the node that gives a control stream the timestamps of the inputs."""
        node = self._new("PacketSequencerCalculator")
        if not self._options.async_selection:
            node.message.input_stream_handler.input_stream_handler = "DefaultInputStreamHandler"  # type: ignore[attr-defined]
        ticks = self._options.tick_input_stream
        names = [name for (tag, index), name in self._inputs.names.items()
                 if not ticks or f"{tag}:{index}" in ticks or (index == 0 and tag in ticks)]  # fmt: skip
        node.inputs = [Entry(f"INPUT:{stream}"), *(_entry(("TICK", i), name) for i, name in enumerate(names))]
        node.outputs = [Entry(f"OUTPUT:{stream}_timed")]
        return node

    def _forwarded_options(self) -> list[OptionsMessage]:
        """Return the container's options without the contained nodes."""
        forwarded = []
        for given in self._node.options:
            message = type(given.message)()
            message.CopyFrom(given.message)
            if given.full_name == _NAME:
                message.ClearField("contained_node")
            forwarded.append(dataclasses.replace(given, message=message))
        return forwarded

    def _contained(self) -> list[NodeConfig]:
        nodes = []
        source = self._node.place.source
        for given in self._node.options:
            if given.full_name != _NAME:
                continue
            for i, message in enumerate(given.message.contained_node):  # type: ignore[attr-defined]
                mark = given.mark.at("contained_node", i)
                own = type(message)()
                own.CopyFrom(message)
                nodes.append(node_config(own, mark, source, self._node.package, self._context.faults))
        return nodes

    def _connect(self, channel: int, node: NodeConfig, demux: NodeConfig, mux: NodeConfig) -> NodeConfig:
        place = Place(node.place.source, node.place.offset)
        node.inputs += [e._replace(place=place) for e in self._inputs.inside(channel)]
        node.outputs += [e._replace(place=place) for e in self._outputs.inside(channel)]
        node.input_side_packets += [e._replace(place=place) for e in self._side_inputs.inside(channel)]
        node.output_side_packets += [e._replace(place=place) for e in self._side_outputs.inside(channel)]
        demux.outputs += self._inputs.channel(channel)
        demux.output_side_packets += self._side_inputs.channel(channel)
        mux.inputs += self._outputs.channel(channel)
        mux.input_side_packets += self._side_outputs.channel(channel)
        return node


def install() -> None:
    """Register the container and its options."""
    options_classes(_NAME)
    registry.register_subgraph("SwitchContainer", SwitchContainer)
