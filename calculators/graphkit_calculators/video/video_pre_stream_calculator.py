"""VideoPreStreamCalculator: the header of a video, taken from its first frame."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from graphkit import Calculator, Input, Options, Output, Timestamp, calculator, option, options
from graphkit.errors import ContractError, FormatError
from graphkit.formats import ImageFrame, VideoHeader

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@options("mediapipe.VideoPreStreamCalculatorOptions", extension=151386123)
class VideoPreStreamCalculatorOptions:
    """The frame rate, which a frame does not know."""

    @options("mediapipe.VideoPreStreamCalculatorOptions.Fps")
    class Fps:
        """Frames a second, as a number or as a fraction."""

        @options("mediapipe.VideoPreStreamCalculatorOptions.Fps.Rational32")
        class Rational32:
            """A fraction."""

            numerator: int = option(1, default=0)
            denominator: int = option(2, default=0)

        value: float | None = option(1, "double")
        ratio: Rational32 | None = option(2)

    fps: Fps | None = option(1)


@calculator
class VideoPreStreamCalculator(Calculator):
    """Makes the header that an encoder wants for frames whose size has changed on the way.

    Emits once, before all frames (at PRE_STREAM), when the first frame is there: format, width and
    height of that frame, and a frame rate.

    Inputs: untagged, the frames; or FRAME, the frames, with VIDEO_PRESTREAM, a header whose frame rate
    and duration are taken over. Output: untagged, the header.

    Knobs: ``fps { value }`` or ``fps { ratio }``: the frame rate where VIDEO_PRESTREAM is not connected.

    Example::

        node {
          calculator: "VideoPreStreamCalculator"
          input_stream: "FRAME:cropped_frames"
          input_stream: "VIDEO_PRESTREAM:video_header"
          output_stream: "cropped_header"
        }
    """

    timestamp_offset = None

    untagged_frame = Input(ImageFrame, optional=True)
    frame = Input(ImageFrame, "FRAME", optional=True)
    given_header = Input(VideoHeader, "VIDEO_PRESTREAM", optional=True)
    header = Output(VideoHeader)
    options = Options(VideoPreStreamCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that there are frames."""
        if ("FRAME" in cc.inputs) == ("" in cc.inputs):
            raise ContractError("expected the frames untagged or as FRAME; found both or neither.")
        if ("FRAME" in cc.inputs) != ("VIDEO_PRESTREAM" in cc.inputs):
            raise ContractError("FRAME and VIDEO_PRESTREAM belong together; frames alone are connected untagged.")

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        self._header = VideoHeader(frame_rate=_frame_rate(self.options(cc)))
        self._emitted = False

    def process(self, cc: CalculatorContext) -> None:
        """Keep the header that is given; at the first frame emit the one that is made."""
        if self._emitted:
            return
        if (given := self.given_header.get(cc)) is not None:
            if cc.input_timestamp != Timestamp.PRE_STREAM:
                raise FormatError(
                    f"VIDEO_PRESTREAM has a header at {cc.input_timestamp}; it belongs to PRE_STREAM."
                )
            self._header = given
        frame = self.untagged_frame.get(cc) or self.frame.get(cc)
        if frame is None:
            return
        if self._header.frame_rate <= 0:
            raise FormatError(
                "the header on VIDEO_PRESTREAM is missing, or gives no frame rate."
                if self.given_header.is_connected(cc)
                else "the frame rate is not known: set fps { value: ... }, or connect VIDEO_PRESTREAM."
            )
        made = replace(self._header, format=frame.format, width=frame.width, height=frame.height)
        self.header.send(cc, made, Timestamp.PRE_STREAM)
        self._emitted = True


def _frame_rate(chosen: VideoPreStreamCalculatorOptions) -> float:
    """Return frames a second, 0 where the options do not give them."""
    fps = chosen.fps
    if fps is None:
        return 0.0
    if fps.value is not None:
        return fps.value
    ratio = fps.ratio
    return ratio.numerator / ratio.denominator if ratio and ratio.numerator > 0 and ratio.denominator > 0 else 0.0
