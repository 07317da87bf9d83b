"""Makes references.json and references.npz: what MediaPipe 0.10.21 answers to small graphs.

Run it with an interpreter that has mediapipe==0.10.21 (tests/benchmarks/peer/setup_peer.py makes one); nothing of
graphkit is imported. Each case is a graph with one output stream, fed one packet a stream at timestamp 0. Values
are protobuf JSON; images are keys of the .npz, as are results that are arrays.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mediapipe as mp
import numpy as np
from google.protobuf import json_format
from mediapipe.framework.formats import classification_pb2, detection_pb2, landmark_pb2, rect_pb2
from mediapipe.python import packet_creator, packet_getter
from mediapipe.python._framework_bindings import calculator_graph

HERE = Path(__file__).parent
MESSAGES = {
    "NormalizedRect": rect_pb2.NormalizedRect,
    "NormalizedLandmarkList": landmark_pb2.NormalizedLandmarkList,
    "LandmarkList": landmark_pb2.LandmarkList,
    "Detection": detection_pb2.Detection,
    "ClassificationList": classification_pb2.ClassificationList,
}
RECT = {"xCenter": 0.55, "yCenter": 0.4, "width": 0.5, "height": 0.7, "rotation": 0.6}
WIDE_RECT = {"xCenter": 0.1, "yCenter": 0.9, "width": 0.9, "height": 0.3, "rotation": -2.1}
LANDMARKS = {
    "landmark": [
        {"x": 0.31, "y": 0.42, "z": -0.2, "visibility": 0.9, "presence": 0.8},
        {"x": 0.87, "y": -0.1, "z": 0.3, "visibility": 0.1, "presence": 0.7},
        {"x": 0.5, "y": 0.5, "z": 0.0, "visibility": 0.5, "presence": 0.6},
    ]
}
PLAIN_LANDMARKS = {"landmark": [{"x": 0.2, "y": 0.4, "z": 0.1}, {"x": -0.3, "y": 0.25, "z": -0.2}]}


def detection(score: float, box: tuple[float, float, float, float], label: int = 0) -> dict[str, Any]:
    """Returns a Detection with two keypoints at corners of its box."""
    x, y, width, height = box
    points = [{"x": x, "y": y}, {"x": x + width, "y": y + height / 2}]
    return {
        "labelId": [label],
        "score": [score],
        "locationData": {
            "format": "RELATIVE_BOUNDING_BOX",
            "relativeBoundingBox": {"xmin": x, "ymin": y, "width": width, "height": height},
            "relativeKeypoints": points,
        },
    }


DETECTIONS = [
    detection(0.6, (0.10, 0.12, 0.30, 0.30)),
    detection(0.9, (0.12, 0.10, 0.30, 0.32)),
    detection(0.7, (0.60, 0.55, 0.20, 0.25), 1),
    detection(0.8, (0.30, 0.25, 0.30, 0.30), 1),
    detection(0.5, (0.62, 0.57, 0.20, 0.20)),
    detection(0.3, (0.11, 0.11, 0.10, 0.10)),
]


def node(calculator: str, streams: str, options: str = "") -> str:
    """Returns a node in text format; *options* is the body of its options message."""
    ext = f"options {{ [mediapipe.{calculator}Options.ext] {{ {options} }} }}" if options else ""
    return f'node {{ calculator: "{calculator}" {streams} {ext} }}'


def graph(inputs: str, *nodes: str) -> str:
    """Returns a graph whose output stream is "out"."""
    return "\n".join([*(f'input_stream: "{name}"' for name in inputs.split()), 'output_stream: "out"', *nodes])


def to_tensor(options: str, *, rect: bool = False, outputs: str = 'output_stream: "TENSORS:tensors"') -> str:
    """Returns an ImageToTensorCalculator node on the stream "image"."""
    streams = 'input_stream: "IMAGE:image" ' + ('input_stream: "NORM_RECT:rect" ' if rect else "") + outputs
    return node("ImageToTensorCalculator", streams, options)


FLOATS = node("TensorsToFloatsCalculator", 'input_stream: "TENSORS:tensors" output_stream: "FLOATS:out"')
UNIT = "output_tensor_float_range { min: 0.0 max: 1.0 }"
SIGNED = "output_tensor_float_range { min: -1.0 max: 1.0 }"
SIZED = "output_tensor_width: 16 output_tensor_height: 12"
PADDED = f"output_tensor_width: 16 output_tensor_height: 16 keep_aspect_ratio: true {UNIT}"
PADDING = to_tensor(PADDED, outputs='output_stream: "TENSORS:t" output_stream: "LETTERBOX_PADDING:padding"')
MATRIX = to_tensor(PADDED, rect=True, outputs='output_stream: "TENSORS:t" output_stream: "MATRIX:matrix"')
PROJECT = 'input_stream: "NORM_LANDMARKS:landmarks" output_stream: "NORM_LANDMARKS:out" '
BY_RECT = PROJECT + 'input_stream: "NORM_RECT:rect"'
NMS = 'input_stream: "detections" output_stream: "out"'
AS_TENSOR = node(
    "TensorConverterCalculator",
    'input_stream: "MATRIX:matrix" output_stream: "TENSORS:tensors"',
    "zero_center: false row_major_matrix: true",
)
IMAGE, TALL = ("ImageFrame", "wide"), ("ImageFrame", "tall")
MASK, OLD_MASK = ("ImageFrame", "mask"), ("ImageFrame", "old mask")
MATRIX_VALUE = ("Matrix", "logits")
SIZE_OF_IMAGE = node("ImagePropertiesCalculator", 'input_stream: "IMAGE:image" output_stream: "SIZE:size"')
UPRIGHT = (
    "rotation_vector_start_keypoint_index: 0 rotation_vector_end_keypoint_index: 1 "
    "rotation_vector_target_angle_degrees: 90"
)


def to_image(stream: str) -> str:
    """Returns a node that wraps the ImageFrames of a stream as the Images of `<stream>_image`."""
    streams = f'input_stream: "IMAGE_CPU:{stream}" output_stream: "IMAGE:{stream}_image"'
    return node("ToImageCalculator", streams)


FROM_IMAGE = node("FromImageCalculator", 'input_stream: "IMAGE:found" output_stream: "IMAGE_CPU:out"')
WARP = (
    'input_stream: "IMAGE:image_image" input_stream: "MATRIX:inverse" input_stream: "OUTPUT_SIZE:size" '
    'output_stream: "IMAGE:found"'
)

CASES: dict[str, tuple[str, dict[str, tuple[str, Any]], str]] = (
    {
        "tensor of a whole image": (
            graph("image", to_tensor(f"{SIZED} {UNIT}"), FLOATS),
            {"image": IMAGE},
            "floats",
        ),
        "tensor with borders": (
            graph("image", to_tensor(f"{PADDED} border_mode: BORDER_ZERO"), FLOATS),
            {"image": TALL},
            "floats",
        ),
        "tensor of a rotated rect": (
            graph("image rect", to_tensor(PADDED, rect=True), FLOATS),
            {"image": IMAGE, "rect": ("NormalizedRect", RECT)},
            "floats",
        ),
        "tensor of a rect outside of the image": (
            graph("image rect", to_tensor(f"{SIZED} {SIGNED}", rect=True), FLOATS),
            {"image": IMAGE, "rect": ("NormalizedRect", WIDE_RECT)},
            "floats",
        ),
        "letterbox of landmarks, wide": (
            graph(
                "image landmarks",
                PADDING,
                node(
                    "LandmarkLetterboxRemovalCalculator",
                    'input_stream: "LANDMARKS:landmarks" input_stream: "LETTERBOX_PADDING:padding" '
                    'output_stream: "LANDMARKS:out"',
                ),
            ),
            {"image": IMAGE, "landmarks": ("NormalizedLandmarkList", LANDMARKS)},
            "NormalizedLandmarkList",
        ),
        "letterbox of landmarks, tall": (
            graph(
                "image landmarks",
                PADDING,
                node(
                    "LandmarkLetterboxRemovalCalculator",
                    'input_stream: "LANDMARKS:landmarks" input_stream: "LETTERBOX_PADDING:padding" '
                    'output_stream: "LANDMARKS:out"',
                ),
            ),
            {"image": TALL, "landmarks": ("NormalizedLandmarkList", PLAIN_LANDMARKS)},
            "NormalizedLandmarkList",
        ),
        "letterbox of detections": (
            graph(
                "image detections",
                PADDING,
                node(
                    "DetectionLetterboxRemovalCalculator",
                    'input_stream: "DETECTIONS:detections" input_stream: "LETTERBOX_PADDING:padding" '
                    'output_stream: "DETECTIONS:out"',
                ),
            ),
            {"image": TALL, "detections": ("Detections", DETECTIONS)},
            "Detections",
        ),
        "projection by rect": (
            graph(
                "landmarks rect", node("LandmarkProjectionCalculator", PROJECT + 'input_stream: "NORM_RECT:rect"')
            ),
            {"landmarks": ("NormalizedLandmarkList", LANDMARKS), "rect": ("NormalizedRect", RECT)},
            "NormalizedLandmarkList",
        ),
        "projection by rect, upright": (
            graph(
                "landmarks rect",
                node(
                    "LandmarkProjectionCalculator",
                    PROJECT + 'input_stream: "NORM_RECT:rect"',
                    "ignore_rotation: true",
                ),
            ),
            {"landmarks": ("NormalizedLandmarkList", PLAIN_LANDMARKS), "rect": ("NormalizedRect", WIDE_RECT)},
            "NormalizedLandmarkList",
        ),
        "projection by rect and size": (
            graph(
                "image landmarks rect",
                node("ImagePropertiesCalculator", 'input_stream: "IMAGE:image" output_stream: "SIZE:size"'),
                node(
                    "LandmarkProjectionCalculator",
                    PROJECT + 'input_stream: "NORM_RECT:rect" input_stream: "IMAGE_DIMENSIONS:size"',
                ),
            ),
            {"image": IMAGE, "landmarks": ("NormalizedLandmarkList", LANDMARKS), "rect": ("NormalizedRect", RECT)},
            "NormalizedLandmarkList",
        ),
        "projection by matrix": (
            graph(
                "image landmarks rect",
                MATRIX,
                node("LandmarkProjectionCalculator", PROJECT + 'input_stream: "PROJECTION_MATRIX:matrix"'),
            ),
            {
                "image": IMAGE,
                "landmarks": ("NormalizedLandmarkList", LANDMARKS),
                "rect": ("NormalizedRect", WIDE_RECT),
            },
            "NormalizedLandmarkList",
        ),
        "projection of detections": (
            graph(
                "image detections rect",
                MATRIX,
                node(
                    "DetectionProjectionCalculator",
                    'input_stream: "DETECTIONS:detections" input_stream: "PROJECTION_MATRIX:matrix" '
                    'output_stream: "DETECTIONS:out"',
                ),
            ),
            {"image": IMAGE, "detections": ("Detections", DETECTIONS), "rect": ("NormalizedRect", RECT)},
            "Detections",
        ),
        "world landmarks": (
            graph(
                "landmarks rect",
                node(
                    "WorldLandmarkProjectionCalculator",
                    'input_stream: "LANDMARKS:landmarks" input_stream: "NORM_RECT:rect" '
                    'output_stream: "LANDMARKS:out"',
                ),
            ),
            {"landmarks": ("LandmarkList", LANDMARKS), "rect": ("NormalizedRect", RECT)},
            "LandmarkList",
        ),
        "box around landmarks": (
            graph(
                "landmarks",
                node(
                    "LandmarksToDetectionCalculator",
                    'input_stream: "NORM_LANDMARKS:landmarks" output_stream: "DETECTION:out"',
                ),
            ),
            {"landmarks": ("NormalizedLandmarkList", LANDMARKS)},
            "Detection",
        ),
        "box around selected landmarks": (
            graph(
                "landmarks",
                node(
                    "LandmarksToDetectionCalculator",
                    'input_stream: "NORM_LANDMARKS:landmarks" output_stream: "DETECTION:out"',
                    "selected_landmark_indices: 1",
                ),
            ),
            {"landmarks": ("NormalizedLandmarkList", PLAIN_LANDMARKS)},
            "Detection",
        ),
        "suppression, weighted": (
            graph(
                "detections",
                node(
                    "NonMaxSuppressionCalculator",
                    NMS,
                    "min_suppression_threshold: 0.3 overlap_type: INTERSECTION_OVER_UNION algorithm: WEIGHTED",
                ),
            ),
            {"detections": ("Detections", DETECTIONS)},
            "Detections",
        ),
        "suppression, weighted, min score": (
            graph(
                "detections",
                node(
                    "NonMaxSuppressionCalculator",
                    NMS,
                    "min_suppression_threshold: 0.3 overlap_type: INTERSECTION_OVER_UNION algorithm: WEIGHTED "
                    "min_score_threshold: 0.65",
                ),
            ),
            {"detections": ("Detections", DETECTIONS)},
            "Detections",
        ),
        "suppression, jaccard": (
            graph("detections", node("NonMaxSuppressionCalculator", NMS, "min_suppression_threshold: 0.2")),
            {"detections": ("Detections", DETECTIONS)},
            "Detections",
        ),
        "suppression, modified jaccard, two at most": (
            graph(
                "detections",
                node(
                    "NonMaxSuppressionCalculator",
                    NMS,
                    "min_suppression_threshold: 0.5 overlap_type: MODIFIED_JACCARD max_num_detections: 2",
                ),
            ),
            {"detections": ("Detections", DETECTIONS)},
            "Detections",
        ),
        "suppression, min score": (
            graph(
                "detections",
                node(
                    "NonMaxSuppressionCalculator", NMS, "min_suppression_threshold: 0.4 min_score_threshold: 0.55"
                ),
            ),
            {"detections": ("Detections", DETECTIONS)},
            "Detections",
        ),
        "suppression by class": (
            graph(
                "detections",
                node("NonMaxSuppressionCalculator", NMS, "min_suppression_threshold: 0.1 multiclass_nms: true"),
            ),
            {"detections": ("Detections", DETECTIONS)},
            "Detections",
        ),
        "landmarks of a tensor, normalised": (
            graph(
                "matrix",
                AS_TENSOR,
                node(
                    "TensorsToLandmarksCalculator",
                    'input_stream: "TENSORS:tensors" output_stream: "NORM_LANDMARKS:out"',
                    "num_landmarks: 4 input_image_width: 224 input_image_height: 112 normalize_z: 0.4 "
                    "flip_vertically: true visibility_activation: SIGMOID",
                ),
            ),
            {"matrix": MATRIX_VALUE},
            "NormalizedLandmarkList",
        ),
        "landmarks of a tensor": (
            graph(
                "matrix",
                AS_TENSOR,
                node(
                    "TensorsToLandmarksCalculator",
                    'input_stream: "TENSORS:tensors" output_stream: "LANDMARKS:out"',
                    "num_landmarks: 8",
                ),
            ),
            {"matrix": MATRIX_VALUE},
            "LandmarkList",
        ),
        "floats through a sigmoid": (
            graph(
                "matrix",
                AS_TENSOR,
                node(
                    "TensorsToFloatsCalculator",
                    'input_stream: "TENSORS:tensors" output_stream: "FLOATS:out"',
                    "activation: SIGMOID",
                ),
            ),
            {"matrix": MATRIX_VALUE},
            "floats",
        ),
        "three best classes": (
            graph(
                "matrix",
                AS_TENSOR,
                node(
                    "TensorsToClassificationCalculator",
                    'input_stream: "TENSORS:tensors" output_stream: "CLASSIFICATIONS:out"',
                    "top_k: 3 ignore_classes: [0, 3]",
                ),
            ),
            {"matrix": MATRIX_VALUE},
            "ClassificationList",
        ),
        "classes above a score": (
            graph(
                "matrix",
                AS_TENSOR,
                node(
                    "TensorsToClassificationCalculator",
                    'input_stream: "TENSORS:tensors" output_stream: "CLASSIFICATIONS:out"',
                    "min_score_threshold: 20 sort_by_descending_score: true",
                ),
            ),
            {"matrix": MATRIX_VALUE},
            "ClassificationList",
        ),
        "region of two points": (
            graph(
                "image detection",
                SIZE_OF_IMAGE,
                'node { calculator: "AlignmentPointsRectsCalculator" input_stream: "DETECTION:detection" '
                'input_stream: "IMAGE_SIZE:size" output_stream: "NORM_RECT:out" '
                f"options {{ [mediapipe.DetectionsToRectsCalculatorOptions.ext] {{ {UPRIGHT} }} }} }}",
            ),
            {"image": TALL, "detection": ("Detection", DETECTIONS[0])},
            "NormalizedRect",
        ),
        "visibility, copied": (
            graph(
                "landmarks others",
                node(
                    "VisibilityCopyCalculator",
                    'input_stream: "NORM_LANDMARKS_FROM:landmarks" input_stream: "LANDMARKS_TO:others" '
                    'output_stream: "LANDMARKS_TO:out"',
                ),
            ),
            {
                "landmarks": ("NormalizedLandmarkList", LANDMARKS),
                "others": ("LandmarkList", {"landmark": [{"x": 3.5, "y": -1.0, "z": 0.25}] * 4}),
            },
            "LandmarkList",
        ),
        "landmark in a heatmap": (
            graph(
                "matrix landmarks",
                AS_TENSOR,
                node(
                    "RefineLandmarksFromHeatmapCalculator",
                    'input_stream: "NORM_LANDMARKS:landmarks" input_stream: "TENSORS:tensors" '
                    'output_stream: "NORM_LANDMARKS:out"',
                    "kernel_size: 3 refine_visibility: true",
                ),
            ),
            {
                "matrix": ("Matrix", "heat"),
                "landmarks": (
                    "NormalizedLandmarkList",
                    {"landmark": [{"x": 0.6, "y": 0.33, "z": 0.5, "visibility": 0.99}]},
                ),
            },
            "NormalizedLandmarkList",
        ),
        "mask of a tensor": (
            graph(
                "matrix",
                AS_TENSOR,
                node(
                    "TensorsToSegmentationCalculator",
                    'input_stream: "TENSORS:tensors" output_stream: "MASK:found"',
                    "activation: SIGMOID",
                ),
                FROM_IMAGE,
            ),
            {"matrix": ("Matrix", "heat")},
            "image",
        ),
        "mask of a tensor, scaled": (
            graph(
                "matrix image",
                AS_TENSOR,
                SIZE_OF_IMAGE,
                node(
                    "TensorsToSegmentationCalculator",
                    'input_stream: "TENSORS:tensors" input_stream: "OUTPUT_SIZE:size" output_stream: "MASK:found"',
                    "activation: SIGMOID",
                ),
                FROM_IMAGE,
            ),
            {"matrix": ("Matrix", "heat"), "image": TALL},
            "image",
        ),
        "masks, mixed": (
            graph(
                "mask old",
                to_image("mask"),
                to_image("old"),
                node(
                    "SegmentationSmoothingCalculator",
                    'input_stream: "MASK:mask_image" input_stream: "MASK_PREVIOUS:old_image" '
                    'output_stream: "MASK_SMOOTHED:found"',
                    "combine_with_previous_ratio: 0.7",
                ),
                FROM_IMAGE,
            ),
            {"mask": MASK, "old": OLD_MASK},
            "image",
        ),
    }
    | {
        f"image moved by a matrix, {name}": (
            graph(
                "image rect",
                MATRIX,
                SIZE_OF_IMAGE,
                to_image("image"),
                node("InverseMatrixCalculator", 'input_stream: "MATRIX:matrix" output_stream: "MATRIX:inverse"'),
                node("WarpAffineCalculator", WARP, options),
                FROM_IMAGE,
            ),
            {"image": IMAGE, "rect": ("NormalizedRect", RECT)},
            "image",
        )
        for name, options in {
            "black outside": "border_mode: BORDER_ZERO",
            "edge outside": "border_mode: BORDER_REPLICATE",
            "cubic": "border_mode: BORDER_ZERO interpolation: INTER_CUBIC",
        }.items()
    }
    | {
        f"transformation, {name}": (
            graph(
                "image",
                node(
                    "ImageTransformationCalculator",
                    'input_stream: "IMAGE:image" output_stream: "IMAGE:out"',
                    options,
                ),
            ),
            {"image": IMAGE},
            "image",
        )
        for name, options in {
            "stretch": "output_width: 12 output_height: 20",
            "fit": "output_width: 20 output_height: 20 scale_mode: FIT padding_color { red: 9 green: 8 blue: 7 }",
            "fit, edge": "output_width: 40 output_height: 50 scale_mode: FIT constant_padding: false",
            "fill": "output_width: 30 output_height: 30 scale_mode: FILL_AND_CROP",
            "nearest": "output_width: 37 output_height: 11 interpolation_mode: NEAREST",
            "quarter": "rotation_mode: ROTATION_90 flip_horizontally: true",
            "half": "rotation_mode: ROTATION_180",
            "quarter, scaled": "output_width: 16 output_height: 16 rotation_mode: ROTATION_270",
            "mirrored": "flip_horizontally: true flip_vertically: true",
        }.items()
    }
)


def arrays() -> dict[str, np.ndarray]:
    """Returns the inputs that are arrays: smooth images, so that a wrong corner shows, and some values."""
    rng = np.random.default_rng(7)
    images = {}
    for name, (height, width) in {"wide": (24, 32), "tall": (30, 18)}.items():
        y, x = np.mgrid[:height, :width]
        channels = (x * 255 / width, y * 255 / height, (x * y) % 256)
        noise = rng.integers(-10, 10, (height, width, 3))
        images[name] = (np.stack(channels, axis=2) + noise).clip(0, 255).astype(np.uint8)
    images["logits"] = rng.normal(0, 40, (6, 4)).astype(np.float32)
    images["heat"] = rng.normal(0, 3, (12, 9)).astype(np.float32)
    images["mask"], images["old mask"] = rng.random((2, 40, 50)).astype(np.float32)
    return images


def packet(kind: str, value: Any, given: dict[str, np.ndarray]) -> Any:
    """Returns the packet of a value."""
    if kind == "ImageFrame":
        pixels = given[value]
        kind_of_pixels = mp.ImageFormat.VEC32F1 if pixels.dtype == np.float32 else mp.ImageFormat.SRGB
        return packet_creator.create_image_frame(image_format=kind_of_pixels, data=pixels)
    if kind == "Matrix":
        return packet_creator.create_matrix(given[value])
    return packet_creator.create_proto(json_format.ParseDict(value, MESSAGES[kind]()))


def with_single_detections(text: str, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Returns a graph that is fed detections one by one, since Python cannot make a packet of several."""
    if "detections" not in inputs:
        return text, inputs
    _, values = inputs["detections"]
    names = [f"detection{index}" for index in range(len(values))]
    merge = node(
        "MergeDetectionsToVectorCalculator",
        " ".join(f'input_stream: "{name}"' for name in names) + ' output_stream: "detections"',
    )
    streams = "\n".join(f'input_stream: "{name}"' for name in names)
    rest = {name: value for name, value in inputs.items() if name != "detections"}
    single = {name: ("Detection", value) for name, value in zip(names, values, strict=True)}
    return text.replace('input_stream: "detections"', streams, 1) + "\n" + merge, rest | single


