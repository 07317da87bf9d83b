"""From clip to annotated clip with MediaPipe's own graphs and its C++ overlay.

The wheel has the overlay but none of the calculators that make its input, so a Python program that wants
MediaPipe's picture fills the messages itself, as `mediapipe_side.drawing` does.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mediapipe
import numpy as np
from google.protobuf import text_format
from mediapipe.framework import calculator_pb2
from mediapipe.python import packet_creator, packet_getter
from mediapipe.python._framework_bindings import (
    calculator_graph,
    image_frame,
    resource_util,
    validated_graph_config,
)

from mediapipe_side.clips import Writer, frame_rate, read_frames
from mediapipe_side.drawing_hands import draw_hands
from mediapipe_side.drawing_poses import draw_pose

if TYPE_CHECKING:
    from collections.abc import Callable

_ROOT = Path(mediapipe.__file__).parent
_OVERLAY = """
  input_stream: "render_data"
  node { calculator: "AnnotationOverlayCalculator"
         input_stream: "IMAGE:image" input_stream: "render_data" output_stream: "IMAGE:output_video" }"""


class Annotated:
    """A task: its graph, the streams that are drawn, and how.

    Args:
        graph: file of the graph within the wheel.
        streams: what is drawn, by name; the value tells whether the packets hold lists of messages.
        side_packets: by name.
        draw: returns the drawing, given the packets of a frame by stream and its width and height.
    """

    def __init__(
        self,
        graph: str,
        streams: dict[str, bool],
        side_packets: dict[str, Any],
        draw: Callable[[dict[str, Any], int, int], Any],
    ) -> None:
        self.graph, self.streams, self.side_packets, self.draw = graph, streams, side_packets, draw


def annotated(task: str) -> Annotated:
    """Return a task: two hands, or one pose without a mask; model complexity 1."""
    common = {
        "model_complexity": packet_creator.create_int(1),
        "use_prev_landmarks": packet_creator.create_bool(True),
    }
    if task == "hand":
        streams = dict.fromkeys(
            ("multi_hand_landmarks", "multi_handedness", "palm_detections", "hand_rects_from_landmarks",
             "hand_rects_from_palm_detections"), True,
        )  # fmt: skip
        return Annotated(
            "modules/hand_landmark/hand_landmark_tracking_cpu.binarypb", streams,
            {"num_hands": packet_creator.create_int(2), **common}, draw_hands,
        )  # fmt: skip
    booleans = {"enable_segmentation": False, "smooth_landmarks": True}
    return Annotated(
        "modules/pose_landmark/pose_landmark_cpu.binarypb",
        dict.fromkeys(("pose_landmarks", "pose_detection", "pose_rect_from_landmarks"), False),
        {**{name: packet_creator.create_bool(value) for name, value in booleans.items()}, **common},
        draw_pose,
    )


class AnnotatingGraph:
    """The graph of a task with the overlay at its end."""

    def __init__(self, task: Annotated) -> None:
        resource_util.set_resource_dir(str(_ROOT.parent))
        config = _expanded(task.graph)
        config.MergeFrom(text_format.Parse(_OVERLAY, calculator_pb2.CalculatorGraphConfig()))
        self._task = task
        self._drawn: list[Any] = []
        self.found: dict[str, Any] = {}
        self._graph = calculator_graph.CalculatorGraph(graph_config=config)
        for stream in task.streams:
            self._graph.observe_output_stream(stream, self._keep)
        self._graph.observe_output_stream("output_video", lambda _, packet: self._drawn.append(packet))
        self._graph.start_run(task.side_packets)

    def _keep(self, stream: str, packet: Any) -> None:
        get = packet_getter.get_proto_list if self._task.streams[stream] else packet_getter.get_proto
        self.found[stream] = get(packet)

    def annotate(self, timestamp: int, frame: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Find, then draw: return the RGB frame with the drawing on it."""
        self.found.clear()
        self._drawn.clear()
        pixels = np.ascontiguousarray(frame)
        pixels.flags.writeable = False  # lets the packet refer to the array instead of copying it
        packet = packet_creator.create_image_frame(image_format=image_frame.ImageFormat.SRGB, data=pixels)
        self._graph.add_packet_to_input_stream("image", packet.at(timestamp))
        self._graph.wait_until_idle()
        drawing = self._task.draw(self.found, frame.shape[1], frame.shape[0])
        self._graph.add_packet_to_input_stream("render_data", packet_creator.create_proto(drawing).at(timestamp))
        self._graph.wait_until_idle()
        drawn: np.ndarray[Any, Any] = packet_getter.get_image_frame(self._drawn[0]).numpy_view()
        return drawn

    def close(self) -> None:
        """End the run."""
        self._graph.close()


def annotate_clip(request: dict[str, Any]) -> dict[str, Any]:
    """Write the annotated clip."""
    task = annotated(request["task"])
    graph, writer = AnnotatingGraph(task), None
    frames = 0
    for timestamp, frame in read_frames(request["clip"], request["max_frames"]):
        drawn = graph.annotate(timestamp, frame)
        if writer is None:
            writer = Writer(request["output"], frame_rate(request["clip"]), (frame.shape[1], frame.shape[0]))
        writer.write(timestamp, drawn)
        frames += 1
    graph.close()
    if writer is not None:
        writer.close()
    return {"frames": frames}


def _expanded(binary_graph: str) -> Any:
    """Return a graph of the wheel, expanded.

    Python must know every options message: those that it does not know are lost on the way back into C++, and
    their nodes then run on defaults.
    """
    for path in sorted(_ROOT.rglob("*_pb2.py")):
        importlib.import_module(".".join(path.relative_to(_ROOT.parent).with_suffix("").parts))
    validated = validated_graph_config.ValidatedGraphConfig()
    validated.initialize(binary_graph_path=str(_ROOT / binary_graph))
    return calculator_pb2.CalculatorGraphConfig.FromString(validated.binary_config)
