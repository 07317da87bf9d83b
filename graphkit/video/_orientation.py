"""The orientation in which the pictures of a clip are shown: display matrices and EXIF, mirrors included."""

from __future__ import annotations

import math
import struct
from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple, cast

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    import av
    from av.buffer import Buffer
    from numpy.typing import NDArray


class Orientation(NamedTuple):
    """A turn, and then perhaps a mirror.

    Attributes:
        rotation: degrees counter-clockwise: 0, 90, 180 or 270.
        mirrored: left and right are swapped after the turn.
    """

    rotation: int = 0
    mirrored: bool = False

    @property
    def swaps_sides(self) -> bool:
        """Whether a wide picture becomes a tall one."""
        return self.rotation in {90, 270}

    def apply(self, rgb: NDArray[np.generic]) -> NDArray[np.uint8]:
        """Return an (H, W, 3) uint8 picture the way it is to be shown, contiguous."""
        import cv2

        pixels = np.asarray(rgb, np.uint8)
        match self.rotation, self.mirrored:
            case 0, False:
                return pixels
            case 0, True:
                shown = cv2.flip(pixels, 1)
            case 180, True:
                shown = cv2.flip(pixels, 0)
            case 270, True:
                shown = cv2.transpose(pixels)
            case 90, True:
                shown = cv2.flip(cv2.transpose(pixels), -1)
            case _:
                shown = cv2.rotate(pixels, _TURNS[self.rotation])
        return np.asarray(shown, np.uint8)


# Of cv2: ROTATE_90_COUNTERCLOCKWISE, ROTATE_180, ROTATE_90_CLOCKWISE.
_TURNS: Final = {90: 2, 180: 1, 270: 0}
UPRIGHT: Final = Orientation()
_MOST_NEW_KINDS: Final = 64
_COLOR_PROFILE: Final = 15  # AV_FRAME_DATA_ICC_PROFILE

# Where (1, 0) and (0, 1) of a stored picture go, y pointing down: x' = a x + c y, y' = b x + d y.
_MATRICES: Final = {
    (1, 0, 0, 1): UPRIGHT,
    (0, -1, 1, 0): Orientation(90),
    (-1, 0, 0, -1): Orientation(180),
    (0, 1, -1, 0): Orientation(270),
    (-1, 0, 0, 1): Orientation(0, mirrored=True),
    (0, -1, -1, 0): Orientation(90, mirrored=True),
    (1, 0, 0, -1): Orientation(180, mirrored=True),
    (0, 1, 1, 0): Orientation(270, mirrored=True),
}


def nearest_orientation(a: float, b: float, c: float, d: float) -> Orientation:
    """Return the orientation that is nearest to a display matrix.

    Args:
        a: x' = a x + c y, as in ISO 14496-12, in any unit.
        b: y' = b x + d y.
        c: as above.
        d: as above.
    """
    along, down = math.hypot(a, b), math.hypot(c, d)
    if not along or not down:
        return UPRIGHT  # would show nothing at all: no file asks for that
    a, b, c, d = a / along, b / along, c / down, d / down
    nearest = max(_MATRICES, key=lambda m: m[0] * a + m[1] * b + m[2] * c + m[3] * d)
    return _MATRICES[nearest]


class OrientationReader:
    """Reads the orientation of decoded pictures; it is looked up at key pictures, where it may change."""

    def __init__(self) -> None:
        self._angle: int | None = None
        self._orientation = UPRIGHT

    def read(self, picture: av.VideoFrame) -> Orientation:
        """Return what the picture's display matrix says; FFmpeg makes one of EXIF, too."""
        angle = picture.rotation
        if angle != self._angle or picture.key_frame:
            self._angle, self._orientation = angle, read_orientation(picture)
        return self._orientation


def read_orientation(picture: av.VideoFrame) -> Orientation:
    """Return the orientation of one decoded picture."""
    if not picture.format.name.startswith("yuv"):
        # A colour profile of a PNG has a name, which PyAV frees twice once anybody looked at the side data.
        picture = _without(picture, [_COLOR_PROFILE])
    try:
        matrix = _display_matrix(picture)
    except ValueError:  # there is side data of a kind that PyAV has no name for
        matrix = _display_matrix(_without(picture, _unnamed_kinds()))
    return _parsed(matrix)


def _display_matrix(picture: av.VideoFrame) -> bytes:
    from av.sidedata.sidedata import SideDataContainer, Type

    # `picture.side_data` would refer to the picture, which refers to it: pictures would wait for the collector.
    side_data: Buffer | None = SideDataContainer(picture).get(Type.DISPLAYMATRIX)  # type: ignore[call-arg]
    return b"" if side_data is None else bytes(side_data)


def _parsed(matrix: bytes) -> Orientation:
    if not matrix:
        return UPRIGHT
    # Nine numbers of 32 bits: a b u, c d v, x y w.
    values = struct.unpack("=9i", matrix[:36])
    return nearest_orientation(values[0], values[1], values[3], values[4])


def _unnamed_kinds() -> Iterable[int]:
    """Return the numbers of side data that may be newer than PyAV's list of them, which make it raise."""
    from av.sidedata.sidedata import Type

    known = max(cast("int", kind.value) for kind in Type)
    return range(known + 1, known + _MOST_NEW_KINDS)


def _without(picture: av.VideoFrame, kinds: Iterable[int]) -> av.VideoFrame:
    """Return the picture without some kinds of side data, those that FFmpeg knows."""
    from av.error import FFmpegError
    from av.filter import Graph

    graph = Graph()
    last = graph.add_buffer(
        width=picture.width, height=picture.height, format=picture.format, time_base=Fraction(1, 1000)
    )
    for number in kinds:
        try:
            strip = graph.add("sidedata", f"mode=delete:type={number}")
        except FFmpegError:  # FFmpeg does not know this one, nor later ones
            break
        last.link_to(strip)
        last = strip
    last.link_to(graph.add("buffersink"))
    graph.configure()
    graph.vpush(picture)
    return graph.vpull()
