"""What the peer's scripts share: clips as frames, results as lines of JSON, measures.

These scripts are run by the interpreter of the peer's virtual environment (see setup_peer.py); they import
nothing of graphkit. MediaPipe's core writes remarks to stderr; results go to stdout or to files. Packets are
JSON lines as `graphkit run --dump` writes them: {"timestamp": microseconds, "stream": name, "packet": protobuf
JSON mapping, a list for a vector}.
"""

from __future__ import annotations

import json
import resource
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

REPOSITORY = Path(__file__).resolve().parents[3]


def peer_root() -> Path:
    """Returns the folder of the installed mediapipe package."""
    import mediapipe

    return Path(mediapipe.__file__).parent


def read_frames(source: Path, limit: int | None = None) -> Iterator[tuple[int, np.ndarray]]:
    """Yields (timestamp in microseconds, RGB frame, uint8 (height, width, 3)).

    Args:
        source: A video, whose own timestamps are kept (one that is not later than the one before becomes
            one microsecond later), or a folder with frames.npy (n, height, width, 3) and timestamps.npy
            (n,): both sides of a comparison can be fed from such a folder, so that decoding plays no part.
        limit: Most frames to yield; all when None.
    """
    frames = stored_frames(source) if source.is_dir() else decoded_frames(source)
    for count, item in enumerate(frames):
        if count == limit:
            return
        yield item


def stored_frames(folder: Path) -> Iterator[tuple[int, np.ndarray]]:
    """Yields the frames of a folder as read_frames() describes it, without loading them all."""
    import numpy as np

    frames = np.load(folder / "frames.npy", mmap_mode="r")
    for stamp, frame in zip(np.load(folder / "timestamps.npy").tolist(), frames, strict=True):
        yield stamp, np.array(frame)


def decoded_frames(path: Path) -> Iterator[tuple[int, np.ndarray]]:
    """Yields the frames of a video, decoded by PyAV on one thread."""
    import av

    last = None
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_count = 1
        for frame in container.decode(stream):
            stamp = round(frame.pts * frame.time_base * 1_000_000)
            if last is not None and stamp <= last:
                stamp = last + 1
            last = stamp
            yield stamp, frame.to_ndarray(format="rgb24")


def to_json(packet: Any) -> Any:
    """Returns a protobuf message in protobuf's JSON mapping; plain values stay, lists go item by item."""
    from google.protobuf.json_format import MessageToDict
    from google.protobuf.message import Message

    if isinstance(packet, list):
        return [to_json(item) for item in packet]
    return MessageToDict(packet) if isinstance(packet, Message) else packet


def json_line(timestamp: int, stream: str, packet: Any) -> str:
    """Returns one line of a results file, with its line end."""
    line = {"timestamp": timestamp, "stream": stream, "packet": to_json(packet)}
    return json.dumps(line, separators=(",", ":")) + "\n"


def usage() -> dict[str, float]:
    """Returns processor seconds and peak memory (MiB) of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu_s": round(used.ru_utime + used.ru_stime, 4), "peak_rss_mib": round(used.ru_maxrss / 1024, 1)}
