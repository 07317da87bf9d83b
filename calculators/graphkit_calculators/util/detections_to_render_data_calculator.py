"""DetectionsToRenderDataCalculator: detections as boxes with labels and keypoints."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.errors import ContractError, FormatError
from graphkit.formats import (
    BoundingBox,
    Detection,
    DetectionList,
    Point,
    Rectangle,
    RelativeBoundingBox,
    RenderAnnotation,
    RenderData,
    Text,
)
from graphkit.schema import message_class
from graphkit_calculators.util._colors import color_of
from graphkit_calculators.util._rect_math import f32, round_half_away

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphkit import CalculatorContext, CalculatorContract

_INPUTS = ("DETECTION", "DETECTIONS", "DETECTION_LIST")
_LINE_OF_BOX: Final = 0.1
"""Height of a line of text over the height of a relative box."""

_FONT_OF_LINE: Final = 0.9
"""Height of the letters over the height of a line."""


@options("mediapipe.DetectionsToRenderDataCalculatorOptions", extension=248360806)
class DetectionsToRenderDataCalculatorOptions:
    """What is written at a detection, and how it looks."""

    produce_empty_packet: bool = option(1, default=True)
    text_delimiter: str = option(2, default=",")
    one_label_per_line: bool = option(3, default=False)
    text: Any = option(4, "mediapipe.RenderAnnotation.Text")
    thickness: float = option(5, "double", default=1.0)
    color: Any = option(6, "mediapipe.Color")
    scene_class: str = option(7, default="DETECTION")
    render_detection_id: bool = option(8, default=False)


@calculator
class DetectionsToRenderDataCalculator(Calculator):
    """Draws the box of each detection, its keypoints, and "label,score," at its top left corner.

    Emits at every timestamp at which an input has a packet, unless nothing was detected and
    ``produce_empty_packet`` is off. The detection's feature tag stands at the bottom left corner.

    Inputs, at least one of: DETECTION_LIST, DETECTIONS, DETECTION. The detections need a pixel box or a
    relative one; a relative one is clipped to the image. Output: RENDER_DATA.

    Knobs: ``thickness``, ``color``; ``text``, the font; ``text_delimiter``, ``one_label_per_line``,
    ``render_detection_id``; ``scene_class``, a name for the output.

    Example::

        node {
          calculator: "DetectionsToRenderDataCalculator"
          input_stream: "DETECTIONS:palm_detections"
          output_stream: "RENDER_DATA:detection_render_data"
          options {
            [mediapipe.DetectionsToRenderDataCalculatorOptions.ext] {
              thickness: 4.0
              color { r: 0 g: 255 b: 0 }
            }
          }
        }
    """

    for_outputs_only = True

    detection_list = Input(DetectionList, "DETECTION_LIST", optional=True)
    detections = Input(list[Detection], "DETECTIONS", optional=True)
    detection = Input(Detection, "DETECTION", optional=True)
    render_data = Output(RenderData, "RENDER_DATA")
    options = Options(DetectionsToRenderDataCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that there is an input."""
        if not any(tag in cc.inputs for tag in _INPUTS):
            raise ContractError(f"expected at least one of the inputs {', '.join(_INPUTS)}; found none.")

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        self._chosen = self.options(cc)
        self._color = color_of(self._chosen.color)
        self._font = _font(self._chosen.text)

    def process(self, cc: CalculatorContext) -> None:
        """Emit the shapes of all detections of this timestamp."""
        detections = [*(self.detection_list.get(cc) or ()), *(self.detections.get(cc) or ())]
        if (single := self.detection.get(cc)) is not None:
            detections.append(single)
        if detections or self._chosen.produce_empty_packet:
            annotations = [shape for detection in detections for shape in self._annotations(detection)]
            self.render_data.send(cc, RenderData(annotations, self._chosen.scene_class))

    def _annotations(self, detection: Detection) -> Iterator[RenderAnnotation]:
        thickness, color = self._chosen.thickness, self._color
        box = detection.location
        if not isinstance(box, BoundingBox | RelativeBoundingBox):
            raise FormatError(f"a detection to draw needs a BoundingBox or a RelativeBoundingBox; found {box}.")
        for text in self._labels(detection, box):
            yield RenderAnnotation(text, thickness, color, "LABEL")
        yield RenderAnnotation(self._feature_tag(detection, box), thickness, color, "FEATURE")
        yield RenderAnnotation(_rectangle(box), thickness, color, "LOCATION")
        if isinstance(box, RelativeBoundingBox):
            for x, y in detection.relative_keypoints.tolist():
                yield RenderAnnotation(Point(x, y, normalized=True), thickness, color, "KEYPOINT")

    def _labels(self, detection: Detection, box: BoundingBox | RelativeBoundingBox) -> Iterator[Text]:
        lines = self._lines(detection)
        height = self._line_height(detection, box)
        for number, line in enumerate(lines, start=1):
            text = replace(self._font, display_text=line)
            yield _placed(text, box, f32(box.ymin + f32(number * height)), height)

    def _feature_tag(self, detection: Detection, box: BoundingBox | RelativeBoundingBox) -> Text:
        text = Text(detection.feature_tag or "", 0.0, 0.0)
        return _placed(text, box, f32(box.ymin + box.height), self._line_height(detection, box))

    def _lines(self, detection: Detection) -> list[str]:
        chosen = self._chosen
        names = [str(id_) for id_ in detection.label_id] if not detection.label else list(detection.label)
        if detection.label and detection.label_id and len(detection.label) != len(detection.label_id):
            raise FormatError(
                f"a detection has {len(detection.label)} labels and {len(detection.label_id)} label ids; it may "
                "have one kind, or as many of both."
            )
        if len(names) != len(detection.score):
            raise FormatError(f"a detection has {len(names)} labels and {len(detection.score)} scores; one each.")
        end = chosen.text_delimiter
        labels = [
            f"{name}{end}{round_half_away(f32(score * 100)) / 100:g}{end}"
            for name, score in zip(names, detection.score, strict=True)
        ]
        lines = [f"Id: {detection.detection_id or 0}"] if chosen.render_detection_id else []
        return lines + (labels if chosen.one_label_per_line else ["".join(labels)])

    def _line_height(self, detection: Detection, box: BoundingBox | RelativeBoundingBox) -> float:
        """Return the height of a line of text, in the unit of the box."""
        if isinstance(box, BoundingBox):
            return f32(self._font.font_height)
        lines = max(len(detection.label), len(detection.label_id)) + 1  # one for the feature tag
        return f32(box.height * min(_LINE_OF_BOX, 1 / lines))


