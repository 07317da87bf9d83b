"""AssociationDetectionCalculator: detections from several sources, each thing once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit import Input, Output, calculator
from graphkit.formats import Detection
from graphkit_calculators.util._association import Association

if TYPE_CHECKING:
    from graphkit_calculators.util._rect_math import Box


@calculator
class AssociationDetectionCalculator(Association[Detection]):
    """Merges lists of detections; of detections that overlap, the one from the latest stream stays.

    Emits at every timestamp at which any input has a packet, an empty list too. A detection that
    replaces another takes over its detection_id, and so keeps the identity that a tracker gave it.

    Inputs: any number of untagged streams, the later the stronger; PREV, detections of an earlier frame
    (of a PreviousLoopbackCalculator, say), which hand on their ids and are not emitted. Output: the list.

    Knobs: ``min_similarity_threshold``: the intersection over union of the relative boxes above which
    two detections are one. The default of 1 keeps all.

    Example::

        node {
          calculator: "AssociationDetectionCalculator"
          input_stream: "PREV:previous_detections"
          input_stream: "detections"
          output_stream: "associated_detections"
          options {
            [mediapipe.AssociationCalculatorOptions.ext] { min_similarity_threshold: 0.1 }
          }
        }
    """

    elements = Input(list[Detection], repeated=True)
    previous = Input(list[Detection], "PREV", optional=True)
    associated = Output(list[Detection])

    @staticmethod
    def box(element: Detection) -> Box:
        """Return the relative box of a detection; raises FormatError where it has none."""
        left, top, width, height = element.box
        return left, top, left + width, top + height

    @staticmethod
    def id_of(element: Detection) -> int | None:
        """Return the detection's id."""
        return element.detection_id

    @staticmethod
    def with_id(element: Detection, id_: int) -> Detection:
        """Return the detection with another id."""
        return element.replace(detection_id=id_)
