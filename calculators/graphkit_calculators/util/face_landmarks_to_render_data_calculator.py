"""FaceLandmarksToRenderDataCalculator: the lines of a face mesh, and its points."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit import calculator
from graphkit.formats import FACE_CONNECTIONS
from graphkit_calculators.util.landmarks_to_render_data_calculator import LandmarksToRenderDataCalculator

if TYPE_CHECKING:
    from graphkit import CalculatorContext


@calculator
class FaceLandmarksToRenderDataCalculator(LandmarksToRenderDataCalculator):
    """Draws lips, eyes, brows and the outline of a face, and all of its points as dots on top of them.

    Emits, takes and looks as LandmarksToRenderDataCalculator does; 468 landmarks or 478, with irises.

    Knobs: those of LandmarksToRenderDataCalculator, but for ``landmark_connections``, which is not read: the 124
    lines are MediaPipe's. Hundreds of dots are most of what drawing a face costs; ``render_landmarks: false``
    leaves the lines.

    Example::

        node {
          calculator: "FaceLandmarksToRenderDataCalculator"
          input_stream: "NORM_LANDMARKS:face_landmarks"
          output_stream: "RENDER_DATA:render_data"
          options {
            [mediapipe.LandmarksToRenderDataCalculatorOptions.ext] {
              landmark_color { r: 255 g: 0 b: 0 }
              connection_color { r: 0 g: 255 b: 0 }
              thickness: 2.0
              visualize_landmark_depth: false
            }
          }
        }
    """

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        super().open(cc)
        self._connections = list(FACE_CONNECTIONS)
