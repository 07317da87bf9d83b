"""LandmarksRefinementCalculator: several lists of landmarks as one, the later ones over the earlier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.errors import ContractError, FormatError
from graphkit.formats import NormalizedLandmarkList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from graphkit import CalculatorContext, CalculatorContract

_COLUMNS: Final = 5
_Z: Final = 2


@options("mediapipe.LandmarksRefinementCalculatorOptions.ZRefinementNone")
class ZRefinementNone:
    """The z that is there already stays."""


@options("mediapipe.LandmarksRefinementCalculatorOptions.ZRefinementCopy")
class ZRefinementCopy:
    """The input's z is taken."""


@options("mediapipe.LandmarksRefinementCalculatorOptions.ZRefinementAssignAverage")
class ZRefinementAssignAverage:
    """All get the mean z of these landmarks of the result."""

    indexes_for_average: list[int] = option(1)


@options("mediapipe.LandmarksRefinementCalculatorOptions.ZRefinement")
class ZRefinement:
    """Where z comes from; set one of the three."""

    none: ZRefinementNone | None = option(1)
    copy: ZRefinementCopy | None = option(2)
    assign_average: ZRefinementAssignAverage | None = option(3)


@options("mediapipe.LandmarksRefinementCalculatorOptions.Refinement")
class Refinement:
    """Which landmark of the result each landmark of one input is, and where its z comes from."""

    indexes_mapping: list[int] = option(1)
    z_refinement: ZRefinement | None = option(2)


@options("mediapipe.LandmarksRefinementCalculatorOptions", extension=381914658)
class LandmarksRefinementCalculatorOptions:
    """What becomes of the landmarks of each input, in the order of the inputs."""

    refinement: list[Refinement] = option(1)


@calculator
class LandmarksRefinementCalculator(Calculator):
    """Puts several lists of landmarks into one, each over what those before it left there.

    The face model with attention looks at lips, eyes and irises a second time: their points take the place of
    the mesh's. Emits at every timestamp at which all lists are there. Visibility and presence are left out.

    Inputs: LANDMARKS:0, LANDMARKS:1, ..., as many as there are refinements. Output: REFINED_LANDMARKS.

    Knobs: a ``refinement`` an input: ``indexes_mapping`` says which landmark of the result each of its landmarks
    is (all together they cover 0 to N - 1), ``z_refinement`` where z comes from: ``copy``, ``none`` (it stays),
    or ``assign_average`` of ``indexes_for_average``.

    Example::

        node {
          calculator: "LandmarksRefinementCalculator"
          input_stream: "LANDMARKS:0:corners"
          input_stream: "LANDMARKS:1:sharper_corner"
          output_stream: "REFINED_LANDMARKS:refined_corners"
          options {
            [mediapipe.LandmarksRefinementCalculatorOptions.ext] {
              refinement { indexes_mapping: [0, 1, 2] z_refinement { copy {} } }
              refinement { indexes_mapping: [1] z_refinement { none {} } }
            }
          }
        }
    """

    landmarks = Input(NormalizedLandmarkList, "LANDMARKS", repeated=True)
    refined = Output(NormalizedLandmarkList, "REFINED_LANDMARKS")
    options = Options(LandmarksRefinementCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that each input has its refinement, and that they leave no landmark out."""
        refinements = cls.options(cc).refinement
        if cls.landmarks.count(cc) != len(refinements):
            raise ContractError(
                f"there are {cls.landmarks.count(cc)} LANDMARKS inputs and {len(refinements)} refinements; each "
                "input needs one."
            )
        for number, refinement in enumerate(refinements):
            _check(number, refinement)
        indexes = {index for refinement in refinements for index in refinement.indexes_mapping}
        missing = sorted(set(range(max(indexes) + 1)) - indexes)
        if missing or min(indexes) < 0:
            raise ContractError(
                f"indexes_mapping of all refinements go from {min(indexes)} to {max(indexes)} and leave out "
                f"{missing or 'none'}; together they must cover 0, 1, 2, ... without a gap."
            )

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        self._refinements = self.options(cc).refinement
        self._places = [np.array(refinement.indexes_mapping) for refinement in self._refinements]
        self._count = int(max(places.max() for places in self._places)) + 1

    def process(self, cc: CalculatorContext) -> None:
        """Emit the lists as one."""
        lists = [packet.payload for packet in self.landmarks.packets(cc) if packet]
        if len(lists) < len(self._refinements):
            return
        data = np.zeros((self._count, _COLUMNS), np.float32)
        for number, (found, places) in enumerate(zip(lists, self._places, strict=True)):
            if len(found) != len(places):
                raise FormatError(
                    f"LANDMARKS:{number} has {len(found)} landmarks, its indexes_mapping {len(places)}; they must "
                    "be as many. Is it the model that the options were made for?"
                )
            data[places, :_Z] = found.xy
            _refine_z(data, places, self._refinements[number], found)
        self.refined.send(cc, NormalizedLandmarkList(data))


def _refine_z(
    data: NDArray[np.float32], places: NDArray[np.int_], refinement: Refinement, found: NormalizedLandmarkList
) -> None:
    way = refinement.z_refinement
    if way is None or way.none is not None:
        return
    if way.copy is not None:
        data[places, _Z] = found.z
    elif way.assign_average is not None:
        # Summed in order and in double precision, as in C++: numpy would sum in pairs.
        data[places, _Z] = _mean(data[way.assign_average.indexes_for_average, _Z].tolist())


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _check(number: int, refinement: Refinement) -> None:
    if not refinement.indexes_mapping:
        raise ContractError(f"refinement {number} has no indexes_mapping; it names a landmark of the result each.")
    way = refinement.z_refinement
    ways = [] if way is None else [name for name, value in vars(way).items() if value is not None]
    if len(ways) != 1:
        raise ContractError(
            f"z_refinement of refinement {number} sets {', '.join(ways) or 'nothing'}; set one of none, copy and "
            "assign_average."
        )
    if way is not None and way.assign_average is not None and not way.assign_average.indexes_for_average:
        raise ContractError(f"assign_average of refinement {number} has no indexes_for_average.")
