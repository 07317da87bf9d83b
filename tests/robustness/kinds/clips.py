"""Damaged clips of many containers, and folders of pictures: nothing hangs, nothing is lost without a word."""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np

from graphkit.errors import GraphkitError
from graphkit.formats import ImageFrame
from graphkit.framework import PacketType
from graphkit.jobs._source import Origin
from graphkit.jobs._sources.images import ImagesSource
from graphkit.video import CameraSettings, VideoReader
from robustness.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]

SECONDS = 30.0
ADDRESS_SPACE_MB = 0
PEAK_MB = 500

COUNT, WIDTH, HEIGHT = 48, 96, 64


@dataclass(frozen=True)
class Recipe:
    """How a sound clip is made.

    Attributes:
        name: of the file.
        codec: of the pictures.
        audio: codec of the sound, empty for none.
        pixels: pixel format.
        rate: pictures a second.
        form: the muxer, where the name does not tell it.
        bare: nothing in the file tells how long it is, so its end can be cut off without a trace.
        b_frames: how many the encoder may put between two others.
        options: of the muxer.
    """

    name: str
    codec: str
    audio: str = ""
    pixels: str = "yuv420p"
    rate: int = 25
    form: str | None = None
    bare: bool = False
    b_frames: int = 0
    options: tuple[tuple[str, str], ...] = ()


