"""MultiWorldLandmarksSmoothingCalculator: the world landmarks of several things with less jitter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit import Input, Output, calculator
from graphkit.formats import LandmarkList, Rect
from graphkit_calculators.util._multi_landmarks_smoothing import MultiLandmarksSmoothing
from graphkit_calculators.util._per_id import want_as_many

if TYPE_CHECKING:
    from graphkit import CalculatorContext


@calculator
class MultiWorldLandmarksSmoothingCalculator(MultiLandmarksSmoothing):
    """Smooths x, y and z of several lists of world landmarks, each with a filter of its own that goes with its id.

    Emits at every timestamp with landmarks, as many lists as came in. Who is not in a frame is forgotten, and
    starts unsmoothed when it comes back; so is everybody where TRACKING_IDS come without landmarks.

    Inputs: LANDMARKS, a list of LandmarkList; TRACKING_IDS, an int for each; OBJECT_SCALE_ROI, a Rect for each, in
    whose sides speed counts: without it in those of the box around the landmarks. Output: FILTERED_LANDMARKS.

    Knobs: those of LandmarksSmoothingCalculator; metres want ``disable_value_scaling``. Cost: some 0.1 ms a thing.

    Example::

        node {
          calculator: "MultiWorldLandmarksSmoothingCalculator"
          input_stream: "LANDMARKS:world_poses"
          input_stream: "TRACKING_IDS:pose_ids"
          output_stream: "FILTERED_LANDMARKS:filtered_world_poses"
          options {
            [mediapipe.LandmarksSmoothingCalculatorOptions.ext] {
              one_euro_filter { min_cutoff: 0.1 beta: 40.0 derivate_cutoff: 1.0 disable_value_scaling: true }
            }
          }
        }
    """

    landmarks = Input(list[LandmarkList], "LANDMARKS")
    ids = Input(list[int], "TRACKING_IDS")
    rois = Input(list[Rect], "OBJECT_SCALE_ROI", optional=True)
    filtered = Output(list[LandmarkList], "FILTERED_LANDMARKS")

    def process(self, cc: CalculatorContext) -> None:
        """Emit the smoothed lists, or forget where there are none."""
        found, ids = self.landmarks.get(cc), self.ids.get(cc)
        if found is None or ids is None:
            self._smoothers.forget()
            return
        rois, time = self.rois.get(cc), cc.input_timestamp
        want_as_many(ids, LANDMARKS=found, OBJECT_SCALE_ROI=rois)
        smoothers = self._smoothers.of(ids)
        rects = [None] * len(ids) if rois is None else rois
        self.filtered.send(
            cc, [s.in_space(each, roi, time) for s, each, roi in zip(smoothers, found, rects, strict=True)]
        )
