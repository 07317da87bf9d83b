"""What reading and writing return: frames, facts about a clip, and counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from graphkit.video._tone import TRANSFER_NAMES

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class VideoFrame:
    """One picture of a clip.

    Attributes:
        data: (H, W, 3) uint8, RGB, top-left origin, C-contiguous, upright.
        timestamp_us: presentation time in microseconds; strictly increasing within a clip.
    """

    data: NDArray[np.uint8]
    timestamp_us: int

    def __repr__(self) -> str:
        return f"VideoFrame(shape={self.data.shape}, timestamp_us={self.timestamp_us})"


@dataclass(frozen=True, slots=True, eq=False)
class YuvPicture:
    """A picture to write in the form that encoders take.

    Attributes:
        planes: (H * 3 / 2, W) uint8, C-contiguous: I420 in BT.601 of limited range, H and W even.
    """

    planes: NDArray[np.uint8]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.planes.shape[1], self.planes.shape[0] * 2 // 3


class ColorTags(NamedTuple):
    """The colours of a clip's samples, as code points of ITU-T H.273.

    Attributes:
        matrix: YUV matrix: 1 BT.709, 5 or 6 BT.601, 9 BT.2020, 2 unspecified.
        range: 1 limited (16-235), 2 full (0-255), 0 unspecified.
        primaries: 1 BT.709 and sRGB, 5 or 6 BT.601, 9 BT.2020, 2 unspecified.
        transfer: 1 BT.709, 13 sRGB, 16 PQ, 18 HLG, 2 unspecified.
    """

    matrix: int = 2
    range: int = 0
    primaries: int = 2
    transfer: int = 2


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What is known of a clip once its first picture has been decoded.

    Attributes:
        path: the file, or the URL or device that the pictures come from.
        width: shown width in pixels, after rotation.
        height: shown height in pixels, after rotation.
        frame_rate: average frames a second; 30 if the file does not say.
        rate_assumed: nothing in the file tells how fast its pictures follow each other.
        frame_count: number of pictures the file claims or its duration suggests; 0 unknown.
        duration_us: length in microseconds; 0 unknown.
        first_timestamp_us: timestamp of the first picture, may be negative.
        time_base: seconds a tick of the file's own clock.
        rotation: degrees counter-clockwise that were applied to the stored pictures: 0, 90, 180, 270.
        mirrored: left and right were swapped after that.
        sample_aspect_ratio: shown width of a pixel over its height, after rotation.
        codec: decoder name, such as ``h264``.
        pixel_format: FFmpeg's name of the stored samples, such as ``yuv420p10le``.
        color: the stored colour tags.
        audio_codec: codec of the audio track, empty without one.
    """

    path: Path | str
    width: int
    height: int
    frame_rate: Fraction
    rate_assumed: bool
    frame_count: int
    duration_us: int
    first_timestamp_us: int
    time_base: Fraction
    rotation: int
    mirrored: bool
    sample_aspect_ratio: Fraction
    codec: str
    pixel_format: str
    color: ColorTags
    audio_codec: str

    @property
    def hdr(self) -> str:
        """``PQ`` or ``HLG`` for a clip whose pictures were mapped from it; empty for an ordinary one."""
        return TRANSFER_NAMES.get(self.color.transfer, "")

    @property
    def has_audio(self) -> bool:
        """Whether the file has an audio track."""
        return bool(self.audio_codec)


@dataclass(slots=True)
class ReadStats:
    """Counts of one reading, complete once the clip has been read to its end.

    Attributes:
        frames: pictures returned.
        timestamps_repaired: pictures whose stored timestamp was missing, equal or backward.
        corrupt_packets: packets the decoder or demuxer refused or that came incomplete; pictures may be missing.
        corrupt_frames: pictures that were decoded from damaged data.
        skipped_bytes: bytes between packets that could not be read; their contents are lost.
        damaged_places: how many such places there are.
        interlaced: pictures that were interlaced and have been deinterlaced.
        frames_lost: pictures that are missing in the middle of a damaged clip, as its times tell; None if
            they do not tell, and before the end.
        truncated: the file ends before the length it declares.
        reason: a sentence about the truncation, empty without one.
        remarks: sentences about how the clip was read, known from the start: which of its tracks, at which rate.
    """

    frames: int = 0
    timestamps_repaired: int = 0
    corrupt_packets: int = 0
    corrupt_frames: int = 0
    skipped_bytes: int = 0
    damaged_places: int = 0
    interlaced: int = 0
    frames_lost: int | None = None
    truncated: bool = False
    reason: str = ""
    remarks: list[str] = field(default_factory=list)

    @property
    def damaged(self) -> bool:
        """Whether part of the clip is missing or was decoded from damaged data."""
        return self.truncated or self.has_faults

    @property
    def has_faults(self) -> bool:
        """Whether there is damage before the end."""
        return bool(self.corrupt_packets or self.corrupt_frames or self.damaged_places)

    @property
    def damage(self) -> str:
        """Sentences about the damage before the end; empty without any."""
        if not self.has_faults:
            return ""
        counts = [
            f"packets that could not be decoded: {self.corrupt_packets}",
            f"frames from damaged data: {self.corrupt_frames}",
        ]
        if self.damaged_places:
            counts.append(f"unreadable places: {self.damaged_places} ({self.skipped_bytes} bytes)")
        lost = "not known" if self.frames_lost is None else str(self.frames_lost)
        return f"The input is damaged: {', '.join(counts)}. Frames lost, by the gaps between times: {lost}."


@dataclass(slots=True)
class WriteStats:
    """Counts of one writing.

    Attributes:
        frames: pictures encoded.
        timestamps_repaired: pictures moved later because their timestamp did not increase.
        letterboxed: pictures of another size, fitted into the first size with black bars.
        shift_us: microseconds added to every timestamp because the first one was negative.
        audio_packets: audio packets copied.
        audio_problem: why the audio track is missing or incomplete, empty if it is not.
    """

    frames: int = 0
    timestamps_repaired: int = 0
    letterboxed: int = 0
    shift_us: int = 0
    audio_packets: int = 0
    audio_problem: str = ""
