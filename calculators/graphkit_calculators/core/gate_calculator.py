"""GateCalculator: lets streams pass, or not."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

from graphkit import AnyType, Calculator, Input, Options, Output, SideInput, calculator, option, options
from graphkit.errors import ContractError
from graphkit.framework import EMPTY, EVERYTHING, NOTHING
from graphkit_calculators.core._streams import copy_headers, pair_streams

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graphkit import CalculatorContext, CalculatorContract, Packet
    from graphkit.framework import Demand, NodeView


@options("mediapipe.GateCalculatorOptions", extension=261754847)
class GateCalculatorOptions:
    """Options of GateCalculator.

    Attributes:
        empty_packets_as_allow: whether the gate is open where the control stream has no packet.
        allow: whether it is open where the node has no control at all.
        initial_gate_state: what the first state is compared with for STATE_CHANGE.
    """

    class GateState(enum.IntEnum):
        """State of the gate; before the first input it is uninitialized."""

        UNSPECIFIED = 0
        GATE_UNINITIALIZED = 1
        GATE_ALLOW = 2
        GATE_DISALLOW = 3

    empty_packets_as_allow: bool = option(1, default=False)
    allow: bool = option(2, default=False)
    initial_gate_state: GateState = option(3, default=GateState.GATE_UNINITIALIZED)


GateState = GateCalculatorOptions.GateState
_CONTROLS = ("ALLOW", "DISALLOW")


@calculator
class GateCalculator(Calculator):
    """Passes its untagged streams while the gate is open, and drops them while it is closed.

    The gate is controlled by a stream or by a side packet, called ALLOW or DISALLOW (at most one of the
    four); without any, or with a side packet that nobody gave, option `allow` decides. Dropped timestamps still
    move the bounds of the outputs. A gate that a side packet closes can never open, so its outputs are closed
    at the first input.

    STATE_CHANGE emits the new state (True: open) when it differs from the one before.

    Example::

        node {
          calculator: "GateCalculator"
          input_stream: "image"
          input_stream: "DISALLOW:have_enough_hands"
          output_stream: "image_for_detection"
          options { [mediapipe.GateCalculatorOptions.ext] { empty_packets_as_allow: true } }
        }
    """

    is_gate = True
    data = Input[Any](AnyType, repeated=True, optional=True)
    allow = Input(bool, "ALLOW", optional=True)
    disallow = Input(bool, "DISALLOW", optional=True)
    allow_side = SideInput(bool, "ALLOW", value_optional=True)
    disallow_side = SideInput(bool, "DISALLOW", value_optional=True)
    passed = Output[Any](AnyType, repeated=True, optional=True)
    state_change = Output(bool, "STATE_CHANGE", optional=True)
    options = Options(GateCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Pair inputs with outputs; raises ContractError for two controls or for unpaired streams."""
        controls = [f"input_stream {tag}" for tag in _CONTROLS if tag in cc.inputs]
        controls += [f"input_side_packet {tag}" for tag in _CONTROLS if tag in cc.input_side_packets]
        if len(controls) > 1:
            raise ContractError(
                f'node "{cc.node_name}" has {" and ".join(controls)}; give the gate one of them, or none to let '
                "option allow decide"
            )
        pair_streams(cc)

    @classmethod
    def demanded_inputs(
        cls, node: NodeView, demanded: Sequence[Demand], side_packets: Mapping[str, Packet[Any]]
    ) -> list[Demand]:
        """Read of each stream what is read behind the gate, nothing where it can never open."""
        shut = _is_shut_for_good(node, side_packets)
        outputs = dict(zip(node.outputs.keys, demanded, strict=True))
        return [
            EVERYTHING if key[0] in _CONTROLS else NOTHING if shut else outputs[key] for key in node.inputs.keys
        ]

    def open(self, cc: CalculatorContext) -> None:
        """Find out what controls the gate."""
        settings = self.options(cc)
        copy_headers(cc)
        self._streams = range(self.data.count(cc))
        self._state = settings.initial_gate_state
        self._where_empty = settings.empty_packets_as_allow
        self._inverted = self.disallow.is_connected(cc)
        self._control = cc.inputs.tag_map.id_of("DISALLOW" if self._inverted else "ALLOW")
        allow, disallow = self.allow_side.get(cc), self.disallow_side.get(cc)
        self._by_side_packet = allow is not None or disallow is not None
        if allow is not None:
            self._fixed = allow
        elif disallow is not None:
            self._fixed = not disallow
        else:
            self._fixed = settings.allow

    def process(self, cc: CalculatorContext) -> None:
        """Pass or drop one input set."""
        packets, shards = cc.inputs.packets, cc.outputs.shards
        allow = self._fixed
        if self._control is not None:
            control = packets[self._control]._payload
            allow = self._where_empty if control is EMPTY else control != self._inverted
        self._note_state(cc, allow)
        if allow:
            for i in self._streams:
                packet = packets[i]
                if packet._payload is not EMPTY:
                    shards[i].add(packet)
        elif self._by_side_packet:
            for i in self._streams:
                shards[i].close()

    def _note_state(self, cc: CalculatorContext, allow: bool) -> None:
        state = GateState.GATE_ALLOW if allow else GateState.GATE_DISALLOW
        if state is not self._state:
            if self._state is not GateState.GATE_UNINITIALIZED:
                self.state_change.send(cc, allow)
            self._state = state


def _is_shut_for_good(node: NodeView, side_packets: Mapping[str, Packet[Any]]) -> bool:
    """Return whether *node* is known to be shut for the whole run; see `ReadsSelectively.demanded_inputs`."""
    if any(tag in _CONTROLS for tag, _ in node.inputs.keys):
        return False
    for (tag, _), name in zip(node.input_side_packets.keys, node.input_side_packets.names, strict=True):
        if name not in side_packets:
            return False
        if side_packets[name]:
            return bool(side_packets[name].payload) is (tag == "DISALLOW")
    return not (node.options.get(GateCalculatorOptions) or GateCalculatorOptions()).allow
