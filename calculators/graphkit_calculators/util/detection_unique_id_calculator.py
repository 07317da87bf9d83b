"""DetectionUniqueIdCalculator: gives every detection a number of its own."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from graphkit import Calculator, Input, Output, calculator
from graphkit.errors import ContractError
from graphkit.formats import Detection, DetectionList

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract

_NUMBERS: Final = itertools.count(1)


@calculator
class DetectionUniqueIdCalculator(Calculator):
    """Numbers detections: each gets a ``detection_id`` that no other one of this process gets, from 1 on.

    Emits a list at every timestamp with one, an empty list too. Ids that detections have are replaced.

    Inputs, at least one of: DETECTIONS, DETECTION_LIST; the output has the same tag. There are no knobs; a
    detection costs a copy.

    Example::

        node {
          calculator: "DetectionUniqueIdCalculator"
          input_stream: "DETECTIONS:detections"
          output_stream: "DETECTIONS:numbered_detections"
        }
    """

    detections = Input(list[Detection], "DETECTIONS", optional=True)
    detection_list = Input(DetectionList, "DETECTION_LIST", optional=True)
    numbered = Output(list[Detection], "DETECTIONS", optional=True)
    numbered_list = Output(DetectionList, "DETECTION_LIST", optional=True)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that there is an input, and an output for each."""
        pairs = ((cls.detections, cls.numbered), (cls.detection_list, cls.numbered_list))
        if not any(given.is_connected(cc) for given, _ in pairs):
            raise ContractError("connect DETECTIONS or DETECTION_LIST: there is nothing to number.")
        if any(given.is_connected(cc) != made.is_connected(cc) for given, made in pairs):
            raise ContractError("every input needs an output of its tag, DETECTIONS or DETECTION_LIST.")

    def process(self, cc: CalculatorContext) -> None:
        """Number what is there."""
        if (found := self.detections.get(cc)) is not None:
            self.numbered.send(cc, [_with_number(detection) for detection in found])
        if (listed := self.detection_list.get(cc)) is not None:
            self.numbered_list.send(cc, DetectionList(map(_with_number, listed)))


def _with_number(detection: Detection) -> Detection:
    return detection.replace(detection_id=next(_NUMBERS))
