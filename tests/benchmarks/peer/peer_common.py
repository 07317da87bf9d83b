"""What the peer's scripts share: quiet logs, paths, clips as frames, results as lines of JSON.

These scripts are run by the interpreter of the peer's virtual environment (see setup_peer.py); they import
nothing of graphkit. Results are JSON lines as `graphkit run --dump` writes them: {"timestamp": microseconds,
"stream": name, "packet": protobuf JSON mapping, a list for a vector}.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

REPOSITORY = Path(__file__).resolve().parents[3]

Frame = tuple[int, "np.ndarray"]
"""Timestamp in microseconds and an RGB frame, uint8 (height, width, 3)."""


def quiet() -> None:
    """Turns off the logs of MediaPipe's C++ core; call it before mediapipe is imported."""
    os.environ.setdefault("GLOG_minloglevel", "3")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def peer_root() -> Path:
    """Returns the folder of the installed mediapipe package."""
    import mediapipe  # noqa: PLC0415

    return Path(mediapipe.__file__).parent


def decode(path: Path, threads: int = 1) -> Iterator[Frame]:
    """Yields the frames of a clip, RGB, with timestamps in microseconds.

    Timestamps are the clip's own; one that is not later than the one before becomes one microsecond later.

    Args:
        path: A video file, or an .npz with `frames` (n, height, width, 3) and `timestamps` (n,).
        threads: Threads of the decoder.
    """
    if path.suffix == ".npz":
        import numpy as np  # noqa: PLC0415

        with np.load(path) as stored:
            yield from zip(stored["timestamps"].tolist(), stored["frames"], strict=True)
        return
    import av  # noqa: PLC0415

    last = None
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_count = threads
        for frame in container.decode(stream):
            stamp = round(frame.pts * frame.time_base * 1_000_000)
            if last is not None and stamp <= last:
                stamp = last + 1
            last = stamp
            yield stamp, frame.to_ndarray(format="rgb24")


def packet_to_json(message: Any) -> Any:
    """Returns a protobuf message, or a list of them, in protobuf's JSON mapping."""
    from google.protobuf.json_format import MessageToDict  # noqa: PLC0415

    if isinstance(message, list):
        return [packet_to_json(item) for item in message]
    return MessageToDict(message)


def json_line(timestamp: int, stream: str, packet: Any) -> str:
    """Returns one line of a results file, without the line end."""
    return json.dumps({"timestamp": timestamp, "stream": stream, "packet": packet}, separators=(",", ":"))
