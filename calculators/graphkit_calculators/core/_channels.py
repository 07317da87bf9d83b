"""Channels of a switch: which one is selected, and which streams belong to it.

The streams of channel 2 carry the tag prefix ``C2__``. SELECT (int) or ENABLE (bool: channel 1 or 0)
choose the channel, as side packets once and for all, or as streams from a timestamp on.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from graphkit import Timestamp
from graphkit.config import SwitchContainerOptions
from graphkit.errors import PacketError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphkit import CalculatorContext
    from graphkit.framework import TagMap

_CHANNEL_TAG: Final = re.compile(r"C(\d+)__(.*)\Z")
CONTROLS: Final = ("ENABLE", "SELECT")


def channel_tag(tag: str, channel: int) -> str:
    """Return the tag that *tag* has in *channel*."""
    return f"C{channel}__{tag}"


def channel_count(*tag_maps: TagMap) -> int:
    """Return one more than the highest channel that a tag names."""
    matches = (_CHANNEL_TAG.match(tag) for tag_map in tag_maps for tag in tag_map.tags())
    return max((int(m.group(1)) + 1 for m in matches if m), default=0)


def channel_pairs(plain: TagMap, channels: TagMap, channel: int) -> list[tuple[int, int]]:
    """Return (id in *plain*, id in *channels*) of each stream that *channel* has in both."""
    pairs = []
    for plain_id, (tag, index) in enumerate(plain.keys):
        channel_id = channels.id_of(channel_tag(tag, channel), index)
        if channel_id is not None:
            pairs.append((plain_id, channel_id))
    return pairs


def initial_channel(cc: CalculatorContext, count: int) -> int:
    """In ``open``: return the channel that side packets or options select, 0 where none does."""
    settings = cc.options(SwitchContainerOptions)
    channel = 0
    if settings.enable is not None:
        channel = int(settings.enable)
    if settings.select is not None:
        channel = settings.select
    by = ""
    for tag in (tag for tag in CONTROLS if tag in cc.input_side_packets):
        packet = cc.input_side_packets[tag]
        if packet:
            channel, by = packet.payload, f' by the side packet "{_name_of(cc, tag)}"'
    return checked_channel(channel, count, by)


def _name_of(cc: CalculatorContext, tag: str) -> str:
    """Return the name of the side packet that comes in at *tag*."""
    tag_map = cc.input_side_packets.tag_map
    return tag_map.names[tag_map.keys.index((tag, 0))]


def checked_channel(channel: int, count: int, by: str = "") -> int:
    """Return *channel* as an int; raises PacketError where a switch of *count* channels has none like it.

    Args:
        channel: selected.
        count: of channels.
        by: whom, for the message.
    """
    if count and not 0 <= channel < count:
        raise PacketError(f"channel {int(channel)} was selected{by}, but the channels are 0 to {count - 1}")
    return int(channel)


def send_fixed_channel(cc: CalculatorContext, pairs: Sequence[tuple[int, int]]) -> None:
    """Send on what is new of the one channel that is selected for the whole run, bounds too.

    Args:
        cc: of the call.
        pairs: ids of inputs and outputs.
    """
    now, packets, shards = cc.input_timestamp, cc.inputs.packets, cc.outputs.shards
    for source, target in pairs:
        if packets[source].timestamp == now:
            shards[target].add(packets[source])


class ChannelHistory:
    """The selected channel, by time.

    Args:
        tag_map: the input streams of the node.
        count: how many channels there are.
        channel: the one selected at first.
    """

    def __init__(self, tag_map: TagMap, count: int, channel: int) -> None:
        self.channels = [channel]
        self._starts: list[int] = [Timestamp.UNSET]
        self._count = count
        ids = [tag_map.id_of(tag) for tag in CONTROLS]
        self._controls = [i for i in ids if i is not None]

    @property
    def current(self) -> int:
        """The channel selected last."""
        return self.channels[-1]

    @property
    def control_ids(self) -> list[int]:
        """Ids of the streams ENABLE and SELECT, those of them that are connected."""
        return self._controls

    def settled(self, cc: CalculatorContext) -> Timestamp:
        """Return the last timestamp whose channel is known."""
        return cc.inputs.packets[self._controls[0]].timestamp if self._controls else Timestamp.DONE

    def record(self, cc: CalculatorContext) -> None:
        """Note the selection that this call brings; raises PacketError for a channel that is not there."""
        channel: int = self.current
        for position in self._controls:
            channel = cc.inputs.packets[position].get_or(channel)
        settled = self.settled(cc)
        if channel != self.current and settled == cc.input_timestamp:
            self._starts.append(settled)
            self.channels.append(checked_channel(channel, self._count))

    def channel_at(self, timestamp: Timestamp) -> int:
        """Return the channel selected at *timestamp*."""
        return self.channels[bisect_right(self._starts, timestamp) - 1]

    def span(self, position: int, settled: Timestamp) -> tuple[int, int]:
        """Return the first timestamp of the selection at *position* and the first one after it."""
        last = position + 1 == len(self.channels)
        end = settled.next_allowed_in_stream() if last else self._starts[position + 1]
        return self._starts[position], end

    def forget(self, number: int) -> None:
        """Drop the *number* oldest selections; the current one stays."""
        number = max(0, min(number, len(self.channels) - 1))
        del self.channels[:number]
        del self._starts[:number]

    def forget_until(self, timestamp: Timestamp) -> None:
        """Drop the selections that ended at or before *timestamp*."""
        self.forget(bisect_right(self._starts, timestamp) - 1)
