"""VideoSink: the output video of a job, opened when the first picture shows how large it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphkit.jobs._pixels import to_rgb, to_yuv
from graphkit.jobs._sink import Ending, Pacing, Sink
from graphkit.jobs._summary import Summary, WrittenFile
from graphkit.video import BackgroundWriter, Destination, EncoderSettings, VideoWriter, YuvPicture

if TYPE_CHECKING:
    import os
    from fractions import Fraction

    import numpy as np
    from numpy.typing import NDArray

    from graphkit.framework import Packet
    from graphkit.video import VideoInfo, WriteStats


class _LazyWriter:
    """What a BackgroundWriter writes to: it opens its file with the first picture, on the writing thread."""

    def __init__(
        self, path: Destination, rate: Fraction, encoder: EncoderSettings, source: VideoInfo | None
    ) -> None:
        self._path, self._rate, self._encoder, self._source = path, rate, encoder, source
        self._writer: VideoWriter | None = None
        self.keep_rest_of_audio = False
        self.stats: WriteStats | None = None

    def write(self, picture: NDArray[np.uint8] | YuvPicture, timestamp_us: int) -> None:
        if self._writer is None:
            size = picture.size if isinstance(picture, YuvPicture) else picture.shape[1::-1]
            self._writer = self._open(size[0], size[1])
            self.stats = self._writer.stats
        self._writer.write(picture, timestamp_us)

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


class VideoSink(Sink):
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

    pacing = Pacing.LEADS

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
        super().__init__(stream)
        self.path = Path(path)
        self._destination = Destination(self.path)
        self._lazy = _LazyWriter(self._destination, rate, encoder or EncoderSettings(), source)
        self._depth = depth
        self._in_planes = (encoder or EncoderSettings()).pixel_format == "yuv420p"

    @property
    def frames(self) -> int:
        """Pictures encoded so far."""
        return self._lazy.stats.frames if self._lazy.stats is not None else 0

    @property
    def stats(self) -> WriteStats | None:
        """Counts of the writing, None while no picture came."""
        return self._lazy.stats

    def open(self) -> None:
        """Start the thread; the file is created with the first picture."""
        self._writer = BackgroundWriter(self._lazy, self._depth)

    def take(self, packet: Packet[Any]) -> None:
        """Queue the picture of a packet; waits while the queue is full.

        Raises:
            FormatError: the payload is no image that a video can hold.
            VideoWriteError: an earlier picture could not be written.
        """
        picture = to_yuv(packet.payload) if self._in_planes else None
        self._writer.write(to_rgb(packet.payload) if picture is None else picture, int(packet.timestamp))

    def hurry(self) -> None:
        """Give up a pipe without a reader."""
        self._destination.hurry()

    def close(self, ending: Ending) -> None:
        """Encode what waits and finish the file; sound that outlasts the picture is kept if the input ended.

        Raises:
            VideoWriteError: a picture or the end of the file could not be written.
        """
        self._lazy.keep_rest_of_audio = ending.whole
        self._writer.close()

    def report(self, summary: Summary) -> None:
        """Add the file, and how it differs from what went in."""
        summary.skipped = max(0, summary.frames - self.frames)
        stats = self._lazy.stats
        if stats is None:
            summary.notes.append(f'Stream "{self.stream}" gave no picture; {self.path} was not written.')
            return
        summary.files.append(WrittenFile(self.stream, self.path, self.frames, "frames"))
        if stats.letterboxed:
            summary.notes.append(
                f"{stats.letterboxed} pictures had another size than the first and were letterboxed."
            )
        if stats.audio_problem:
            summary.notes.append(f"Sound: {stats.audio_problem}")
