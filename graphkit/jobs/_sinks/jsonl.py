"""JsonlSink: a line of JSON per packet."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from graphkit.errors import UsageError
from graphkit.formats import to_json
from graphkit.framework._packet_type import Kind
from graphkit.jobs._sinks.labelled_file import LabelledFile
from graphkit.jobs._sinks.tables import carries_tensors, kept_as_text
from graphkit.jobs._sinks.text_sink import TextSink
from graphkit.jobs._streams import IMAGES

if TYPE_CHECKING:
    from pathlib import Path

    from graphkit.jobs._sink import Target


class JsonlFile(LabelledFile):
    """One JSON object per packet and line: ``{"timestamp": ..., "stream": ..., "packet": ...}``.

    The timestamp is in microseconds, the packet in the JSON mapping of its message. A line is on its way
    to the disk before the next packet is taken, so a crash loses nothing.

    Args:
        path: the file; an existing one is overwritten.
        stream: its name.
        with_ids: each thing of a packet has an id; lines then have ``ids``, too.

    Raises:
        OutputError: the file cannot be created.
    """

    def __init__(self, path: Path, stream: str, *, with_ids: bool = False) -> None:
        super().__init__(path, labelled=with_ids)
        self._stream, self.origin = stream, f'stream "{stream}"'

    def text_of(self, timestamp: int, payload: Any, labels: list[str] | None) -> str:
        """Return the line of a packet."""
        line: dict[str, Any] = {"timestamp": timestamp, "stream": self._stream}
        if labels is not None:
            line["ids"] = [int(label) for label in labels]
        line["packet"] = to_json(payload)
        return json.dumps(line) + "\n"


class JsonlSink(TextSink):
    """Whole messages, one per line. If things have ids, lines have them; handedness is in a stream of its own."""

    endings = (".jsonl",)

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        if self.labels is not None and self.labels.column != "id":
            self.labels = None

    def check_stream(self) -> None:
        """Refuse images and tensors, which are no text."""
        carried = self.target.carried
        if carries_tensors(carried):
            raise UsageError(
                f'{self.target}: stream "{self.stream}" carries {carried}, which has no form as text. '
                f"{kept_as_text(carried)}.",
                parameter="dumps",
            )
        if carried.kind is Kind.ONE_OF and all(payload in IMAGES.types for payload in carried.types):
            raise UsageError(
                f'{self.target}: stream "{self.stream}" carries images. Write them as .npz, into a folder of .png '
                "(a name that ends with /) or as a video ({output}, {output_stream}), their times and sizes as "
                ".csv.",
                parameter="dumps",
                remedies=("output", "output_stream"),
            )

    def create(self) -> LabelledFile:
        """Create the file; raises OutputError."""
        return JsonlFile(self.path, self.stream, with_ids=self.labels is not None)
