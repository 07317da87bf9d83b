"""Pictures of several people: moving copies of the one in the example clip, cut out by their own masks."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np
import pytest

from graphkit import CalculatorGraph
from graphkit.formats import ImageFrame
from graphkit.video import VideoReader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).parents[2]
CLIP = ROOT / "examples" / "media" / "pose_balance.mp4"
WIDTH, HEIGHT = 640, 360
FRAME_US = 33_333

Pixels = np.ndarray[Any, np.dtype[np.uint8]]


class Copy(NamedTuple):
    """One of several people.

    Attributes:
        x: where the middle of the body is in each picture, in pixels.
        phase: the frame of the clip that the copy begins with.
        mirrored: left and right are changed.
        top: pixels from the top of the picture.
    """

    x: Callable[[int], float]
    phase: int = 0
    mirrored: bool = False
    top: int = 0


@pytest.fixture(scope="session")
def crowd() -> Callable[..., list[Pixels]]:
    """Make pictures of several people, see `pictures`."""
    return pictures


@cache
def cut_outs(count: int, height: int = 330) -> list[tuple[Pixels, Any]]:
    """Return pixels and mask of the person in the first frames of the clip."""
    with VideoReader(CLIP) as reader:
        frames = [frame.data.copy() for frame, _ in zip(reader, range(count), strict=False)]
    graph = CalculatorGraph("graphs/modules/pose_landmark/pose_landmark_cpu.pbtxt")
    masks: list[Any] = []
    graph.observe_output_stream("segmentation_mask", lambda packet: masks.append(packet.payload.data))
    graph.start_run({"enable_segmentation": True})
    with graph:
        for number, frame in enumerate(frames):
            graph.add_packet_to_input_stream("image", ImageFrame(frame.copy()), number * FRAME_US)
    size = round(frames[0].shape[1] * height / frames[0].shape[0]), height
    smaller = [
        [cv2.resize(picture, size, interpolation=cv2.INTER_AREA) for picture in row] for row in (frames, masks)
    ]
    return list(zip(*smaller, strict=True))


def pictures(count: int, people: Sequence[Any], of: int = 40) -> list[Pixels]:
    """Return *count* pictures with all *people*, the first of them in front, made of *of* frames of the clip.

    Each is a tuple as `Copy` has it.
    """
    cut = cut_outs(of)
    made = []
    for number in range(count):
        picture = _background()
        for copy in (Copy(*each) for each in reversed(people)):
            pixels, mask = cut[(number + copy.phase) % len(cut)]
            if copy.mirrored:
                pixels, mask = pixels[:, ::-1], mask[:, ::-1]
            _paste(picture, pixels, mask, round(copy.x(number)), copy.top)
        made.append(picture)
    return made


def _paste(picture: Pixels, pixels: Pixels, mask: Any, x: int, top: int) -> None:
    height, width = mask.shape
    left = x - width // 2
    columns = slice(max(left, 0), min(left + width, picture.shape[1]))
    inside = slice(columns.start - left, columns.stop - left)
    if columns.start >= columns.stop:
        return
    rows = slice(top, min(top + height, picture.shape[0]))
    weight = mask[: rows.stop - top, inside, None]
    below = picture[rows, columns]
    picture[rows, columns] = below * (1 - weight) + pixels[: rows.stop - top, inside] * weight


def _background() -> Pixels:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    channels = (90 + 60 * x / WIDTH, 110 + 40 * y / HEIGHT, 130 + 30 * np.sin(x / 40))
    return np.stack(channels, axis=-1).astype(np.uint8)
