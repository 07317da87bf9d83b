"""A MediaPipe program from clip to annotated clip, measured: the opponent of `graphkit run`.

Reads through PyAV, runs MediaPipe's C++ hand graph and its C++ overlay in one graph, writes through PyAV.

    PEER/bin/python tests/benchmarks/peer/peer_end_to_end.py CLIP OUT.mp4 [--option crf=23]

Prints one JSON object: frames, seconds of start-up (process start to main), of the whole run, of each stage,
processor seconds and peak memory.
"""

from __future__ import annotations

import argparse
import json
import time
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
from google.protobuf import text_format
from hand_tracker import BINARY_GRAPH, OUTPUTS
from mediapipe.framework import calculator_pb2
from mediapipe.python import packet_creator, packet_getter
from mediapipe.python._framework_bindings import calculator_graph, image_frame, resource_util
from peer_common import peer_root, read_frames, seconds_since_process_start, usage
from render_data import hand_render_data
from tracker import load_config

if TYPE_CHECKING:
    import numpy as np

OVERLAY = """
  input_stream: "render_data"
  node { calculator: "AnnotationOverlayCalculator"
         input_stream: "IMAGE:image" input_stream: "render_data" output_stream: "IMAGE:output_video" }"""


class AnnotatingGraph:
    """The hand graph with the overlay at its end."""

    def __init__(self, hands: int) -> None:
        resource_util.set_resource_dir(str(peer_root().parent))
        config = load_config(BINARY_GRAPH)
        config.MergeFrom(text_format.Parse(OVERLAY, calculator_pb2.CalculatorGraphConfig()))
        self._found: dict[str, Any] = {}
        self._drawn: list[Any] = []
        self._graph = calculator_graph.CalculatorGraph(graph_config=config)
        for stream in OUTPUTS:
            self._graph.observe_output_stream(stream, self._keep)
        self._graph.observe_output_stream("output_video", lambda _, packet: self._drawn.append(packet))
        self._graph.start_run(
            {
                "num_hands": packet_creator.create_int(hands),
                "model_complexity": packet_creator.create_int(1),
                "use_prev_landmarks": packet_creator.create_bool(True),
            }
        )

    def _keep(self, stream: str, packet: Any) -> None:
        self._found[stream] = packet_getter.get_proto_list(packet)

    def find(self, timestamp: int, frame: np.ndarray) -> None:
        """Runs the models on a frame; what they find is kept for draw()."""
        self._found.clear()
        frame.flags.writeable = False  # lets the packet refer to the array instead of copying it
        packet = packet_creator.create_image_frame(image_format=image_frame.ImageFormat.SRGB, data=frame)
        self._graph.add_packet_to_input_stream("image", packet.at(timestamp))
        self._graph.wait_until_idle()

    def draw(self, timestamp: int) -> np.ndarray:
        """Returns the frame given to find() with the drawing on it."""
        self._drawn.clear()
        packet = packet_creator.create_proto(hand_render_data(self._found)).at(timestamp)
        self._graph.add_packet_to_input_stream("render_data", packet)
        self._graph.wait_until_idle()
        return packet_getter.get_image_frame(self._drawn[0]).numpy_view()

    def close(self) -> None:
        """Ends the run."""
        self._graph.close()


class Writer:
    """An mp4 whose frames keep their timestamps."""

    def __init__(
        self, path: Path, rate: Fraction, size: tuple[int, int], codec: str, options: dict[str, str]
    ) -> None:
        self._container = av.open(str(path), "w")
        self._stream = self._container.add_stream(codec, rate=rate, options=options)
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.thread_count = 1
        self._time_base = self._stream.codec_context.time_base = Fraction(1, 90_000)

    def write(self, timestamp: int, frame: np.ndarray) -> None:
        """Encodes one RGB frame."""
        picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
        picture.pts = round(Fraction(timestamp, 1_000_000) / self._time_base)
        picture.time_base = self._time_base
        self._container.mux(self._stream.encode(picture))

    def close(self) -> None:
        """Flushes the encoder and completes the file."""
        self._container.mux(self._stream.encode(None))
        self._container.close()


def frame_rate(clip: Path) -> Fraction:
    """Returns the average frame rate of a video."""
    with av.open(str(clip)) as container:
        return Fraction(container.streams.video[0].average_rate or 30)


def annotate(given: argparse.Namespace) -> dict[str, Any]:
    """Runs the clip; returns the number of frames and the seconds of each stage."""
    spent = dict.fromkeys(("construct", "read", "graph", "render", "write"), 0.0)
    mark = time.perf_counter()

    def lap(stage: str) -> None:
        nonlocal mark
        now = time.perf_counter()
        spent[stage] += now - mark
        mark = now

    graph, writer, count = AnnotatingGraph(given.hands), None, 0
    lap("construct")
    for timestamp, frame in read_frames(given.clip, given.frames):
        lap("read")
        graph.find(timestamp, frame)
        lap("graph")
        drawn = graph.draw(timestamp)
        lap("render")
        if writer is None:
            size = (frame.shape[1], frame.shape[0])
            writer = Writer(given.output, frame_rate(given.clip), size, given.codec, dict(given.option))
        writer.write(timestamp, drawn)
        lap("write")
        count += 1
    graph.close()
    if writer is not None:
        writer.close()
    lap("write")
    return {"frames": count, "stages_s": {stage: round(seconds, 4) for stage, seconds in spent.items()}}


def arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--frames", type=int, help="stop after so many")
    parser.add_argument("--hands", type=int, default=2)
    parser.add_argument("--codec", default="libx264")
    parser.add_argument(
        "--option",
        type=lambda text: tuple(text.split("=", 1)),
        action="append",
        help="encoder option NAME=VALUE; preset=ultrafast and crf=23 when none is given",
    )
    given = parser.parse_args()
    given.option = given.option or [("preset", "ultrafast"), ("crf", "23")]
    return given


def main() -> None:
    """Runs the clip and prints the measures."""
    startup = seconds_since_process_start()
    start = time.perf_counter()
    result = annotate(arguments())
    result |= {"startup_s": round(startup, 3), "run_s": round(time.perf_counter() - start, 4), **usage()}
    result["wall_s"] = round(seconds_since_process_start(), 3)
    result["ms_per_frame"] = round(1000 * result["run_s"] / max(1, result["frames"]), 3)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
