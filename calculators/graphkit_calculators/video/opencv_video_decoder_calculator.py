"""OpenCvVideoDecoderCalculator: the frames of a video file."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from graphkit import Calculator, Output, SideInput, SideOutput, Status, Timestamp, calculator
from graphkit.formats import ImageFormat, ImageFrame, VideoHeader

if TYPE_CHECKING:
    from graphkit import CalculatorContext
    from graphkit.video import VideoInfo

log = logging.getLogger("graphkit.video")


@calculator
class OpenCvVideoDecoderCalculator(Calculator):
    """Reads a video file, frame by frame, as fast as the graph takes them.

    A source: emits a frame a call at the file's own time, in microseconds, until the file ends. Frames
    are upright SRGB, HDR is mapped to it, interlaced ones are deinterlaced; times strictly increase. Of
    several video tracks the largest is read. Decoding happens a few frames ahead, on a thread of its own.
    Damaged parts are left out, with a line in the log that counts what is missing; the counter ``damaged`` of
    the node then is 1.

    Input side packet: INPUT_FILE_PATH. Outputs: VIDEO; VIDEO_PRESTREAM, the header, before all frames.
    Output side packet: SAVED_AUDIO_PATH, a file whose audio track belongs to the frames: the input file
    itself, or "" where it has no sound. Nothing is extracted or converted. It has no options.

    Example::

        node {
          calculator: "OpenCvVideoDecoderCalculator"
          input_side_packet: "INPUT_FILE_PATH:input_video_path"
          output_stream: "VIDEO:input_video"
          output_stream: "VIDEO_PRESTREAM:input_video_header"
        }
    """

    blocking = True
    timestamp_offset = None

    path = SideInput(str, "INPUT_FILE_PATH")
    audio_path = SideOutput(str, "SAVED_AUDIO_PATH", optional=True)
    video = Output(ImageFrame, "VIDEO")
    header = Output(VideoHeader, "VIDEO_PRESTREAM", optional=True)

    def open(self, cc: CalculatorContext) -> None:
        """Open the file; raises VideoOpenError where that fails."""
        from graphkit.video import BackgroundReader, VideoReader

        path = self.path(cc)
        self._reader = VideoReader(path)
        info = self._reader.info
        for remark in self._reader.stats.remarks:
            log.info("%s: %s", path, remark)
        self._frames = BackgroundReader(self._reader)
        self.header.send(cc, _header(info), Timestamp.PRE_STREAM)
        self.header.close(cc)
        if self.audio_path.is_connected(cc):
            self.audio_path.set(cc, path if info.has_audio else "")

    def process(self, cc: CalculatorContext) -> Status | None:
        """Emit the next frame."""
        frame = next(self._frames, None)
        if frame is None:
            return Status.STOP
        self.video.send(cc, ImageFrame(frame.data), frame.timestamp_us)
        return None

    def close(self, cc: CalculatorContext) -> None:
        """Close the file; say what damage it had. Reading says itself where a file is truncated."""
        self._frames.close()
        stats, path = self._reader.stats, self._reader.info.path
        if stats.damaged:
            cc.counter("damaged").increment()
        if stats.damage:
            log.warning("%s: %s", path, stats.damage)


def _header(info: VideoInfo) -> VideoHeader:
    return VideoHeader(ImageFormat.SRGB, info.width, info.height, info.duration_us / 1e6, float(info.frame_rate))
