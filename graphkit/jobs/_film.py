"""Film: the output video of a job, opened when the first picture shows how large it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphkit.jobs._pixels import to_rgb
from graphkit.video import BackgroundWriter, EncoderSettings, VideoWriter

if TYPE_CHECKING:
    import os
    from fractions import Fraction

    import numpy as np
    from numpy.typing import NDArray

    from graphkit.framework import Packet
    from graphkit.video import VideoInfo, WriteStats


class _LateWriter:
    """A sink for a BackgroundWriter that opens its file with the first picture, on the writing thread."""

    def __init__(self, path: Path, rate: Fraction, encoder: EncoderSettings, source: VideoInfo | None) -> None:
        self._path, self._rate, self._encoder, self._source = path, rate, encoder, source
        self._writer: VideoWriter | None = None
        self.keep_rest_of_audio = False
        self.stats: WriteStats | None = None

    def write(self, rgb: NDArray[np.uint8], timestamp_us: int) -> None:
        if self._writer is None:
            self._writer = self._open(rgb.shape[1], rgb.shape[0])
            self.stats = self._writer.stats
        self._writer.write(rgb, timestamp_us)

    def close(self) -> None:
        if self._writer is None:
            return
        try:
            if self.keep_rest_of_audio:
                self._writer.copy_rest_of_audio()
        finally:
            self._writer.close()

    def _open(self, width: int, height: int) -> VideoWriter:
        source = self._source
        return VideoWriter(
            self._path,
            width=width,
            height=height,
            frame_rate=self._rate,
            encoder=self._encoder,
            audio_from=source.path if source is not None and source.has_audio else None,
            source=source,
        )


class Film:
    """Writes the images of a stream to a video, encoded on a thread of its own.

    Args:
        stream: name of the stream.
        path: the file, checked to be writable.
        rate: nominal pictures a second.
        encoder: codec and quality.
        source: the clip that the pictures come from; gives colours, clock and sound.
        depth: pictures that may wait for the encoder before the graph has to.

    Attributes:
        stream, path: as given.
    """

    def __init__(
        self,
        stream: str,
        path: str | os.PathLike[str],
        rate: Fraction,
        *,
        encoder: EncoderSettings | None = None,
        source: VideoInfo | None = None,
        depth: int = 4,
    ) -> None:
        self.stream, self.path = stream, Path(path)
        self._late = _LateWriter(self.path, rate, encoder or EncoderSettings(), source)
        self._writer = BackgroundWriter(self._late, depth)

    @property
    def frames(self) -> int:
        """Pictures encoded so far."""
        return self._late.stats.frames if self._late.stats is not None else 0

    @property
    def stats(self) -> WriteStats | None:
        """Counts of the writing, None while no picture came."""
        return self._late.stats

    def take(self, packet: Packet[Any]) -> None:
        """Queue the picture of a packet; waits while the encoder is behind.

        Raises:
            FormatError: the payload is no image that a video can hold.
            VideoWriteError: an earlier picture could not be written.
        """
        self._writer.write(to_rgb(packet.payload), int(packet.timestamp))

    def close(self, *, whole: bool = False) -> None:
        """Encode what waits and finish the file; harmless when repeated.

        Args:
            whole: the clip was processed to its end, so sound that outlasts the picture is kept too.

        Raises:
            VideoWriteError: a picture or the end of the file could not be written.
        """
        self._late.keep_rest_of_audio = whole
        self._writer.close()
