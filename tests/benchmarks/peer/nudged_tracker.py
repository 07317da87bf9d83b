"""How far the last bit carries: a family's graph whose first region is off by the smallest step of float32.

Two programs that add the same numbers in another order differ by such steps. What MediaPipe finds then, beside
what it finds without, is as near as another program can come to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from family_tracker import FAMILIES, side_packet
from mediapipe.framework.formats import rect_pb2
from mediapipe.python import packet_creator
from tracker import Event, Tracker, load_config, read_pixels

if TYPE_CHECKING:
    from types import TracebackType

_FIELDS = ("x_center", "y_center", "width", "height", "rotation")


class NudgedTracker:
    """Runs every frame for itself, twice: to learn the region, and with the region moved.

    Args:
        name: of a family that names its region.
        seed: decides for every value of a region whether it becomes larger or smaller.
    """

    def __init__(self, name: str, seed: int = 1) -> None:
        family = FAMILIES[name]
        self._region = family.region
        self._random = np.random.default_rng(seed)
        config = load_config(f"modules/{family.graph}.binarypb")
        side_packets = {key: side_packet(value) for key, value in family.side_packets.items()}
        readers = dict.fromkeys(family.masks, read_pixels)
        self._whole = Tracker(config, (self._region,), side_packets)
        streams = family.streams + family.masks
        self._rest = Tracker(_without_its_producer(config, self._region), streams, side_packets, readers)

    def __enter__(self) -> NudgedTracker:
        self._whole.__enter__()
        self._rest.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._whole.__exit__(kind, error, trace)
        self._rest.__exit__(kind, error, trace)

    def process(self, timestamp: int, frame: np.ndarray) -> list[Event]:
        """Returns what the graph finds in one RGB frame in the region next to its own."""
        also = {
            stream: packet_creator.create_proto(self._nudged(region))
            for stream, _, region in self._whole.process(timestamp, frame)
        }
        events = self._rest.process(timestamp, frame, also)
        self._whole.restart()
        self._rest.restart()
        return events

    def _nudged(self, region: Any) -> Any:
        moved = rect_pb2.NormalizedRect()
        for field in _FIELDS:
            value = np.float32(getattr(region, field))
            towards = np.float32(np.inf if self._random.random() < 0.5 else -np.inf)
            setattr(moved, field, float(np.nextafter(value, towards)))
        return moved


def _without_its_producer(config: Any, stream: str) -> Any:
    """Returns a copy of a graph to which a stream is given that it made itself."""
    changed = type(config).FromString(config.SerializeToString())
    del changed.node[:]
    changed.node.extend(
        node for node in config.node if stream not in {name.rpartition(":")[2] for name in node.output_stream}
    )
    changed.input_stream.append(stream)
    return changed