def _font(message: Any) -> Text:
    """Return the ``mediapipe.RenderAnnotation.Text`` option as a Text, a default one where it is not set."""
    if message is None:
        return Text("", 0.0, 0.0)
    text = RenderAnnotation.from_proto(message_class(RenderAnnotation.PROTO)(text=message)).data
    assert isinstance(text, Text)
    return text


def _placed(text: Text, box: BoundingBox | RelativeBoundingBox, baseline: float, line_height: float) -> Text:
    """Put *text*, which nobody else has seen yet, at the left of the box; a relative box scales it too."""
    text.normalized = isinstance(box, RelativeBoundingBox)
    text.left, text.baseline = box.xmin, baseline
    if text.normalized:
        text.left, text.baseline = max(text.left, 0.0), min(baseline, 1.0)
        text.font_height = line_height * _FONT_OF_LINE
    return text


def _rectangle(box: BoundingBox | RelativeBoundingBox) -> Rectangle:
    """Return the box, clipped to the image if relative; an empty one where nothing of it can be seen."""
    left, top, right, bottom = box.xmin, box.ymin, box.xmin + box.width, box.ymin + box.height
    if right < 0 or bottom < 0:
        return Rectangle(0.0, 0.0, 0.0, 0.0)
    if isinstance(box, BoundingBox):
        return Rectangle(left, top, right, bottom)
    if left > 1 or top > 1:
        return Rectangle(0.0, 0.0, 0.0, 0.0)
    return Rectangle(max(left, 0.0), max(top, 0.0), min(right, 1.0), min(bottom, 1.0), normalized=True)
