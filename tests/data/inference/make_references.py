"""Makes models.npz: what the models of the mediapipe 0.10.21 wheel answer to one seeded image.

By hand, twice: with a Python that has ai-edge-litert, then with one that has mediapipe (for the model whose
operations only MediaPipe has):

    python tests/data/inference/make_references.py FOLDER_OF_THE_WHEEL/mediapipe/modules

Keys are "model/output index"; of a large output every n-th value is kept.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

TARGET = Path(__file__).parent / "models.npz"
OUTPUTS_OF_ATTENTION = 7
KEPT = 997


def seeded_image(height: int, width: int) -> np.ndarray:
    """Return the image, (height, width, 3) uint8."""
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def sample(output: np.ndarray) -> np.ndarray:
    """Return every n-th value, so that about a thousand are left."""
    return output.reshape(-1)[:: max(1, output.size // KEPT)]


def from_litert(models: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the outputs of every model that LiteRT can run."""
    from ai_edge_litert.interpreter import Interpreter

    for path in sorted(models.rglob("*.tflite")):
        interpreter = Interpreter(str(path), num_threads=1)
        try:
            interpreter.allocate_tensors()
        except RuntimeError as exc:
            print(f"{path.stem}: {exc}", file=sys.stderr)
            continue
        details = interpreter.get_input_details()[0]
        image = seeded_image(*details["shape"][1:3])
        interpreter.set_tensor(details["index"], image[None] * np.float32(1 / 255))
        interpreter.invoke()
        for index, output in enumerate(interpreter.get_output_details()):
            yield f"{path.stem}/{index}", interpreter.get_tensor(output["index"])


def from_mediapipe(models: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the outputs of the attention face mesh."""
    import mediapipe as mp

    path = next(models.rglob("face_landmark_with_attention.tflite"))
    graph = mp.CalculatorGraph(graph_config=attention_graph(path))
    found: dict[int, np.ndarray] = {}

    def keep(name: str, packet: Any) -> None:
        found[int(name.removeprefix("floats_"))] = np.array(mp.packet_getter.get_float_list(packet), np.float32)

    for index in range(OUTPUTS_OF_ATTENTION):
        graph.observe_output_stream(f"floats_{index}", keep)
    graph.start_run()
    frame = mp.ImageFrame(image_format=mp.ImageFormat.SRGB, data=seeded_image(192, 192))
    graph.add_packet_to_input_stream("image", mp.packet_creator.create_image_frame(frame).at(0))
    graph.close_all_packet_sources()
    graph.wait_until_done()
    for index in sorted(found):
        yield f"{path.stem}/{index}", found[index]


def attention_graph(model: Path) -> str:
    """Return a graph that gives each output tensor of the model as a float vector."""
    indices = range(OUTPUTS_OF_ATTENTION)
    splits = " ".join(f'output_stream: "tensor_{i}"' for i in indices)
    ranges = " ".join(f"ranges {{ begin: {i} end: {i + 1} }}" for i in indices)
    floats = "".join(
        'node { calculator: "TensorsToFloatsCalculator" '
        f'input_stream: "TENSORS:tensor_{i}" output_stream: "FLOATS:floats_{i}" }}\n'
        f'output_stream: "floats_{i}"\n'
        for i in indices
    )
    return f"""
    input_stream: "image"
    node {{
      calculator: "ImageToTensorCalculator" input_stream: "IMAGE:image" output_stream: "TENSORS:input"
      options {{ [mediapipe.ImageToTensorCalculatorOptions.ext] {{
        output_tensor_width: 192 output_tensor_height: 192 output_tensor_float_range {{ min: 0 max: 1 }} }} }}
    }}
    node {{ calculator: "TfLiteCustomOpResolverCalculator" output_side_packet: "OP_RESOLVER:resolver" }}
    node {{
      calculator: "InferenceCalculator" input_side_packet: "OP_RESOLVER:resolver"
      input_stream: "TENSORS:input" output_stream: "TENSORS:outputs"
      options {{ [mediapipe.InferenceCalculatorOptions.ext] {{
        model_path: "{model}" delegate {{ xnnpack {{ num_threads: 1 }} }} }} }}
    }}
    node {{
      calculator: "SplitTensorVectorCalculator" input_stream: "outputs" {splits}
      options {{ [mediapipe.SplitVectorCalculatorOptions.ext] {{ {ranges} }} }}
    }}
    {floats}"""


def main() -> None:
    """Add what this Python can make to the file."""
    models = Path(sys.argv[1]).resolve()
    try:
        import ai_edge_litert  # noqa: F401

        made = from_litert(models)
    except ImportError:
        made = from_mediapipe(models)
    known = dict(np.load(TARGET)) if TARGET.exists() else {}
    np.savez_compressed(TARGET, **known | {name: sample(output) for name, output in made})


if __name__ == "__main__":
    main()
