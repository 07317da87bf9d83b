"""Makes references.npz: how MediaPipe 0.10.21 draws the scenes of scenes.pbtxt.

    python tests/benchmarks/peer/setup_peer.py .peer
    .peer/bin/python tests/data/drawing/make_references.py

scenes.pbtxt holds RenderData messages in text format, each after a line ``# NAME``. references.npz holds a
uint8 RGB image of 120 x 160 a scene, drawn on the image that background() makes. MediaPipe 0.10.21 is built
with OpenCV 4.10; from 4.13 on, OpenCV rounds the edges of thick lines otherwise.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parent
GRAPH = """
    input_stream: "image" input_stream: "scene" output_stream: "drawn"
    node {
      calculator: "AnnotationOverlayCalculator"
      input_stream: "IMAGE:image" input_stream: "scene" output_stream: "IMAGE:drawn"
    }
"""


def background() -> np.ndarray:
    """Returns (120, 160, 3) uint8 of one colour that no shape has."""
    return np.full((120, 160, 3), (30, 60, 90), np.uint8)


def scenes() -> dict[str, str]:
    """Returns the text of each scene by its name."""
    found = {}
    for part in (FOLDER / "scenes.pbtxt").read_text().split("# ")[1:]:
        name, _, text = part.partition("\n")
        found[name] = text
    return found


def draw(text: str) -> np.ndarray:
    """Returns the scene as MediaPipe draws it."""
    import mediapipe as mp
    from google.protobuf import text_format
    from mediapipe.python import packet_creator, packet_getter
    from mediapipe.python._framework_bindings.calculator_graph import CalculatorGraph
    from mediapipe.util import render_data_pb2

    drawn = []
    graph = CalculatorGraph(graph_config=GRAPH)
    graph.observe_output_stream("drawn", lambda _, packet: drawn.append(packet_getter.get_image_frame(packet)))
    graph.start_run()
    image = packet_creator.create_image_frame(image_format=mp.ImageFormat.SRGB, data=background())
    scene = packet_creator.create_proto(text_format.Parse(text, render_data_pb2.RenderData()))
    graph.add_packet_to_input_stream("image", image.at(0))
    graph.add_packet_to_input_stream("scene", scene.at(0))
    graph.close_all_packet_sources()
    graph.wait_until_done()
    return np.array(drawn[0].numpy_view())


def main() -> None:
    """Draws all scenes."""
    np.savez_compressed(FOLDER / "references.npz", **{name: draw(text) for name, text in scenes().items()})


if __name__ == "__main__":
    main()
