from __future__ import annotations

import numpy as np

from graphkit import Packet
from graphkit.formats import Image, ImageFrame
from graphkit.jobs._sinks.frame_sizes import FrameSizes


def picture(width: int, height: int) -> ImageFrame:
    return ImageFrame(np.zeros((height, width, 3), np.uint8))


def test_the_size_at_a_time_is_that_of_the_last_picture() -> None:
    sizes = FrameSizes()
    assert sizes.at(5) is None
    for at, payload in ((10, picture(4, 3)), (20, picture(4, 3)), (30, Image(picture(8, 6))), (40, picture(4, 3))):
        sizes.take(Packet(payload, at))
    found = [sizes.at(at) for at in (9, 10, 25, 30, 39, 40, 99)]
    assert found == [None, (4, 3), (4, 3), (8, 6), (8, 6), (4, 3), (4, 3)]


def test_only_changes_are_remembered() -> None:
    sizes = FrameSizes()
    for at in range(1000):
        sizes.take(Packet(picture(4, 3), at))
    assert len(sizes._sizes) == 1
