"""Facts about a clip, from its open container and first pictures."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from graphkit.video._frames import ColorTags, VideoInfo
from graphkit.video._lengths import counts_from_zero, declared_length, video_length_us
from graphkit.video._orientation import read_orientation
from graphkit.video._rates import declared_rate, gives_no_times, plausible_rate, tells_no_rate
from graphkit.video._timestamps import MICROSECONDS, Stamps, TimestampClock, to_fraction
from graphkit.video._tracks import other_tracks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import av
    from av.container import InputContainer
    from av.video.stream import VideoStream


def describe(
    path: Path | str,
    container: InputContainer,
    stream: VideoStream,
    opening: Sequence[av.VideoFrame],
    rate: Fraction | None = None,
) -> VideoInfo:
    """Return the facts about a clip.

    Args:
        path: its name in messages.
        container: open for reading.
        stream: its video.
        opening: the first pictures, at least one.
        rate: pictures a second of a file that tells neither times nor a rate; None for a usual one.
    """
    first = opening[0]
    orientation = read_orientation(first)
    aspect = to_fraction(stream.sample_aspect_ratio or Fraction(1))
    width, height = first.width, first.height
    if orientation.swaps_sides:
        width, height, aspect = height, width, 1 / aspect
    untold = tells_no_rate(container, stream)
    asked = rate if untold else None
    declared = asked or declared_rate(container, stream)
    clock = opening_clock(container, stream, opening, declared)
    times = [clock.stamp(picture.pts, picture.dts) for picture in opening]
    frame_rate = asked or plausible_rate(stream, declared, times)
    duration_us = video_length_us(container, stream)
    if duration_us and counts_from_zero(container):
        duration_us = max(0, duration_us - times[0])
    count = declared_length(container, stream).packets or round(duration_us * frame_rate / MICROSECONDS)
    audio = container.streams.audio
    return VideoInfo(
        path=path,
        width=width,
        height=height,
        frame_rate=frame_rate,
        rate_assumed=untold,
        frame_count=count,
        duration_us=duration_us or container.duration or 0,
        first_timestamp_us=times[0],
        time_base=to_fraction(stream.time_base or Fraction(1, MICROSECONDS)),
        rotation=orientation.rotation,
        mirrored=orientation.mirrored,
        sample_aspect_ratio=aspect,
        codec=stream.codec_context.name,
        pixel_format=first.format.name,
        color=ColorTags(first.colorspace, first.color_range, first.color_primaries, first.color_trc),
        audio_codec=audio[0].codec_context.codec.canonical_name if audio and audio[0].codec_context else "",
    )


def remarks(info: VideoInfo, container: InputContainer, stream: VideoStream) -> list[str]:
    """Return sentences about what was chosen or assumed to read a clip."""
    found = [other_tracks(container, stream)]
    if info.rate_assumed:
        rate = f"{float(info.frame_rate):g}"
        found.append(f"It tells neither times nor a rate: {rate} frames a second are assumed.")
    if info.hdr:
        found.append(f"Its pictures are HDR ({info.hdr}) and were mapped to ordinary ones.")
    return [remark for remark in found if remark]


def opening_clock(
    container: InputContainer, stream: VideoStream, opening: Sequence[av.VideoFrame], frame_rate: Fraction
) -> TimestampClock:
    """Return the clock of a clip, which has seen the stamps of its first pictures.

    Args:
        container: open for reading.
        stream: its video.
        opening: the first pictures.
        frame_rate: pictures a second.
    """
    # An AVI stores no presentation stamps; if pictures are reordered, the demuxer's guess is wrong.
    guessed = container.format.name == "avi" and bool(stream.codec_context.has_b_frames)
    return TimestampClock(
        to_fraction(stream.time_base or Fraction(1, MICROSECONDS)),
        frame_rate,
        [Stamps(picture.pts, picture.dts) for picture in opening],
        guessed=guessed,
        made_up=gives_no_times(container),
    )
