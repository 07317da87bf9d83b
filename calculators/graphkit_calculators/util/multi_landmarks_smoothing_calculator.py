"""MultiLandmarksSmoothingCalculator: the landmarks of several things with less jitter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit import Input, Output, calculator
from graphkit.formats import ImageSize, NormalizedLandmarkList, NormalizedRect
from graphkit_calculators.util._multi_landmarks_smoothing import MultiLandmarksSmoothing
from graphkit_calculators.util._per_id import want_as_many

if TYPE_CHECKING:
    from graphkit import CalculatorContext


@calculator
class MultiLandmarksSmoothingCalculator(MultiLandmarksSmoothing):
    """Smooths x, y and z of the landmarks of several things, each with a filter of its own that goes with its id.

    Emits at every timestamp with landmarks, as many lists as came in. Who is not in a frame is forgotten, and
    starts unsmoothed when it comes back; a timestamp with other inputs and no landmarks forgets all.

    Inputs: NORM_LANDMARKS, a list of NormalizedLandmarkList; TRACKING_IDS, an int for each; IMAGE_SIZE, for
    smoothing is done in pixels; OBJECT_SCALE_ROI, a NormalizedRect for each, in whose sides speed counts:
    without it in those of the box around the landmarks. Output: NORM_FILTERED_LANDMARKS.

    Knobs: those of LandmarksSmoothingCalculator. Cost: some 0.1 ms a thing.

    Example::

        node {
          calculator: "MultiLandmarksSmoothingCalculator"
          input_stream: "NORM_LANDMARKS:poses"
          input_stream: "TRACKING_IDS:pose_ids"
          input_stream: "IMAGE_SIZE:image_size"
          input_stream: "OBJECT_SCALE_ROI:pose_rects"
          output_stream: "NORM_FILTERED_LANDMARKS:filtered_poses"
          options {
            [mediapipe.LandmarksSmoothingCalculatorOptions.ext] {
              one_euro_filter { min_cutoff: 0.05 beta: 80.0 derivate_cutoff: 1.0 }
            }
          }
        }
    """

    norm_landmarks = Input(list[NormalizedLandmarkList], "NORM_LANDMARKS")
    ids = Input(list[int], "TRACKING_IDS")
    image_size = Input(ImageSize, "IMAGE_SIZE")
    rois = Input(list[NormalizedRect], "OBJECT_SCALE_ROI", optional=True)
    filtered = Output(list[NormalizedLandmarkList], "NORM_FILTERED_LANDMARKS")

    def process(self, cc: CalculatorContext) -> None:
        """Emit the smoothed lists, or forget where there are none."""
        found, ids = self.norm_landmarks.get(cc), self.ids.get(cc)
        if found is None or ids is None:
            self._smoothers.forget()
            return
        rois, size, time = self.rois.get(cc), self.image_size(cc), cc.input_timestamp
        want_as_many(ids, NORM_LANDMARKS=found, OBJECT_SCALE_ROI=rois)
        smoothers = self._smoothers.of(ids)
        rects = [None] * len(ids) if rois is None else rois
        self.filtered.send(
            cc, [s.in_image(each, size, roi, time) for s, each, roi in zip(smoothers, found, rects, strict=True)]
        )
