"""LabelsToRenderDataCalculator: labels and scores as lines of text."""

from __future__ import annotations

import math
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

from graphkit import Calculator, Input, Options, Output, Timestamp, calculator, option, options
from graphkit.errors import ContractError, FormatError
from graphkit.formats import ClassificationList, Color, RenderAnnotation, RenderData, Text, VideoHeader
from graphkit_calculators.util._colors import BLACK, color_of

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract

_LINE_HEIGHT: Final = 1.25
_RED: Final = Color(255, 0, 0)


@options("mediapipe.LabelsToRenderDataCalculatorOptions", extension=271660364)
class LabelsToRenderDataCalculatorOptions:
    """Where the labels stand, and how they look."""

    class Location(IntEnum):
        """The corner of the image."""

        TOP_LEFT = 0
        BOTTOM_LEFT = 1

    color: list[Any] = option(1, "mediapipe.Color")
    thickness: float = option(2, "double", default=2.0)
    outline_color: list[Any] = option(12, "mediapipe.Color")
    outline_thickness: float = option(11, "double", default=0.0)
    font_height_px: int = option(3, default=50)
    horizontal_offset_px: int = option(7, default=0)
    vertical_offset_px: int = option(8, default=0)
    max_num_labels: int = option(4, default=1)
    font_face: int = option(5, default=0)
    location: Location = option(6, default=Location.TOP_LEFT)
    use_display_name: bool = option(9, default=False)
    display_classification_score: bool = option(10, default=False)


@calculator
class LabelsToRenderDataCalculator(Calculator):
    """Writes the first labels of a list into a corner of the image, one per line.

    Emits at every timestamp at which its input has a packet.

    Inputs: CLASSIFICATIONS, or LABELS and, if wanted, SCORES; VIDEO_PRESTREAM, the header of the video,
    which BOTTOM_LEFT needs. Output: RENDER_DATA, in pixels.

    Knobs: ``max_num_labels`` (1); ``color`` and ``outline_color``, used in turn (red, and black where
    ``outline_thickness`` is set); ``thickness``, ``font_height_px``, ``font_face`` (OpenCV's number);
    ``location`` with ``horizontal_offset_px`` and ``vertical_offset_px``; ``use_display_name``;
    ``display_classification_score`` (SCORES are always shown).

    Example::

        node {
          calculator: "LabelsToRenderDataCalculator"
          input_stream: "CLASSIFICATIONS:handedness"
          output_stream: "RENDER_DATA:handedness_render_data"
          options {
            [mediapipe.LabelsToRenderDataCalculatorOptions.ext] {
              color { r: 255 g: 0 b: 0 }
              thickness: 10.0
              font_height_px: 50
            }
          }
        }
    """

    for_outputs_only = True

    classifications = Input(ClassificationList, "CLASSIFICATIONS", optional=True)
    labels = Input(list[str], "LABELS", optional=True)
    scores = Input(list[float], "SCORES", optional=True)
    header = Input(VideoHeader, "VIDEO_PRESTREAM", optional=True)
    render_data = Output(RenderData, "RENDER_DATA")
    options = Options(LabelsToRenderDataCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that there are labels, and an image height where one is needed."""
        if "CLASSIFICATIONS" not in cc.inputs and "LABELS" not in cc.inputs:
            raise ContractError("expected one of the inputs CLASSIFICATIONS and LABELS; found none.")
        chosen = cls.options(cc)
        if chosen.location != chosen.Location.TOP_LEFT and "VIDEO_PRESTREAM" not in cc.inputs:
            raise ContractError(
                f"location {chosen.location.name} needs the image's height: connect VIDEO_PRESTREAM."
            )

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        self._chosen = chosen = self.options(cc)
        self._line_height = math.ceil(chosen.font_height_px * _LINE_HEIGHT)
        self._colors = [color_of(color) for color in chosen.color] or [_RED]
        self._outline_colors = [color_of(color) for color in chosen.outline_color] or [BLACK]
        self._video_height = 0

    def process(self, cc: CalculatorContext) -> None:
        """Emit the lines of text."""
        if cc.input_timestamp == Timestamp.PRE_STREAM:
            header = self.header.get(cc)
            self._video_height = header.height if header is not None else 0
            return
        texts = self._texts(cc)
        if texts is not None:
            self.render_data.send(cc, RenderData(self._annotations(texts[: self._chosen.max_num_labels])))

    def _texts(self, cc: CalculatorContext) -> list[str] | None:
        classifications = self.classifications.get(cc)
        if classifications is not None:
            name = "display_name" if self._chosen.use_display_name else "label"
            labels = [getattr(one, name) or "" for one in classifications]
            scores = [one.score for one in classifications] if self._chosen.display_classification_score else None
        else:
            given = self.labels.get(cc)
            if given is None:
                return None
            labels, scores = given, self.scores.get(cc)
        if scores is None:
            return labels
        if len(scores) != len(labels):
            raise FormatError(f"found {len(labels)} labels and {len(scores)} scores; one score a label is needed.")
        return [f"{label}:{score:g}" for label, score in zip(labels, scores, strict=True)]

    def _annotations(self, texts: list[str]) -> list[RenderAnnotation]:
        chosen = self._chosen
        if chosen.location == chosen.Location.TOP_LEFT:
            baseline = chosen.vertical_offset_px + self._line_height
        else:
            below = self._line_height * (len(texts) - 1)
            baseline = chosen.vertical_offset_px + self._video_height - below
        return [
            RenderAnnotation(self._text(i, text, baseline), chosen.thickness, self._colors[i % len(self._colors)])
            for i, text in enumerate(texts)
        ]

    def _text(self, position: int, text: str, first_baseline: int) -> Text:
        chosen = self._chosen
        outlined = chosen.outline_thickness > 0
        return Text(
            text,
            chosen.horizontal_offset_px,
            first_baseline + position * self._line_height,
            chosen.font_height_px,
            font_face=chosen.font_face,
            outline_thickness=chosen.outline_thickness,
            outline_color=self._outline_colors[position % len(self._outline_colors)] if outlined else None,
        )
