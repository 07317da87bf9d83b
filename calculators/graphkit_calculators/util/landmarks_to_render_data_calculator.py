"""LandmarksToRenderDataCalculator: landmarks as dots, joined by lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.errors import ContractError
from graphkit.formats import (
    Color,
    GradientLine,
    LandmarkList,
    Line,
    NormalizedLandmarkList,
    Point,
    RenderAnnotation,
    RenderData,
)
from graphkit_calculators.util._colors import BLACK, color_of
from graphkit_calculators.util._landmark_connections import connection_pairs
from graphkit_calculators.util._rect_math import f32

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from graphkit import CalculatorContext, CalculatorContract

_SCENE_TAG: Final = "KEYPOINT"
_WHITE: Final = Color(255, 255, 255)
_SMALLEST: Final = float(np.finfo(np.float32).tiny)
_LEAST_DEPTH: Final = 1e-3


@options("mediapipe.LandmarksToRenderDataCalculatorOptions", extension=258435389)
class LandmarksToRenderDataCalculatorOptions:
    """Which landmarks are joined, and how they look."""

    landmark_connections: list[int] = option(1)
    landmark_color: Any = option(2, "mediapipe.Color")
    connection_color: Any = option(3, "mediapipe.Color")
    thickness: float = option(4, "double", default=1.0)
    visualize_landmark_depth: bool = option(5, default=True)
    utilize_visibility: bool = option(6, default=False)
    visibility_threshold: float = option(7, "double", default=0.0)
    utilize_presence: bool = option(8, default=False)
    presence_threshold: float = option(9, "double", default=0.0)
    min_depth_circle_thickness: float = option(10, "double", default=0.0)
    max_depth_circle_thickness: float = option(11, "double", default=18.0)
    min_depth_line_color: Any = option(12, "mediapipe.Color")
    max_depth_line_color: Any = option(13, "mediapipe.Color")
    render_landmarks: bool = option(14, default=True)


@calculator
class LandmarksToRenderDataCalculator(Calculator):
    """Draws the connections between landmarks, and the landmarks as dots on top of them.

    Emits at every timestamp with landmarks.

    Inputs: LANDMARKS (pixels) or NORM_LANDMARKS; RENDER_SCALE, a factor of the thickness. Output:
    RENDER_DATA.

    Knobs: ``landmark_connections``, pairs of indexes (those a list is too short for are skipped);
    ``landmark_color``, ``connection_color``, ``thickness`` in pixels; ``render_landmarks``;
    ``visualize_landmark_depth`` (on by default): where the z of the landmarks differ, dots grow and
    darken from ``max_depth_circle_thickness`` near the camera to ``min_...`` far from it, and lines
    fade from ``max_depth_line_color`` to ``min_...``, instead of the two colours (a line with a
    gradient costs more to draw); ``utilize_visibility`` and ``utilize_presence`` with their thresholds
    leave out landmarks and what hangs on them.

    Example::

        node {
          calculator: "LandmarksToRenderDataCalculator"
          input_stream: "NORM_LANDMARKS:landmarks"
          output_stream: "RENDER_DATA:render_data"
          options {
            [mediapipe.LandmarksToRenderDataCalculatorOptions.ext] {
              landmark_connections: [0, 1, 1, 2]
              landmark_color { r: 255 g: 0 b: 0 }
              connection_color { r: 0 g: 255 b: 0 }
              thickness: 4.0
            }
          }
        }
    """

    for_outputs_only = True

    landmarks = Input(LandmarkList, "LANDMARKS", optional=True)
    norm_landmarks = Input(NormalizedLandmarkList, "NORM_LANDMARKS", optional=True)
    render_scale = Input(float, "RENDER_SCALE", optional=True)
    render_data = Output(RenderData, "RENDER_DATA")
    options = Options(LandmarksToRenderDataCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that there is one kind of landmarks and that connections come in pairs."""
        if ("LANDMARKS" in cc.inputs) == ("NORM_LANDMARKS" in cc.inputs):
            raise ContractError("expected exactly one of the inputs LANDMARKS and NORM_LANDMARKS.")
        connection_pairs(cls.options(cc).landmark_connections)

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        self._chosen = self.options(cc)
        self._connections = connection_pairs(self._chosen.landmark_connections)
        self._landmark_color = color_of(self._chosen.landmark_color)
        self._connection_color = color_of(self._chosen.connection_color)
        near = color_of(self._chosen.max_depth_line_color, _WHITE)
        far = color_of(self._chosen.min_depth_line_color, BLACK)
        self._near, self._far = np.array(near, np.float32), np.array(far, np.float32)
        self._utilizes = self._chosen.utilize_visibility or self._chosen.utilize_presence

    def process(self, cc: CalculatorContext) -> None:
        """Emit lines, then dots."""
        landmarks: LandmarkList | NormalizedLandmarkList | None = self.norm_landmarks.get(cc)
        normalized = landmarks is not None
        landmarks = landmarks if normalized else self.landmarks.get(cc)
        if landmarks is None:
            return
        scale = self.render_scale.get(cc)
        thickness = f32(self._chosen.thickness if scale is None else self._chosen.thickness * scale)
        xs, ys = landmarks.data.T[:2].tolist()
        shown = self._shown(landmarks)
        joined = self._joined(len(xs), shown)
        depth = self._depth(landmarks)
        if depth is None:
            annotations = self._lines(xs, ys, joined, normalized, thickness)
        else:
            annotations = self._fading_lines(xs, ys, joined, normalized, thickness, depth)
        if self._chosen.render_landmarks:
            looks = self._looks(depth, len(xs), thickness)
            annotations += [
                RenderAnnotation(Point(xs[i], ys[i], normalized), *looks[i], _SCENE_TAG)
                for i in (range(len(xs)) if shown is None else np.flatnonzero(shown).tolist())
            ]
        self.render_data.send(cc, RenderData(annotations))

    def _shown(self, landmarks: LandmarkList | NormalizedLandmarkList) -> NDArray[np.bool_] | None:
        """Return which landmarks are visible and present enough, None for all."""
        if not self._utilizes:
            return None
        chosen = self._chosen
        shown = np.ones(len(landmarks), np.bool_)
        if chosen.utilize_visibility and landmarks.has_visibility:
            shown &= landmarks.visibility >= f32(chosen.visibility_threshold)
        if chosen.utilize_presence and landmarks.has_presence:
            shown &= landmarks.presence >= f32(chosen.presence_threshold)
        return shown

    def _joined(self, count: int, shown: NDArray[np.bool_] | None) -> list[tuple[int, int]]:
        pairs = [pair for pair in self._connections if max(pair) < count]
        return pairs if shown is None else [(i, j) for i, j in pairs if shown[i] and shown[j]]

    def _depth(self, landmarks: LandmarkList | NormalizedLandmarkList) -> NDArray[np.float64] | None:
        """Return how far each landmark is, 0 (nearest) to 1, or None where depth is not shown."""
        if not self._chosen.visualize_landmark_depth or not len(landmarks):
            return None
        z = landmarks.z
        nearest, farthest = z.min(), max(z.max(), np.float32(_SMALLEST))
        extent = float(farthest - nearest)
        return (z - nearest).astype(np.float64) / (extent + 1e-6) if extent > _LEAST_DEPTH else None

    def _looks(
        self, depth: NDArray[np.float64] | None, count: int, thickness: float
    ) -> Sequence[tuple[float, Color]]:
        """Return thickness and colour of each landmark's dot."""
        if depth is None:
            return [(thickness, self._landmark_color)] * count
        grays = (255 - (depth * 255).astype(np.float32).astype(np.int32)).tolist()
        far, near = f32(self._chosen.min_depth_circle_thickness), f32(self._chosen.max_depth_circle_thickness)
        radii = (far + (np.float32(1) - depth.astype(np.float32)) * f32(near - far)).astype(np.int32).tolist()
        return [(radius, Color(gray, gray, gray)) for radius, gray in zip(radii, grays, strict=True)]

    def _lines(
        self, xs: list[float], ys: list[float], joined: list[tuple[int, int]], normalized: bool, thickness: float
    ) -> list[RenderAnnotation]:
        color = self._connection_color
        return [
            RenderAnnotation(Line(xs[i], ys[i], xs[j], ys[j], normalized), thickness, color) for i, j in joined
        ]

    def _fading_lines(
        self,
        xs: list[float],
        ys: list[float],
        joined: list[tuple[int, int]],
        normalized: bool,
        thickness: float,
        depth: NDArray[np.float64],
    ) -> list[RenderAnnotation]:
        weight = depth.astype(np.float32)[:, None]
        mixed = (self._far * weight + self._near * (np.float32(1) - weight)).astype(np.int32)
        colors = [Color(*rgb) for rgb in mixed.tolist()]
        return [
            RenderAnnotation(GradientLine(xs[i], ys[i], xs[j], ys[j], normalized, colors[i], colors[j]), thickness)
            for i, j in joined
        ]
