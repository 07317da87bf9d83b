"""CollectLandmarksCalculator: landmarks of several streams as one list of lists, each in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from graphkit import Calculator, Input, Output, calculator
from graphkit.formats import NormalizedLandmarkList

if TYPE_CHECKING:
    from graphkit import CalculatorContext

_NOTHING: Final = NormalizedLandmarkList(np.empty((0, 5), np.float32))


@calculator
class CollectLandmarksCalculator(Calculator):
    """Puts the landmarks of several streams into one list, that of LANDMARKS:0 first.

    Emits at every timestamp at which one of them has a packet; a stream without one is an empty list in its place,
    so that the place says what the landmarks are. A table of the output has the place in its column ``item``.

    Inputs: LANDMARKS:0, LANDMARKS:1, ... Output: LANDMARKS. It has no options, and MediaPipe has no such
    calculator.

    Example::

        node {
          calculator: "CollectLandmarksCalculator"
          input_stream: "LANDMARKS:0:pose_landmarks"
          input_stream: "LANDMARKS:1:face_landmarks"
          output_stream: "LANDMARKS:all_landmarks"
        }
    """

    for_outputs_only = True

    parts = Input(NormalizedLandmarkList, "LANDMARKS", repeated=True)
    collected = Output(list[NormalizedLandmarkList], "LANDMARKS")

    def process(self, cc: CalculatorContext) -> None:
        """Emit what there is."""
        packets = self.parts.packets(cc)
        if any(packets):
            self.collected.send(cc, [packet.payload if packet else _NOTHING for packet in packets])
