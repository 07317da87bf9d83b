"""OpenCvVideoEncoderCalculator: frames as a video file."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from graphkit import Calculator, Input, Options, SideInput, Timestamp, calculator, option, options
from graphkit.errors import ContractError, FormatError, VideoWriteError
from graphkit.formats import ImageFormat, ImageFrame, VideoHeader

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from graphkit import CalculatorContext, CalculatorContract
    from graphkit.video import BackgroundWriter

_LARGEST_DENOMINATOR: Final = 1001
"""Of frame rates as fractions: 30000 / 1001 and its like come back exactly from floating point."""


@options("mediapipe.OpenCvVideoEncoderCalculatorOptions", extension=207936763)
class OpenCvVideoEncoderCalculatorOptions:
    """How to encode; rate and size for graphs without a header."""

    codec: str | None = option(1)
    video_format: str | None = option(2)
    fps: float | None = option(3, "double")
    width: int | None = option(4)
    height: int | None = option(5)


@calculator
class OpenCvVideoEncoderCalculator(Calculator):
    """Writes frames into a video file, at their own times.

    Emits nothing. The file is created with the first frame and finished when the run ends, after an
    error or a cancel too: what was written by then plays. Encoding happens on a thread of its own, a few
    frames behind.

    Inputs: VIDEO, SRGB, SRGBA (its alpha is dropped) or GRAY8; VIDEO_PRESTREAM, the header. Input side
    packets: OUTPUT_FILE_PATH; AUDIO_FILE_PATH, a file whose first audio track is copied along, "" for
    none.

    Knobs: ``codec``, a FourCC such as "avc1" (H.264, the default) or "mp4v"; ``video_format``, the file
    name's extension, checked where it is set; ``fps``, ``width`` and ``height`` where VIDEO_PRESTREAM is
    not connected: the rate is needed then, the size is otherwise the first frame's. Frames of another
    size are fitted in, with black bars.

    Example::

        node {
          calculator: "OpenCvVideoEncoderCalculator"
          input_stream: "VIDEO:output_video"
          input_stream: "VIDEO_PRESTREAM:input_video_header"
          input_side_packet: "OUTPUT_FILE_PATH:output_video_path"
          options {
            [mediapipe.OpenCvVideoEncoderCalculatorOptions.ext] {
              codec: "avc1"
              video_format: "mp4"
            }
          }
        }
    """

    blocking = True

    video = Input(ImageFrame, "VIDEO")
    header = Input(VideoHeader, "VIDEO_PRESTREAM", optional=True)
    path = SideInput(str, "OUTPUT_FILE_PATH")
    audio_path = SideInput(str, "AUDIO_FILE_PATH", optional=True)
    options = Options(OpenCvVideoEncoderCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that the frame rate will be known."""
        if "VIDEO_PRESTREAM" not in cc.inputs and not (cls.options(cc).fps or 0) > 0:
            raise ContractError("the frame rate is not known: set fps in the options, or connect VIDEO_PRESTREAM.")

    def open(self, cc: CalculatorContext) -> None:
        """Check codec and path, so that a mistake costs nothing; raises VideoWriteError."""
        from graphkit.video import EncoderSettings, check_writable

        chosen = self.options(cc)
        self._path = self.path(cc)
        self._audio_path = self.audio_path.get(cc) or None
        self._encoder = EncoderSettings(codec=chosen.codec) if chosen.codec else EncoderSettings()
        self._rate, self._size = chosen.fps or 0.0, (chosen.width or 0, chosen.height or 0)
        self._writer: BackgroundWriter[NDArray[np.uint8]] | None = None
        suffix = Path(self._path).suffix[1:]
        if chosen.video_format and suffix != chosen.video_format:
            raise VideoWriteError(
                f'ends in ".{suffix}", but the options say video_format "{chosen.video_format}". '
                "Make them the same.",
                path=self._path,
            )
        check_writable(self._path)

    def process(self, cc: CalculatorContext) -> None:
        """Take the header, or one frame."""
        if cc.input_timestamp == Timestamp.PRE_STREAM:
            header = self.header.expect(cc)
            self._rate, self._size = header.frame_rate, (header.width, header.height)
            return
        frame = self.video.get(cc)
        if frame is None:
            return
        if self._writer is None:
            self._writer = self._start(frame)
        self._writer.write(_rgb(frame), cc.input_timestamp.microseconds())

    def close(self, cc: CalculatorContext) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.close()

    def _start(self, frame: ImageFrame) -> BackgroundWriter[NDArray[np.uint8]]:
        from graphkit.video import BackgroundWriter, VideoWriter

        if not self._rate > 0:
            raise VideoWriteError(
                f"the header on VIDEO_PRESTREAM is missing or gives a frame rate of {self._rate}; "
                "it must be above 0. VideoPreStreamCalculator can make a header.",
                path=self._path,
            )
        writer = VideoWriter(
            self._path,
            width=self._size[0] or frame.width,
            height=self._size[1] or frame.height,
            frame_rate=Fraction(self._rate).limit_denominator(_LARGEST_DENOMINATOR),
            encoder=self._encoder,
            audio_from=self._audio_path,
        )
        return BackgroundWriter(writer)


def _rgb(frame: ImageFrame) -> NDArray[np.uint8]:
    """Return a frame's pixels as (H, W, 3) RGB; raises FormatError where they have no colours."""
    if frame.format == ImageFormat.SRGB:
        return frame.data
    if frame.format == ImageFormat.SRGBA:
        return np.ascontiguousarray(frame.data[:, :, :3])
    if frame.format == ImageFormat.GRAY8:
        return np.repeat(frame.data[:, :, None], 3, axis=2)
    raise FormatError(f"cannot encode {frame}; convert it to SRGB, SRGBA or GRAY8 first.")
