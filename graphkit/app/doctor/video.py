"""PyAV, the FFmpeg in it, its codecs, and a clip written and read back."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Final, Literal

from graphkit._process.requirements import pip_install
from graphkit.app.doctor.facts import Fact, Status
from graphkit.app.doctor.packages import version_fact
from graphkit.app.doctor.repairs import failed

_NEEDED: Final = {"decoders": ("h264",), "encoders": ("libx264",)}
_WANTED: Final = {"decoders": ("hevc", "vp9", "av1", "mpeg4", "aac"), "encoders": ("mpeg4",)}
_MODES: Final[dict[str, Literal["r", "w"]]] = {"decoders": "r", "encoders": "w"}
_LIBRARIES: Final = ("libavcodec", "libavformat", "libavutil", "libswscale")
_CAMERA_FORMAT: Final = "v4l2"
_FRAMES: Final = 3


def check() -> list[Fact]:
    """Import PyAV, look its codecs up, and make a round trip through H.264."""
    try:
        import av
    except Exception as exc:  # besides ImportError: libraries of another FFmpeg may raise anything
        return [failed("PyAV", exc, Status.BROKEN, "av")]
    facts = [version_fact("av", av.__version__), _libraries(av)]
    facts += [codecs_fact(av, kind) for kind in _MODES]
    return [*facts, _round_trip(), _live_input(av)]


def codecs_fact(av: Any, kind: str) -> Fact:
    """Return which codecs there are of those that matter; *kind* is "decoders" or "encoders"."""
    lost = [name for name in _NEEDED[kind] if not _has(av, name, _MODES[kind])]
    missing = [name for name in _WANTED[kind] if not _has(av, name, _MODES[kind])]
    there = [name for name in (*_NEEDED[kind], *_WANTED[kind]) if name not in lost and name not in missing]
    found = ", ".join(there) or "none"
    if not lost and not missing:
        return Fact(kind, found)
    status = Status.BROKEN if lost else Status.WARNING
    fix = "this PyAV uses another FFmpeg than its wheels; " + pip_install("av", again=True)
    return Fact(kind, f"{found}; missing: {', '.join(lost + missing)}", status, fix)


def _has(av: Any, name: str, mode: Literal["r", "w"]) -> bool:
    try:
        av.Codec(name, mode)
    except ValueError:  # UnknownCodecError is one
        return False
    return True


def _libraries(av: Any) -> Fact:
    versions = {name: ".".join(map(str, number)) for name, number in av.library_versions.items()}
    build = getattr(av, "ffmpeg_version_info", "") or "unknown"
    return Fact("FFmpeg", f"{build} ({', '.join(f'{name} {versions.get(name)}' for name in _LIBRARIES)})")


def _round_trip() -> Fact:
    """Write a small clip as a run does, and read it back."""
    import numpy as np

    from graphkit.video import VideoReader, VideoWriter

    try:
        with tempfile.TemporaryDirectory(prefix="graphkit-doctor-") as folder:
            clip = Path(folder) / "clip.mp4"
            with VideoWriter(clip, width=64, height=48, frame_rate=25) as writer:
                for index in range(_FRAMES):
                    writer.write(np.full((48, 64, 3), 60 * index, np.uint8), index * 40_000)
            with VideoReader(clip) as reader:
                count = sum(1 for _ in reader)
    except Exception as exc:  # whatever it is, it would meet a run too
        return failed("a clip", exc, Status.BROKEN)
    if count != _FRAMES:
        lost = f"{count} of {_FRAMES} frames came back"
        return Fact("a clip", lost, Status.BROKEN, pip_install("av", again=True))
    return Fact("a clip", f"H.264 written and read back, {count} frames")


def _live_input(av: Any) -> Fact:
    formats = {name for names in av.formats_available for name in names.split(",")}
    if _CAMERA_FORMAT in formats:
        return Fact("live input", "V4L2 (cameras)")
    return Fact("live input", "this FFmpeg opens no cameras (V4L2)", Status.ABSENT, pip_install("av", again=True))
