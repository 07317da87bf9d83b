"""What the two halves of a switch, demux and mux, declare alike."""

from __future__ import annotations

from graphkit import Calculator, Input, Options, SideInput
from graphkit.config import SwitchContainerOptions


class Switch(Calculator):
    """Takes every stream as it comes, bounds too: a channel that is not selected must not hold up the others.

    SELECT and ENABLE choose the channel, see `graphkit_calculators.core._channels`.
    """

    timestamp_offset = None
    input_stream_handler = "ImmediateInputStreamHandler"
    any_arrival_order = True
    process_timestamp_bounds = True

    select = Input(int, "SELECT", optional=True)
    enable = Input(bool, "ENABLE", optional=True)
    select_side = SideInput(int, "SELECT", value_optional=True)
    enable_side = SideInput(bool, "ENABLE", value_optional=True)
    options = Options(SwitchContainerOptions)
