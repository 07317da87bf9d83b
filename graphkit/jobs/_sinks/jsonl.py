"""JsonlSink: a line of JSON per packet."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from graphkit.errors import UsageError
from graphkit.formats import to_json
from graphkit.framework._packet_type import Kind
from graphkit.jobs._sink import Ending, FileSink
from graphkit.jobs._sinks.text_file import TextFile
from graphkit.jobs._streams import IMAGES

if TYPE_CHECKING:
    from graphkit.framework import Packet


class JsonlSink(FileSink):
    """One JSON object per packet and line: ``{"timestamp": ..., "stream": ..., "packet": ...}``.

    The timestamp is in microseconds, the packet in the JSON mapping of its message. A line is on its way
    to the disk before the next packet is taken, so a crash loses nothing.
    """

    endings = (".jsonl",)

    def check_stream(self) -> None:
        """Refuse images, which are no text."""
        carried = self.target.carried
        if carried.kind is Kind.ONE_OF and all(payload in IMAGES.types for payload in carried.types):
            raise UsageError(
                f'{self.target}: stream "{self.stream}" carries images. Write them as .npz, into a folder of .png '
                "(a name that ends with /) or as a video ({output}, {output_stream}), their times and sizes as "
                ".csv.",
                parameter="dumps",
                remedies=("output", "output_stream"),
            )

    def open(self) -> None:
        """Create the file; raises OutputError."""
        self._file = TextFile(self.path)

    def write(self, packet: Packet[Any]) -> None:
        """Write a packet."""
        line = {"timestamp": int(packet.timestamp), "stream": self.stream, "packet": to_json(packet.payload)}
        self._file.write(json.dumps(line) + "\n")

    def close(self, ending: Ending) -> None:
        """Close the file."""
        self._file.close()
