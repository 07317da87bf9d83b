"""Landmarks through ``mp.solutions``, the Python interface of MediaPipe 0.10.21."""

from __future__ import annotations

import time
from typing import Any

import mediapipe as mp

from mediapipe_side.clips import read_frames


def solution(task: str) -> Any:
    """Return the solution of a task: two hands or one pose, model complexity 1, no mask, smoothed."""
    if task == "hand":
        return mp.solutions.hands.Hands(max_num_hands=2, model_complexity=1)
    return mp.solutions.pose.Pose(model_complexity=1, enable_segmentation=False, smooth_landmarks=True)


def find_in_clip(request: dict[str, Any]) -> dict[str, Any]:
    """Decode a clip and find landmarks in each frame."""
    frames = 0
    with solution(request["task"]) as finder:
        for _, frame in read_frames(request["clip"], request["max_frames"]):
            finder.process(frame)
            frames += 1
    return {"frames": frames}


def find_in_memory(request: dict[str, Any]) -> dict[str, Any]:
    """Find landmarks in frames that are decoded before; the first one, which is slower, does not count."""
    frames = [frame for _, frame in read_frames(request["clip"], request["max_frames"])]
    first = last = 0.0
    with solution(request["task"]) as finder:
        for frame in frames:
            finder.process(frame)
            last = time.monotonic()
            first = first or last
    counted = max(0, len(frames) - 1)
    return {"begun": first, "ended": last, "frames": counted}
