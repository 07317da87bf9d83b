"""Makes sequences.json and sequences.npz: what MediaPipe 0.10.21's smoothing makes of landmarks over time.

Run it with an interpreter that has mediapipe==0.10.21, as make_references.py. Every case is one node, fed with
the same wandering landmarks at the case's timestamps; it gives (T, N, 5) float32 arrays of x, y, z, visibility,
presence, one row a timestamp. Some timestamps have no landmarks and give a row of NaN.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from make_references import node
from mediapipe.framework.formats import landmark_pb2, rect_pb2
from mediapipe.python import packet_creator, packet_getter
from mediapipe.python._framework_bindings import calculator_graph, image_frame

HERE = Path(__file__).parent
FIELDS = ("x", "y", "z", "visibility", "presence")
SIZE = (64, 48)  # width, height
NORMALIZED = 'input_stream: "NORM_LANDMARKS:landmarks" output_stream: "NORM_FILTERED_LANDMARKS:out" '
ABSOLUTE = 'input_stream: "LANDMARKS:landmarks" output_stream: "FILTERED_LANDMARKS:out" '
IN_PIXELS = NORMALIZED + 'input_stream: "IMAGE_SIZE:size" '
BY_ROI = IN_PIXELS + 'input_stream: "OBJECT_SCALE_ROI:roi" '
FROM_ZERO = [0, 33_333, 66_667, 100_000, 133_333, 166_667, 300_000, 310_000, 343_333, 1_000_000]
LATER = [time + 5_000_000 for time in FROM_ZERO]

CASES: dict[str, tuple[str, str, str, list[int], list[int]]] = {
    # calculator, streams, options, timestamps, indices of those without landmarks
    "one euro from 0": (
        "LandmarksSmoothingCalculator", IN_PIXELS, "one_euro_filter { min_cutoff: 0.05 beta: 80 }", FROM_ZERO, [],
    ),
    "one euro later, by region": (
        "LandmarksSmoothingCalculator", BY_ROI, "one_euro_filter { min_cutoff: 0.01 beta: 10 }", LATER, [],
    ),
    "one euro, landmarks lost": (
        "LandmarksSmoothingCalculator", BY_ROI, "one_euro_filter { min_cutoff: 0.05 beta: 80 }", FROM_ZERO, [4, 5],
    ),
    "one euro of metres": (
        "LandmarksSmoothingCalculator", ABSOLUTE,
        "one_euro_filter { min_cutoff: 0.1 beta: 40 derivate_cutoff: 2 disable_value_scaling: true }",
        FROM_ZERO, [],
    ),
    "velocity": (
        "LandmarksSmoothingCalculator", IN_PIXELS, "velocity_filter { window_size: 5 velocity_scale: 10 }",
        FROM_ZERO, [],
    ),
    "velocity, short window, by region": (
        "LandmarksSmoothingCalculator", BY_ROI, "velocity_filter { window_size: 2 velocity_scale: 3 }", LATER, [3],
    ),
    "velocity of metres": (
        "LandmarksSmoothingCalculator", ABSOLUTE, "velocity_filter { disable_value_scaling: true }", FROM_ZERO, [],
    ),
    "object too small": (
        "LandmarksSmoothingCalculator", IN_PIXELS, "one_euro_filter { min_allowed_object_scale: 1000 }", FROM_ZERO,
        [],
    ),
    "no filter": ("LandmarksSmoothingCalculator", IN_PIXELS, "no_filter {}", FROM_ZERO, []),
    "visibility": (
        "VisibilitySmoothingCalculator", NORMALIZED, "low_pass_filter { alpha: 0.1 }", FROM_ZERO, [],
    ),
    "visibility of metres": (
        "VisibilitySmoothingCalculator", ABSOLUTE, "low_pass_filter { alpha: 0.3 }", LATER, [],
    ),
    "visibility, no filter": ("VisibilitySmoothingCalculator", ABSOLUTE, "no_filter {}", FROM_ZERO, []),
}  # fmt: skip


def wandering(times: int, landmarks: int) -> np.ndarray:
    """Returns (times, landmarks, 5) float32: a walk with pauses and leaps."""
    rng = np.random.default_rng(3)
    steps = rng.normal(0, 0.01, (times, landmarks, 5))
    steps[times // 3] *= 20
    steps[times // 2] = 0
    return (rng.random((landmarks, 5)) * 0.6 + 0.2 + steps.cumsum(axis=0)).astype(np.float32)


def regions(times: int) -> list[tuple[float, float]]:
    """Returns width and height of a region, of an image each, that grows."""
    return [(0.3 + 0.02 * step, 0.5 + 0.01 * step) for step in range(times)]


def message(rows: np.ndarray, normalized: bool) -> Any:
    """Returns the landmarks of one timestamp as a message."""
    found = landmark_pb2.NormalizedLandmarkList() if normalized else landmark_pb2.LandmarkList()
    for row in rows:
        found.landmark.add(**dict(zip(FIELDS, map(float, row), strict=True)))
    return found


def answer(name: str, walk: np.ndarray) -> np.ndarray:
    """Returns what the peer makes of the walk."""
    calculator, streams, options, times, lost = CASES[name]
    result = np.full_like(walk, np.nan)
    text = "\n".join(
        [
            'input_stream: "landmarks" input_stream: "image" input_stream: "roi"',
            node("ImagePropertiesCalculator", 'input_stream: "IMAGE:image" output_stream: "SIZE:size"'),
            node(calculator, streams, options),
        ]
    )
    graph = calculator_graph.CalculatorGraph(graph_config=text)

    def collect(_: str, packet: Any) -> None:
        marks = packet_getter.get_proto(packet).landmark
        result[times.index(packet.timestamp.value)] = [[getattr(mark, name) for name in FIELDS] for mark in marks]

    graph.observe_output_stream("out", collect)
    graph.start_run()
    image = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    for index, (time, (width, height)) in enumerate(zip(times, regions(len(times)), strict=True)):
        picture = packet_creator.create_image_frame(image_format=image_frame.ImageFormat.SRGB, data=image)
        roi = rect_pb2.NormalizedRect(x_center=0.5, y_center=0.5, width=width, height=height)
        graph.add_packet_to_input_stream("image", picture.at(time))
        graph.add_packet_to_input_stream("roi", packet_creator.create_proto(roi).at(time))
        if index not in lost:
            found = message(walk[index], "NORM_" in streams)
            graph.add_packet_to_input_stream("landmarks", packet_creator.create_proto(found).at(time))
    graph.close_all_packet_sources()
    graph.wait_until_done()
    return result


def main() -> None:
    """Writes both files."""
    walk = wandering(len(FROM_ZERO), 6)
    np.savez_compressed(HERE / "sequences.npz", walk=walk, **{name: answer(name, walk) for name in CASES})
    keys = ("calculator", "streams", "options", "timestamps", "lost")
    cases = [{"name": name, **dict(zip(keys, case, strict=True))} for name, case in CASES.items()]
    described = {"size": SIZE, "regions": regions(len(FROM_ZERO)), "cases": cases}
    (HERE / "sequences.json").write_text(json.dumps(described, indent=1) + "\n")


if __name__ == "__main__":
    main()
