"""SidePacketToStreamCalculator: side packets as packets of a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphkit import AnyType, Calculator, Input, SideInput, Status, Timestamp, calculator
from graphkit.errors import ContractError
from graphkit.framework import ANY

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract

_FIXED: Final = {
    "AT_PRESTREAM": Timestamp.PRE_STREAM,
    "AT_POSTSTREAM": Timestamp.POST_STREAM,
    "AT_ZERO": Timestamp(0),
}
_AT_TICK: Final = ("AT_TICK", "AT_FIRST_TICK")
_TAGS: Final = (*_FIXED, *_AT_TICK, "AT_TIMESTAMP")


@calculator
class SidePacketToStreamCalculator(Calculator):
    """Puts side packets onto streams, at the timestamp that the tag of the outputs names.

    AT_PRESTREAM, AT_POSTSTREAM and AT_ZERO emit once, at that timestamp; AT_TIMESTAMP at the one in side
    packet TIMESTAMP (int). AT_TICK repeats the side packet at each TICK packet, AT_FIRST_TICK emits at the
    first one and closes. Several outputs of one tag take the untagged side packets in order.

    Example::

        node {
          calculator: "SidePacketToStreamCalculator"
          input_stream: "TICK:image"
          input_side_packet: "enable_segmentation"
          output_stream: "AT_TICK:enable_segmentation_timed"
        }
    """

    tick = Input[Any](AnyType, "TICK", optional=True)
    timestamp = SideInput(int, "TIMESTAMP", optional=True)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that tags and side packets fit; raises ContractError."""
        fault = _fault(cc)
        if fault:
            raise ContractError(f'node "{cc.node_name}": {fault}')
        for spec in cc.outputs.specs():
            spec.type = ANY
        for key, spec in cc.input_side_packets.items():
            if key[0] != "TIMESTAMP":
                spec.type = ANY

    def open(self, cc: CalculatorContext) -> None:
        """Look up the side packets; a calculator without TICK has nothing to promise about bounds."""
        self._tag = cc.outputs.tag_map.keys[0][0]
        packets = cc.input_side_packets
        self._packets = [
            packet for key, packet in zip(packets.tag_map, packets.packets, strict=True) if key[0] != "TIMESTAMP"
        ]
        self._done = False

    def process(self, cc: CalculatorContext) -> Status | None:
        """Emit at a tick; stop where there are none."""
        if self._tag not in _AT_TICK:
            return Status.STOP
        if not self._done:
            self._emit(cc, cc.input_timestamp)
            if self._tag == "AT_FIRST_TICK":
                self._done = True
                for shard in cc.outputs.shards:
                    shard.close()
        return None

    def close(self, cc: CalculatorContext) -> None:
        """Emit what comes once."""
        if self._tag in _FIXED:
            self._emit(cc, _FIXED[self._tag])
        elif self._tag == "AT_TIMESTAMP":
            self._emit(cc, Timestamp(self.timestamp.expect(cc)))

    def _emit(self, cc: CalculatorContext, timestamp: Timestamp) -> None:
        for packet, shard in zip(self._packets, cc.outputs.shards, strict=True):
            shard.add(packet.at(timestamp))


def _fault(cc: CalculatorContract) -> str:
    """Return what is wrong with the streams of a node, "" for nothing."""
    tags = cc.outputs.tag_map.tags()
    if len(tags) != 1 or tags[0] not in _TAGS:
        return (
            f"the output streams must have one of the tags {', '.join(_TAGS)}; found {', '.join(tags) or 'none'}"
        )
    if (tags[0] in _AT_TICK) != ("TICK" in cc.inputs):
        return f"{' and '.join(_AT_TICK)} outputs go with a TICK input stream, the others without"
    if (tags[0] == "AT_TIMESTAMP") != ("TIMESTAMP" in cc.input_side_packets):
        return "AT_TIMESTAMP outputs go with a TIMESTAMP side packet, the others without"
    given = sum(1 for tag, _ in cc.input_side_packets if tag != "TIMESTAMP")
    if given != len(cc.outputs):
        return f"there are {given} side packets for {len(cc.outputs)} output streams; each output needs one"
    return ""
