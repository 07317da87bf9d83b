"""drawing_utils and drawing_styles against pictures that MediaPipe 0.10.21 painted."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graphkit.compat import mediapipe as mp
from graphkit.compat.mediapipe.framework.formats import detection_pb2, landmark_pb2

DATA = Path(__file__).parents[2] / "data" / "compat"
sys.path.insert(0, str(DATA))
from make_references import REFERENCES, fill_detection, fill_landmarks, painted  # noqa: E402

DRAW = mp.solutions.drawing_utils
PICTURE = np.zeros((20, 20, 3), np.uint8)


def _landmarks(count: int) -> Any:
    return fill_landmarks(landmark_pb2.NormalizedLandmarkList(), count)


def test_pictures_are_mediapipes() -> None:
    pictures = dict(painted(mp.solutions, _landmarks, fill_detection(detection_pb2.Detection())))
    assert len(pictures) == 9
    with np.load(REFERENCES) as references:
        for name, picture in pictures.items():
            assert picture.any(), name
            assert float((picture != references[name]).any(axis=2).mean()) < 0.01, name


def test_none_paints_nothing() -> None:
    picture = PICTURE.copy()
    DRAW.draw_landmarks(picture, None, mp.solutions.hands.HAND_CONNECTIONS)
    assert not picture.any()


def test_a_connection_without_its_landmark() -> None:
    with pytest.raises(ValueError, match="Invalid connection from landmark #0 to landmark #21"):
        DRAW.draw_landmarks(PICTURE.copy(), _landmarks(21), [(0, 21)])


def test_pictures_have_three_channels() -> None:
    with pytest.raises(ValueError, match=r"three channel bgr data. Found the shape \(20, 20, 4\)"):
        DRAW.draw_landmarks(np.zeros((20, 20, 4), np.uint8), _landmarks(3))


def test_a_detection_that_is_not_relative() -> None:
    detection = fill_detection(detection_pb2.Detection())
    detection.location_data.format = 1
    with pytest.raises(ValueError, match="LocationData must be relative"):
        DRAW.draw_detection(PICTURE.copy(), detection)


def test_landmarks_are_plotted(monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib import pyplot

    monkeypatch.setattr(pyplot, "switch_backend", pyplot.switch_backend)
    pyplot.switch_backend("Agg")
    shown: list[int] = []
    monkeypatch.setattr(pyplot, "show", lambda: shown.append(len(pyplot.gcf().axes[0].collections)))
    DRAW.plot_landmarks(_landmarks(21), mp.solutions.hands.HAND_CONNECTIONS)
    pyplot.close("all")
    assert shown == [19], "two of 21 are hidden"


@pytest.mark.parametrize(
    ("place", "pixel"),
    [
        pytest.param((0.5, 0.25), (320, 120), id="inside"),
        pytest.param((1.0, 0.0), (639, 0), id="edge"),
        pytest.param((1.01, 0.5), None, id="beyond"),
        pytest.param((0.5, -0.01), None, id="before"),
    ],
)
def test_pixels_of_places(place: tuple[float, float], pixel: tuple[int, int] | None) -> None:
    """Private there, too, and called by programs all the same."""
    assert mp.solutions.drawing_utils._normalized_to_pixel_coordinates(*place, 640, 480) == pixel
