"""The graphs of MediaPipe's wheel that families.py names, frame by frame."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mediapipe.python import packet_creator
from tracker import Event, Tracker, load_config, read_pixels

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from families import FAMILIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np


def side_packet(value: bool | int) -> Any:
    """Returns a packet of a bool or an int."""
    return packet_creator.create_bool(value) if isinstance(value, bool) else packet_creator.create_int(value)


class FamilyTracker(Tracker):
    """Feeds frames, collects what the streams of a family carry; masks as arrays (height, width) float32.

    Args:
        name: of the family.
        afresh: Whether every frame has a run of its own, so that nothing is carried over.
        streams: What is collected instead of the family's streams, inner ones too.
    """

    def __init__(self, name: str, afresh: bool = False, streams: Sequence[str] = ()) -> None:
        family = FAMILIES[name]
        side_packets = {key: side_packet(value) for key, value in family.side_packets.items()}
        readers = dict.fromkeys(family.masks, read_pixels)
        config = load_config(f"modules/{family.graph}.binarypb")
        super().__init__(config, streams or family.streams + family.masks, side_packets, readers)
        self._afresh = afresh
        self._used = False

    def process(self, timestamp: int, frame: np.ndarray, also: Mapping[str, Any] | None = None) -> list[Event]:
        """Runs one RGB frame through the graph and returns what it gave, ordered by stream and time."""
        if self._afresh and self._used:
            self.restart()
        self._used = True
        return super().process(timestamp, frame, also)
