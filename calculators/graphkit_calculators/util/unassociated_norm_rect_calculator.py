"""UnassociatedNormRectCalculator: new regions, without those that are followed already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit import calculator
from graphkit_calculators.util.association_norm_rect_calculator import AssociationNormRectCalculator

if TYPE_CHECKING:
    from graphkit import CalculatorContext
    from graphkit.formats import NormalizedRect


@calculator
class UnassociatedNormRectCalculator(AssociationNormRectCalculator):
    """Emits the regions of the first stream that AssociationNormRectCalculator keeps beside those of the others.

    So what was found anew goes one way and what is followed another, at the same time: the tracked regions of an
    association do not depend on the new ones. Both parts together are what the association emits.

    Emits at every timestamp at which any input has a packet, an empty list too. Not a calculator of MediaPipe's.

    Inputs: any number of untagged streams; the first holds the new regions. PREV as AssociationNormRectCalculator
    has it. Output: a list.

    Knobs: ``min_similarity_threshold``: the intersection over union above which two regions are one.

    Example::

        node {
          calculator: "UnassociatedNormRectCalculator"
          input_stream: "rects_from_detections"
          input_stream: "rects_from_landmarks"
          output_stream: "new_rects"
          options {
            [mediapipe.AssociationCalculatorOptions.ext] { min_similarity_threshold: 0.5 }
          }
        }
    """

    def selected(self, cc: CalculatorContext, left: list[NormalizedRect]) -> list[NormalizedRect]:
        """Return what is left of the first stream."""
        new = next(iter(self.elements.packets(cc))).get_or(())
        return [element for element in left if any(element is other for other in new)]
