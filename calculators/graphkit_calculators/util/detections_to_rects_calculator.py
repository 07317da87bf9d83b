"""DetectionsToRectsCalculator: detections as regions."""

from __future__ import annotations

import math
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.errors import ContractError, FormatError
from graphkit.formats import BoundingBox, Detection, ImageSize, NormalizedRect, Rect
from graphkit_calculators.util._rect_math import f32, round_half_away, upright_rotation

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract

_INPUTS = ("DETECTION", "DETECTIONS")
_OUTPUTS = ("RECT", "NORM_RECT", "RECTS", "NORM_RECTS")


@options("mediapipe.DetectionsToRectsCalculatorOptions", extension=262691807)
class DetectionsToRectsCalculatorOptions:
    """Which box a rect has, and which way it is turned."""

    class ConversionMode(IntEnum):
        """What the rect goes around; the default is the detection's box."""

        DEFAULT = 0
        USE_BOUNDING_BOX = 1
        USE_KEYPOINTS = 2

    rotation_vector_start_keypoint_index: int | None = option(1)
    rotation_vector_end_keypoint_index: int | None = option(2)
    rotation_vector_target_angle: float | None = option(3)
    rotation_vector_target_angle_degrees: float | None = option(4)
    output_zero_rect_for_empty_detections: bool = option(5, default=False)
    conversion_mode: ConversionMode = option(6, default=ConversionMode.DEFAULT)