CLUSTERS = (("cluster_time_limit", "400"),)
RECIPES = [
    Recipe("a.mp4", "libx264", "aac", b_frames=2),
    Recipe("b.mp4", "mpeg4", options=(("movflags", "faststart"),)),
    Recipe("c.mp4", "libx264", options=(("movflags", "frag_keyframe+empty_moov"),), bare=True),
    Recipe("a.mov", "mjpeg", pixels="yuvj420p"),
    Recipe("b.mov", "libx264", "aac", b_frames=2),
    Recipe("a.3gp", "libx264", form="3gp"),
    Recipe("a.mkv", "libx264", "aac", b_frames=2, options=CLUSTERS),
    Recipe("b.mkv", "ffv1", pixels="bgr0", options=CLUSTERS),
    Recipe("a.webm", "libvpx", "libopus", options=CLUSTERS),
    Recipe("b.webm", "libvpx-vp9", options=CLUSTERS),
    Recipe("a.avi", "mpeg4", "mp3"),
    Recipe("b.avi", "libx264", b_frames=2),
    Recipe("c.avi", "mjpeg", pixels="yuvj420p"),
    Recipe("a.ts", "libx264", "aac", form="mpegts", bare=True),
    Recipe("b.ts", "mpeg2video", form="mpegts", bare=True),
    Recipe("a.flv", "libx264", "aac"),
    Recipe("b.flv", "flv"),
    Recipe("a.mpg", "mpeg2video", "mp2", form="mpeg", bare=True),
    Recipe("a.wmv", "wmv2", form="asf"),
    Recipe("a.gif", "gif", pixels="rgb8", rate=20),
    Recipe("a.mjpeg", "mjpeg", pixels="yuvj420p", form="mjpeg", bare=True),
    Recipe("a.h264", "libx264", form="h264", bare=True),
    Recipe("a.hevc", "libx265", form="hevc", bare=True),
    Recipe("a.y4m", "rawvideo", form="yuv4mpegpipe", bare=True),
]
_CODEC_OPTIONS = {
    "libx264": {"preset": "veryfast", "crf": "18"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=none"},
    "libvpx": {"deadline": "realtime", "cpu-used": "8"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
}


def pictures(count: int = COUNT) -> Iterator[Picture]:
    """Yield a bright square that moves over noise, so that every picture has something to say."""
    noise = np.random.default_rng(7).integers(0, 120, (HEIGHT, WIDTH + count, 3), np.uint8)
    for number in range(count):
        picture = np.ascontiguousarray(noise[:, number : number + WIDTH])
        picture[10 + number % 40 : 30 + number % 40, number : number + 24] = 230
        yield picture


def write_clip(path: Path, recipe: Recipe) -> None:
    """Write a sound clip."""
    with av.open(str(path), "w", format=recipe.form, container_options=dict(recipe.options)) as output:
        stream = output.add_stream(recipe.codec, rate=recipe.rate, options=_CODEC_OPTIONS.get(recipe.codec, {}))
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, recipe.pixels
        stream.codec_context.max_b_frames, stream.codec_context.gop_size = recipe.b_frames, 12
        if recipe.codec not in _CODEC_OPTIONS:
            stream.bit_rate = 1_500_000
        sound = output.add_stream(recipe.audio, rate=48_000, layout="stereo") if recipe.audio else None
        packets = []
        for number, picture in enumerate(pictures()):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = number
            packets += stream.encode(frame)
        packets += stream.encode(None)
        if sound is not None:
            packets += list(_sound(sound, COUNT / recipe.rate))
        packets.sort(key=lambda packet: float((packet.dts or 0) * packet.time_base))
        output.mux(packets)


def _sound(stream: av.AudioStream, seconds: float) -> Iterator[av.Packet]:
    resampler = av.AudioResampler(stream.format, "stereo", 48_000, frame_size=stream.codec_context.frame_size or 0)
    for start in range(0, int(seconds * 48_000), 1024):
        wave = np.zeros((1, 2048), np.int16)
        frame = av.AudioFrame.from_ndarray(wave, format="s16", layout="stereo")
        frame.sample_rate, frame.pts = 48_000, start
        for ready in resampler.resample(frame):
            yield from stream.encode(ready)
    yield from stream.encode(None)


# -- damage ----------------------------------------------------------------------------------------------------


def _range(dice: random.Random, size: int) -> tuple[int, int]:
    length = max(1, int(size * dice.choice([0.001, 0.01, 0.05, 0.15, 0.3]) * dice.random()))
    begin = dice.randrange(max(1, size - length))
    return begin, begin + length


def zeros(data: bytearray, dice: random.Random) -> None:
    """A part that was never written."""
    begin, end = _range(dice, len(data))
    data[begin:end] = bytes(end - begin)


def junk(data: bytearray, dice: random.Random) -> None:
    """A part that holds something else."""
    begin, end = _range(dice, len(data))
    data[begin:end] = dice.randbytes(end - begin)


def flips(data: bytearray, dice: random.Random) -> None:
    """Single bits."""
    for _ in range(dice.choice([1, 3, 10, 60])):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)


def cut(data: bytearray, dice: random.Random) -> None:
    """A copy that was broken off."""
    del data[int(len(data) * dice.uniform(0.02, 0.999)) :]


def gone(data: bytearray, dice: random.Random) -> None:
    """A part that is missing; what follows has moved up."""
    begin, end = _range(dice, len(data))
    del data[begin:end]


def twice(data: bytearray, dice: random.Random) -> None:
    """A part that was written twice."""
    begin, end = _range(dice, len(data))
    data[end:end] = data[begin:end]


DAMAGES = [zeros, junk, flips, cut, gone, twice]


# -- checks ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sound:
    """A clip before its damage."""

    recipe: Recipe
    data: bytes
    frames: int


def prepare(folder: Path) -> Callable[[int], Outcome]:
    """Write the sound clips, read each once, and return what checks a seed."""
    clips = []
    for recipe in RECIPES:
        path = folder / recipe.name
        write_clip(path, recipe)
        with VideoReader(path) as reader:
            frames = len(list(reader))
            if reader.stats.damaged or frames != COUNT:
                raise RuntimeError(f"{recipe.name} is not sound: {frames} frames, {reader.stats}")
        clips.append(Sound(recipe, path.read_bytes(), frames))

    def check(seed: int) -> Outcome:
        dice = random.Random(seed)
        if dice.random() < 0.04:
            return check_folder(folder / f"pictures-{seed % 4}", dice)
        return check_clip(folder, dice.choice(clips), dice)

    return check


def check_clip(folder: Path, sound: Sound, dice: random.Random) -> Outcome:
    """Damage a clip and read it."""
    data, done = bytearray(sound.data), []
    for _ in range(dice.choice([1, 1, 1, 2, 3])):
        damage = dice.choice(DAMAGES)
        done.append(damage.__name__)
        if len(data) > 1:
            damage(data, dice)
    path = folder / f"damaged-{sound.recipe.name}"
    path.write_bytes(data)
    label = path.suffix[1:]
    try:
        with VideoReader(path) as reader:
            times = [frame.timestamp_us for frame in reader]
            stats = reader.stats
    except GraphkitError as error:
        return _judged_message(label, str(error))
    if any(after <= before for before, after in pairwise(times)):
        return Outcome([label], "times go back", f"{done} {times}")
    if stats.damaged:
        return Outcome([label, "told"])
    if len(times) >= sound.frames:
        return Outcome([label, "whole"])
    if sound.recipe.bare:
        return Outcome([label, "no trace"])
    return Outcome(
        [label], "lost without a word", f"{sound.recipe.name} {done}: {len(times)} of {sound.frames}, {stats}"
    )


def _judged_message(label: str, message: str) -> Outcome:
    if len(message) > 1000:
        return Outcome([label], "long message", message)
    return Outcome([label, "refused"])


def check_folder(folder: Path, dice: random.Random) -> Outcome:
    """Damage one picture of a folder and read all."""
    folder.mkdir(exist_ok=True)
    names = [f"{number}{dice.choice(['.jpg', '.png', '.bmp', '.webp'])}" for number in range(4)]
    for old in folder.iterdir():
        old.unlink()
    for name, picture in zip(names, pictures(4), strict=True):
        data = bytearray(cv2.imencode(Path(name).suffix, picture)[1].tobytes())
        if name == names[2]:
            dice.choice(DAMAGES)(data, dice)
        (folder / name).write_bytes(data)
    origin = Origin("x", str(folder), PacketType.of(ImageFrame), ImageFrame, Fraction(25), 4, CameraSettings())
    try:
        read = list(ImagesSource(origin))
    except GraphkitError as error:
        return _judged_message("folder", str(error))
    if len(read) != len(names):
        return Outcome(["folder"], "lost without a word", f"{len(read)} of {names}")
    return Outcome(["folder", "whole"])
