from __future__ import annotations

import numpy as np
import pytest

from graphkit.formats import FACE_CONNECTIONS, Line, NormalizedLandmarkList, Point, RenderAnnotation
from graphkit.testing import CalculatorRunner


def rendered(points: int, options: str = "") -> list[RenderAnnotation]:
    runner = CalculatorRunner(f"""
        calculator: "FaceLandmarksToRenderDataCalculator"
        input_stream: "NORM_LANDMARKS:landmarks" output_stream: "RENDER_DATA:out"
        options {{ [mediapipe.LandmarksToRenderDataCalculatorOptions.ext] {{ thickness: 2 {options} }} }}
    """)
    x = np.arange(points, dtype=np.float32) / points
    runner.add("NORM_LANDMARKS", NormalizedLandmarkList.from_xyz(np.stack((x, x / 2), axis=1)), 1)
    (packet,) = runner.run().outputs["RENDER_DATA"]
    annotations: list[RenderAnnotation] = packet.payload.render_annotations
    return annotations


@pytest.mark.parametrize("points", [468, 478])
def test_lines_then_every_point(points: int) -> None:
    drawn = rendered(points)
    lines = [a.data for a in drawn[:124] if isinstance(a.data, Line)]
    dots = [a.data for a in drawn[124:] if isinstance(a.data, Point)]
    assert (len(lines), len(dots)) == (124, points)
    assert [(round(line.x_start * points), round(line.x_end * points)) for line in lines] == list(FACE_CONNECTIONS)


def test_connections_of_the_options_are_not_read() -> None:
    drawn = rendered(468, "landmark_connections: [1, 2] render_landmarks: false")
    assert len(drawn) == 124
