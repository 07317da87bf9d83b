"""RegionsToSearchCalculator: where to look in a frame, for those who are followed and for those who are new."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from graphkit import Calculator, Input, Options, Output, SideInput, calculator, option, options
from graphkit.errors import ContractError
from graphkit.formats import ImageSize, NormalizedRect

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@options("graphkit.RegionsToSearchCalculatorOptions")
class RegionsToSearchCalculatorOptions:
    """How many, and how near is the same."""

    max_regions: int = option(1, default=1)
    same_distance: float = option(2, default=0.1)


@calculator
class RegionsToSearchCalculator(Calculator):
    """Joins the regions of those who are followed and of those who were detected, each thing once, up to a number.

    Emits at every timestamp at which an input has a packet, an empty list too. Followed regions come first and
    stay even where they overlap, for two people may stand close; a detected one is left out where its centre
    lies on that of another region. The rest is cut off.

    Inputs: FOLLOWED and DETECTED, lists of NormalizedRect; IMAGE_SIZE, for distances are those of pixels. Side
    packet MAX_REGIONS, an int, overrides the option. Output: NORM_RECTS.

    Knobs: ``max_regions``; ``same_distance``, in sides of a region, up to which two centres are one. Each
    region costs a run of the model that looks into it.

    Example::

        node {
          calculator: "RegionsToSearchCalculator"
          input_side_packet: "MAX_REGIONS:num_poses"
          input_stream: "FOLLOWED:rects_from_landmarks"
          input_stream: "DETECTED:rects_from_detections"
          input_stream: "IMAGE_SIZE:image_size"
          output_stream: "NORM_RECTS:pose_rects"
        }
    """

    for_outputs_only = True

    followed = Input(list[NormalizedRect], "FOLLOWED")
    detected = Input(list[NormalizedRect], "DETECTED")
    image_size = Input(ImageSize, "IMAGE_SIZE")
    max_regions = SideInput(int, "MAX_REGIONS", value_optional=True)
    regions = Output(list[NormalizedRect], "NORM_RECTS")
    options = Options(RegionsToSearchCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check the options."""
        chosen = cls.options(cc)
        if chosen.max_regions < 1:
            raise ContractError(f"max_regions is {chosen.max_regions}; it must be 1 or more.")
        if not chosen.same_distance >= 0:
            raise ContractError(f"same_distance is {chosen.same_distance:g}; it must be 0 or above.")

    def open(self, cc: CalculatorContext) -> None:
        """Read the options; raises ContractError for a side packet below 1."""
        given = self.max_regions.get(cc)
        self._most = self.options(cc).max_regions if given is None else given
        if self._most < 1:
            raise ContractError(f"the side packet MAX_REGIONS is {self._most}; it must be 1 or more.")
        self._nearer = self.options(cc).same_distance

    def process(self, cc: CalculatorContext) -> None:
        """Emit the regions of a frame."""
        size = self.image_size.get(cc)
        kept = list(self.followed.get(cc) or [])
        for rect in self.detected.get(cc) or []:
            if size is not None and not any(_centres_apart(rect, other, size) <= self._nearer for other in kept):
                kept.append(rect)
        self.regions.send(cc, kept[: self._most])


def _centres_apart(a: NormalizedRect, b: NormalizedRect, size: ImageSize) -> float:
    """Return the distance of two centres, in sides of the larger region."""
    width, height = size
    side = max((rect.width * width + rect.height * height) / 2 for rect in (a, b))
    return math.hypot((a.x_center - b.x_center) * width, (a.y_center - b.y_center) * height) / max(side, 1.0)
