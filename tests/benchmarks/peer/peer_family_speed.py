"""MediaPipe's side of bench_family_speed.py: takes a request and answers as the one of `graphkit bench` does.

Landmarks come from ``mp.solutions``. Annotated clips come from MediaPipe's graphs and its C++ overlay, whose input
Python fills in: points and lines of the face; pose, hands and face. A selfie's background is exchanged as
MediaPipe's documentation does it, with numpy.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

from peer_common import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "graphkit" / "app" / "bench" / "peer"))

import mediapipe as mp
import numpy as np
from mediapipe.python import packet_creator, packet_getter
from mediapipe.util import render_data_pb2
from mediapipe_side.annotating import Annotated, AnnotatingGraph
from mediapipe_side.answers import peak_rss_mib
from mediapipe_side.clips import Writer, frame_rate, read_frames
from mediapipe_side.shapes import add_line, add_point

_FACE = """
  input_side_packet: "num_faces"
  input_side_packet: "with_attention"
  node {
    calculator: "FaceLandmarkFrontCpu"
    input_stream: "IMAGE:image"
    input_side_packet: "NUM_FACES:num_faces"
    input_side_packet: "WITH_ATTENTION:with_attention"
    output_stream: "LANDMARKS:multi_face_landmarks"
  }
"""
_HOLISTIC = """
  node {
    calculator: "HolisticLandmarkCpu"
    input_stream: "IMAGE:image"
    output_stream: "POSE_LANDMARKS:pose_landmarks"
    output_stream: "POSE_ROI:pose_roi"
    output_stream: "FACE_LANDMARKS:face_landmarks"
    output_stream: "LEFT_HAND_LANDMARKS:left_hand_landmarks"
    output_stream: "RIGHT_HAND_LANDMARKS:right_hand_landmarks"
  }
"""
_RED, _GREEN, _WHITE, _ORANGE, _CYAN = (255, 0, 0), (0, 255, 0), (255, 255, 255), (255, 138, 0), (0, 217, 231)
_BLUE = np.array([0, 0, 255], np.uint8)
_FOREGROUND = 0.1
_FACE_LINES = sorted(mp.solutions.face_mesh_connections.FACEMESH_CONTOURS)
_HAND_LINES = sorted(mp.solutions.hands_connections.HAND_CONNECTIONS)
_LEFT_OUT = {*range(11), *range(17, 23)}  # of the pose: what face and hands show better
_POSE_LINES = [line for line in mp.solutions.pose.POSE_CONNECTIONS if not _LEFT_OUT & set(line)]
_SCALE_OF_ROI = 0.0008


def _draw(data: Any, marks: Any, lines: Any, colors: Any, thickness: tuple[float, float]) -> None:
    for start, end in lines:
        add_line(data, marks[start], marks[end], colors[0], thickness[0])
    for mark in marks:
        add_point(data, mark, colors[1], thickness[1])


def draw_faces(found: dict[str, Any], width: int, height: int) -> Any:
    """Return the drawing of a frame: lines and points of each face."""
    data = render_data_pb2.RenderData()
    for face in found.get("multi_face_landmarks", ()):
        _draw(data, face.landmark, _FACE_LINES, (_GREEN, _RED), (2.0, 2.0))
    return data


def draw_person(found: dict[str, Any], width: int, height: int) -> Any:
    """Return the drawing of a frame: pose, hands, face."""
    data = render_data_pb2.RenderData()
    roi = found.get("pose_roi")
    scale = _SCALE_OF_ROI * max(roi.width * width, roi.height * height) if roi is not None else 1.0
    if "pose_landmarks" in found:
        marks = found["pose_landmarks"].landmark
        for start, end in _POSE_LINES:
            add_line(data, marks[start], marks[end], _WHITE, 3.0 * scale)
        for index in set(range(len(marks))) - _LEFT_OUT:
            add_point(data, marks[index], _WHITE, 5.0 * scale)
            add_point(data, marks[index], _ORANGE if index % 2 else _CYAN, 3.0 * scale)
    for name, color in (("left_hand_landmarks", _ORANGE), ("right_hand_landmarks", _CYAN)):
        if name in found:
            _draw(data, found[name].landmark, _HAND_LINES, (_WHITE, color), (4.0 * scale, 3.0 * scale))
    if "face_landmarks" in found:
        marks = found["face_landmarks"].landmark
        _draw(data, marks, _FACE_LINES, (_WHITE, _CYAN), (0.5 * scale, 0.5 * scale))
    return data


def solution(task: str) -> Any:
    """Return the solution of a task."""
    if task == "face":
        return mp.solutions.face_mesh.FaceMesh(max_num_faces=1, refine_landmarks=True)
    if task == "selfie":
        return mp.solutions.selfie_segmentation.SelfieSegmentation(model_selection=0)
    return mp.solutions.holistic.Holistic()


class Annotator:
    """Finds and draws.

    Args:
        task: what to find.
    """

    def __init__(self, task: str) -> None:
        self._solution = solution(task) if task == "selfie" else None
        if task == "face":
            side = {"num_faces": packet_creator.create_int(1), "with_attention": packet_creator.create_bool(True)}
            streams = ("multi_face_landmarks",)
            what = Annotated(_FACE, streams, packet_getter.get_proto_list, side, draw_faces)
            self._graph = AnnotatingGraph(what)
        elif task == "holistic":
            parts = ("pose_landmarks", "pose_roi", "face_landmarks", "left_hand_landmarks", "right_hand_landmarks")
            self._graph = AnnotatingGraph(Annotated(_HOLISTIC, parts, packet_getter.get_proto, {}, draw_person))

    def annotate(self, timestamp: int, frame: np.ndarray[Any, Any]) -> Any:
        """Return a frame with what was found drawn over it."""
        if self._solution is None:
            return self._graph.annotate(timestamp, frame)
        mask = self._solution.process(frame).segmentation_mask
        return np.where((mask > _FOREGROUND)[..., None], frame, _BLUE)

    def close(self) -> None:
        """End."""
        (self._solution or self._graph).close()


def annotate_clip(request: dict[str, Any]) -> int:
    """Write the annotated clip; return how many frames it has."""
    annotator, writer = Annotator(request["task"]), None
    frames = 0
    for timestamp, frame in read_frames(request["clip"], request["max_frames"]):
        drawn = annotator.annotate(timestamp, frame)
        if writer is None:
            writer = Writer(request["output"], frame_rate(request["clip"]), (frame.shape[1], frame.shape[0]))
        writer.write(timestamp, drawn)
        frames += 1
    annotator.close()
    if writer is not None:
        writer.close()
    return frames


def find_in_clip(request: dict[str, Any]) -> int:
    """Find in each frame; return how many there are."""
    frames = 0
    with solution(request["task"]) as finder:
        for _, frame in read_frames(request["clip"], request["max_frames"]):
            finder.process(frame)
            frames += 1
    return frames


def main() -> None:
    """Do what the last argument asks for."""
    answering = os.dup(1)  # MediaPipe prints to file descriptor 1 as it likes
    os.dup2(2, 1)
    request = json.loads(sys.argv[-1])
    begun = time.monotonic()
    frames = (annotate_clip if request["kind"] == "clip" else find_in_clip)(request)
    ended = time.monotonic()
    answer = {"begun": begun, "ended": ended, "frames": frames, "peak_rss_mib": peak_rss_mib()}
    with os.fdopen(answering, "w", encoding="utf-8") as stream:
        json.dump(answer, stream)


if __name__ == "__main__":
    main()