def answer(text: str, inputs: dict[str, Any], kind: str) -> Any:
    """Returns what the graph puts on "out", as JSON or as an array."""
    results: list[Any] = []
    running = calculator_graph.CalculatorGraph(graph_config=text)
    running.observe_output_stream("out", lambda _, found: results.append(found))
    running.start_run()
    for name, value in inputs.items():
        running.add_packet_to_input_stream(name, value.at(0))
    running.close_all_packet_sources()
    running.wait_until_done()
    (found,) = results
    if kind == "image":
        pixels = packet_getter.get_image_frame(found).numpy_view()
        return pixels.reshape([size for size in pixels.shape if size != 1]).copy()
    if kind == "floats":
        return np.array(packet_getter.get_float_list(found), np.float32)
    if kind == "Detections":
        return [json_format.MessageToDict(one) for one in packet_getter.get_proto_list(found)]
    return json_format.MessageToDict(packet_getter.get_proto(found))


def main() -> None:
    """Writes both files."""
    given = arrays()
    results = dict(given)
    cases = []
    for name, (text, inputs, kind) in CASES.items():
        peer_text, peer_inputs = with_single_detections(text, inputs)
        packets = {stream: packet(*value, given) for stream, value in peer_inputs.items()}
        expected = answer(peer_text, packets, kind)
        if isinstance(expected, np.ndarray):
            results[name] = expected
            expected = name
        cases.append({"name": name, "graph": text, "inputs": inputs, "kind": kind, "expected": expected})
    np.savez_compressed(HERE / "references.npz", **results)
    (HERE / "references.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
