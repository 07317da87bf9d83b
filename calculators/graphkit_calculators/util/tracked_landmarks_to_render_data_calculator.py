"""TrackedLandmarksToRenderDataCalculator: each of several things in the colour of its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.formats import (
    Color,
    ImageSize,
    Line,
    NormalizedLandmarkList,
    NormalizedRect,
    Point,
    RenderAnnotation,
    RenderData,
    Text,
)
from graphkit_calculators.util._id_colors import color_of_id
from graphkit_calculators.util._landmark_connections import connection_pairs
from graphkit_calculators.util._per_id import want_as_many

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphkit import CalculatorContext, CalculatorContract

_OUTLINE: Final = Color(0, 0, 0)
_LEAST_FONT: Final = 12.0  # pixels


@options("graphkit.TrackedLandmarksToRenderDataCalculatorOptions")
class TrackedLandmarksToRenderDataCalculatorOptions:
    """What is joined, and how thick it is drawn."""

    landmark_connections: list[int] = option(1)
    thickness: float = option(2, default=0.004)
    visibility_threshold: float = option(3, default=0.5)
    show_ids: bool = option(4, default=True)
    font_height: float = option(5, default=0.05)


@calculator
class TrackedLandmarksToRenderDataCalculator(Calculator):
    """Draws the landmarks of several things and the lines between them, each thing in the colour of its id.

    Emits at every timestamp at which all inputs have a packet. The eight colours repeat. The id stands above the
    topmost landmark that is seen.

    Inputs: NORM_LANDMARKS, a list; TRACKING_IDS, an int for each; NORM_RECTS, the region of each, with which lines
    and letters grow; IMAGE_SIZE. Output: RENDER_DATA.

    Knobs: ``landmark_connections``, pairs of indexes; ``thickness`` and ``font_height`` in sides of the region;
    ``visibility_threshold``, below which a landmark is left out, and what hangs on it; ``show_ids``.

    Example::

        node {
          calculator: "TrackedLandmarksToRenderDataCalculator"
          input_stream: "NORM_LANDMARKS:poses"
          input_stream: "TRACKING_IDS:pose_ids"
          input_stream: "NORM_RECTS:pose_rects"
          input_stream: "IMAGE_SIZE:image_size"
          output_stream: "RENDER_DATA:poses_render_data"
          node_options {
            [type.googleapis.com/graphkit.TrackedLandmarksToRenderDataCalculatorOptions] { landmark_connections:
            [11, 12, 11, 13] }
          }
        }
    """

    for_outputs_only = True

    landmarks = Input(list[NormalizedLandmarkList], "NORM_LANDMARKS")
    ids = Input(list[int], "TRACKING_IDS")
    rects = Input(list[NormalizedRect], "NORM_RECTS")
    image_size = Input(ImageSize, "IMAGE_SIZE")
    render_data = Output(RenderData, "RENDER_DATA")
    options = Options(TrackedLandmarksToRenderDataCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that connections come in pairs."""
        connection_pairs(cls.options(cc).landmark_connections)

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        self._chosen = self.options(cc)
        self._connections = connection_pairs(self._chosen.landmark_connections)

    def process(self, cc: CalculatorContext) -> None:
        """Emit everybody's lines, dots and id."""
        found, ids, rects = self.landmarks.get(cc), self.ids.get(cc), self.rects.get(cc)
        if found is None or ids is None or rects is None:
            return
        want_as_many(ids, NORM_LANDMARKS=found, NORM_RECTS=rects)
        width, height = self.image_size(cc)
        annotations: list[RenderAnnotation] = []
        for id_, landmarks, rect in zip(ids, found, rects, strict=True):
            side = max(rect.width * width, rect.height * height)
            annotations += self._drawn(landmarks, id_, side, height)
        self.render_data.send(cc, RenderData(annotations))

    def _drawn(
        self, landmarks: NormalizedLandmarkList, id_: int, side: float, height: int
    ) -> Iterator[RenderAnnotation]:
        color, thickness = color_of_id(id_), max(1.0, self._chosen.thickness * side)
        seen = landmarks.visibility >= self._chosen.visibility_threshold if landmarks.has_visibility else None
        shown = {i for i in range(len(landmarks)) if seen is None or seen[i]}
        xy = landmarks.xy.tolist()
        for start, end in self._connections:
            if start in shown and end in shown:
                yield RenderAnnotation(
                    Line(xy[start][0], xy[start][1], xy[end][0], xy[end][1], True), thickness, color
                )
        for index in sorted(shown):
            yield RenderAnnotation(Point(xy[index][0], xy[index][1], True), thickness, color)
        if shown and self._chosen.show_ids:
            x, y = min((xy[i] for i in shown), key=lambda place: place[1])
            font = max(_LEAST_FONT, self._chosen.font_height * side)
            baseline = max(y - font / height, font / height)
            yield RenderAnnotation(_label(str(id_), x, baseline, font / height), max(1.0, font / 8), color)


def _label(text: str, x: float, baseline: float, font_height: float) -> Text:
    """Return a text in fractions of the frame, dark around, so that it can be read on anything."""
    return Text(
        text,
        x,
        baseline,
        font_height,
        True,
        center_horizontally=True,
        outline_thickness=2.0,
        outline_color=_OUTLINE,
    )
