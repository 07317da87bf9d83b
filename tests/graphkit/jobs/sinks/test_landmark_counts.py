from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from graphkit import Packet
from graphkit.formats import LandmarkList, NormalizedLandmarkList
from graphkit.jobs._sinks.landmark_counts import LandmarkCounter

HAND = NormalizedLandmarkList.from_xyz(np.zeros((21, 3)))
NOBODY = NormalizedLandmarkList.from_xyz(np.zeros((0, 3)))
POSE = LandmarkList.from_xyz(np.zeros((33, 3)))


@pytest.mark.parametrize(
    ("payloads", "expected"),
    [
        pytest.param([[HAND], [], [HAND, HAND], [HAND]], (3, 2, 21), id="hands"),
        pytest.param([POSE, POSE], (2, 1, 33), id="one pose a packet"),
        pytest.param([], (0, 0, 0), id="nothing"),
        pytest.param([[NOBODY, HAND], [NOBODY, NOBODY]], (1, 1, 21), id="lists of nothing are nothing"),
        pytest.param(
            [[NormalizedLandmarkList.from_xyz(np.zeros((33, 3))), HAND]], (1, 2, 0), id="of several kinds"
        ),
    ],
)
def test_frames_with_landmarks_are_counted(payloads: list[Any], expected: tuple[int, int, int]) -> None:
    counter = LandmarkCounter("landmarks")
    (tap,) = counter.taps()
    for at, payload in enumerate(payloads):
        tap.take(Packet(payload, at))
    assert (counter.count.frames, counter.count.most, counter.count.points) == expected