@calculator
class DetectionsToRectsCalculator(Calculator):
    """Makes a region of each detection, or of the first, turned by two of its keypoints if asked.

    Emits at every timestamp with a detection, or with a list that is not empty; also for an empty list
    where ``output_zero_rect_for_empty_detections`` is set (RECTS excepted). Where a rotation is asked
    for it also waits for the image's size.

    Inputs: DETECTION or DETECTIONS; IMAGE_SIZE, which rotation and pixel rects of keypoints need.
    Outputs, one of: RECT or NORM_RECT, of the first detection; RECTS or NORM_RECTS, of all. The pixel
    kinds need detections with pixel boxes, the normalised kinds relative ones.

    Knobs: ``rotation_vector_start_keypoint_index`` and ``_end_keypoint_index`` with
    ``rotation_vector_target_angle`` (radians) or ``_degrees``: the rect is turned so that this vector
    points there, counter-clockwise from the x axis; ``conversion_mode``: USE_KEYPOINTS puts the rect
    around the keypoints instead of taking the box.

    Example::

        node {
          calculator: "DetectionsToRectsCalculator"
          input_stream: "DETECTION:palm"
          input_stream: "IMAGE_SIZE:image_size"
          output_stream: "NORM_RECT:palm_rect"
          options {
            [mediapipe.DetectionsToRectsCalculatorOptions.ext] {
              rotation_vector_start_keypoint_index: 0
              rotation_vector_end_keypoint_index: 2
              rotation_vector_target_angle_degrees: 90
            }
          }
        }
    """

    for_outputs_only = True

    detection = Input(Detection, "DETECTION", optional=True)
    detections = Input(list[Detection], "DETECTIONS", optional=True)
    image_size = Input(ImageSize, "IMAGE_SIZE", optional=True)
    rect = Output(Rect, "RECT", optional=True)
    norm_rect = Output(NormalizedRect, "NORM_RECT", optional=True)
    rects = Output(list[Rect], "RECTS", optional=True)
    norm_rects = Output(list[NormalizedRect], "NORM_RECTS", optional=True)
    options = Options(DetectionsToRectsCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that there is one input, one output and a rotation that can be computed."""
        for side, tags in ((cc.inputs, _INPUTS), (cc.outputs, _OUTPUTS)):
            given = [tag for tag in tags if tag in side]
            if len(given) != 1:
                raise ContractError(
                    f"expected exactly one of {', '.join(tags)}; found {', '.join(given) or 'none'}."
                )
        cls.check_rotation(cc, cls.options(cc))

    @staticmethod
    def check_rotation(cc: CalculatorContract, chosen: DetectionsToRectsCalculatorOptions) -> None:
        """Check the options that say how a rect is turned; a subclass may rotate by other means."""
        if chosen.rotation_vector_start_keypoint_index is None:
            return
        if chosen.rotation_vector_end_keypoint_index is None:
            raise ContractError(
                "rotation_vector_start_keypoint_index is set; set rotation_vector_end_keypoint_index too."
            )
        angles = (chosen.rotation_vector_target_angle, chosen.rotation_vector_target_angle_degrees)
        if sum(angle is not None for angle in angles) != 1:
            raise ContractError(
                "set one of rotation_vector_target_angle and rotation_vector_target_angle_degrees."
            )
        if "IMAGE_SIZE" not in cc.inputs:
            raise ContractError("a rotation is measured in pixels: connect IMAGE_SIZE.")

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        chosen = self.options(cc)
        self._start = chosen.rotation_vector_start_keypoint_index
        self._end = chosen.rotation_vector_end_keypoint_index
        self._target_angle = f32(_target_angle(chosen))
        self._by_keypoints = chosen.conversion_mode == chosen.ConversionMode.USE_KEYPOINTS
        self._zero_if_empty = chosen.output_zero_rect_for_empty_detections
        tag = next(tag for tag in _OUTPUTS if tag in cc.outputs)
        self._output: Output[Any] = getattr(self, tag.lower())
        self._convert = self.normalized_rect if tag.startswith("NORM") else self.pixel_rect
        self._is_list = tag.endswith("S")

    def process(self, cc: CalculatorContext) -> None:
        """Emit the rect, or the rects, of the detections there are."""
        detection = self.detection.get(cc)
        detections = self.detections.get(cc) if detection is None else [detection]
        image_size = self.image_size.get(cc)
        if detections is None or (self._start is not None and image_size is None):
            return
        if not detections:
            self._send_empty(cc)
        elif self._is_list:
            self._output.send(cc, [self._convert(detection, image_size) for detection in detections])
        else:
            self._output.send(cc, self._convert(detections[0], image_size))

    def _send_empty(self, cc: CalculatorContext) -> None:
        if not self._zero_if_empty:
            return
        if self.norm_rects.is_connected(cc):
            self.norm_rects.send(cc, [NormalizedRect(0.0, 0.0, 0.0, 0.0)])
        self.norm_rect.send(cc, NormalizedRect(0.0, 0.0, 0.0, 0.0))
        self.rect.send(cc, Rect(0, 0, 0, 0))

    def normalized_rect(self, detection: Detection, image_size: ImageSize | None) -> NormalizedRect:
        """Return the rect of a detection in fractions of the image; raises FormatError where it has none."""
        if self._by_keypoints:
            x, y, width, height = _around_keypoints(detection)
        else:
            left, top, width, height = detection.box
            x, y = f32(left + f32(width / 2)), f32(top + f32(height / 2))
        return NormalizedRect(x, y, width, height, self.rotation(detection, image_size))

    def pixel_rect(self, detection: Detection, image_size: ImageSize | None) -> Rect:
        """Return the rect of a detection in pixels; raises FormatError where it has none."""
        rotation = self.rotation(detection, image_size)
        if self._by_keypoints:
            if image_size is None:
                raise FormatError("a pixel rect around keypoints needs the image's size: connect IMAGE_SIZE.")
            sizes = (image_size.width, image_size.height) * 2
            fractions = _around_keypoints(detection)
            x, y, width, height = (round_half_away(f32(f * s)) for f, s in zip(fractions, sizes, strict=True))
            return Rect(x, y, width, height, rotation)
        box = detection.location
        if not isinstance(box, BoundingBox):
            raise FormatError(f"a pixel rect needs a detection with a BoundingBox; found {box}. Use NORM_RECT.")
        x, y = box.xmin + int(box.width / 2), box.ymin + int(box.height / 2)
        return Rect(x, y, box.width, box.height, rotation)

    def rotation(self, detection: Detection, image_size: ImageSize | None) -> float:
        """Return the rotation of a detection's rect, in radians clockwise."""
        if self._start is None or self._end is None or image_size is None:
            return 0.0
        keypoints = detection.relative_keypoints
        if not 0 <= min(self._start, self._end) <= max(self._start, self._end) < len(keypoints):
            raise FormatError(
                f"the rotation is measured from keypoint {self._start} to {self._end}; the detection has "
                f"{len(keypoints)} keypoints."
            )
        width, height = image_size
        x0, y0 = keypoints[self._start].tolist()
        x1, y1 = keypoints[self._end].tolist()
        return upright_rotation(
            f32(x0 * width), f32(y0 * height), f32(x1 * width), f32(y1 * height), self._target_angle
        )


def _target_angle(chosen: DetectionsToRectsCalculatorOptions) -> float:
    if chosen.rotation_vector_target_angle is not None:
        return chosen.rotation_vector_target_angle
    return math.pi * (chosen.rotation_vector_target_angle_degrees or 0.0) / 180


def _around_keypoints(detection: Detection) -> tuple[float, float, float, float]:
    """Return centre x, y, width and height of the box around a detection's keypoints, in fractions."""
    keypoints = detection.relative_keypoints
    if len(keypoints) < 2:
        raise FormatError(f"a rect around keypoints needs 2 of them or more; the detection has {len(keypoints)}.")
    xs, ys = keypoints.T.tolist()
    left, right, top, bottom = min(xs), max(xs), min(ys), max(ys)
    return f32((left + right) / 2), f32((top + bottom) / 2), f32(right - left), f32(bottom - top)
