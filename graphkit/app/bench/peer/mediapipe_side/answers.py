"""Does what a request asks for and answers on standard output, both JSON.

A request holds ``kind`` ("check", "clip", "landmarks" or "graph"), ``task`` ("hand" or "pose"), ``clip``,
``output`` and ``max_frames``. An answer holds ``begun`` and ``ended`` (``time.monotonic``), ``frames`` and
``peak_rss_mib``.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any


def main() -> None:
    """Do what the last argument asks for."""
    # MediaPipe prints to file descriptor 1 as it likes; the answer must stay alone on it.
    answering = os.dup(1)
    os.dup2(2, 1)
    answer = answer_to(json.loads(sys.argv[-1]))
    with os.fdopen(answering, "w", encoding="utf-8") as stream:
        json.dump(answer, stream)


def answer_to(request: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to a request."""
    if request["kind"] == "check":
        return versions()
    measure = _importing(request["kind"])
    begun = time.monotonic()
    answer: dict[str, Any] = measure(request)
    ended = time.monotonic()
    return {"begun": begun, "ended": ended, **answer, "peak_rss_mib": peak_rss_mib()}


def _importing(kind: str) -> Any:
    """Import what a kind of measurement needs; the work begins after it."""
    if kind == "clip":
        from mediapipe_side.annotating import annotate_clip

        return annotate_clip
    from mediapipe_side.solutions import find_in_clip, find_in_memory

    return find_in_memory if kind == "graph" else find_in_clip


def versions() -> dict[str, Any]:
    """Return the versions of what is needed; "" for what is missing."""
    from importlib import metadata

    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for name in ("mediapipe", "av", "numpy"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = ""
    return {"versions": found}


def peak_rss_mib() -> float:
    """Return the most memory that this process held so far, MiB (Linux)."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["VmHWM"].split()[0]) / 1024
