"""FaceGeometryPipeline- and FaceGeometryEnvGeneratorCalculator: a face is found where it was put."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from graphkit.errors import CalculatorError, FormatError, GraphValidationError
from graphkit.formats import FaceEnvironment, FaceGeometry, ImageSize, NormalizedLandmarkList, OriginPointLocation
from graphkit.framework import Resources
from graphkit.schema import message_class
from graphkit.testing import CalculatorRunner

if TYPE_CHECKING:
    from pathlib import Path

RNG = np.random.default_rng(5)
POINTS = (RNG.random((12, 3)) * (16, 20, 8) - (8, 10, 4)).astype(np.float32)  # centimetres, as large as a head
TRIANGLES = np.array([(0, 1, 2), (3, 4, 5)])
SIZE = ImageSize(640, 480)
CAMERA = FaceEnvironment()


def metadata(source: int = 1, basis: range = range(12)) -> Any:
    message: Any = message_class("mediapipe.face_geometry.GeometryPipelineMetadata")(input_source=source)
    message.canonical_mesh.vertex_buffer.extend(np.hstack((POINTS, np.zeros((12, 2)))).reshape(-1).tolist())
    message.canonical_mesh.index_buffer.extend(TRIANGLES.reshape(-1).tolist())
    for index in basis:
        message.procrustes_landmark_basis.add(landmark_id=index, weight=1.0)
    return message


def pose(yaw: float, x: float, y: float, z: float) -> Any:
    cos, sin = math.cos(yaw), math.sin(yaw)
    return np.array(((cos, 0, sin, x), (0, 1, 0, y), (-sin, 0, cos, z), (0, 0, 0, 1)), np.float32)


def seen(placed: Any, camera: FaceEnvironment = CAMERA) -> NormalizedLandmarkList:
    """What a camera sees of the points, and z as face models give it: on the scale of x, from the middle."""
    points = POINTS @ placed[:3, :3].T + placed[:3, 3]
    height = 2 * math.tan(math.radians(camera.vertical_fov_degrees) / 2)
    width = height * SIZE.width / SIZE.height
    depth = -points[:, 2:]
    xy = points[:, :2] / depth / (width, height) + 0.5
    if camera.origin_point_location is OriginPointLocation.TOP_LEFT_CORNER:
        xy[:, 1] = 1 - xy[:, 1]
    return NormalizedLandmarkList.from_xyz(np.hstack((xy, (depth - depth.mean()) / depth.mean() / width)))


def runner(folder: Path, message: Any, name: str = "face.binarypb") -> CalculatorRunner:
    from google.protobuf import text_format

    text = name.endswith(".pbtxt")
    contents = text_format.MessageToString(message).encode() if text else message.SerializeToString()
    (folder / name).write_bytes(contents)
    return CalculatorRunner(
        f"""
        calculator: "FaceGeometryPipelineCalculator" input_side_packet: "ENVIRONMENT:e"
        input_stream: "IMAGE_SIZE:s" input_stream: "MULTI_FACE_LANDMARKS:l" output_stream: "MULTI_FACE_GEOMETRY:g"
        options {{ [mediapipe.FaceGeometryPipelineCalculatorOptions.ext] {{ metadata_path: "{name}" }} }}
        """,
        resources=Resources([folder]),
    )


def geometry(run: CalculatorRunner, *faces: NormalizedLandmarkList, camera: FaceEnvironment = CAMERA) -> Any:
    run.side_packets["ENVIRONMENT"] = camera
    run.add("MULTI_FACE_LANDMARKS", list(faces), 3)
    run.add("IMAGE_SIZE", SIZE, 3)
    (packet,) = run.run().outputs["MULTI_FACE_GEOMETRY"]
    return packet.payload


@pytest.mark.parametrize("name", ["face.binarypb", "face.pbtxt"])
@pytest.mark.parametrize(
    "placed",
    [
        pytest.param(pose(0.0, 0, 0, -60), id="straight ahead"),
        pytest.param(pose(0.4, 10, -5, -80), id="turned, aside"),
        pytest.param(pose(-0.7, -20, 8, -150), id="far away"),
    ],
)
def test_a_head_is_found_where_it_is(tmp_path: Path, placed: Any, name: str) -> None:
    (found,) = geometry(runner(tmp_path, metadata(), name), seen(placed))
    assert isinstance(found, FaceGeometry)
    # Twelve points tell the scale to a few percent only: the models' z leaves perspective out.
    np.testing.assert_allclose(found.pose_transform_matrix[:3, 3], placed[:3, 3], rtol=0.05, atol=1.0)
    turned = found.pose_transform_matrix[:3, :3] / np.linalg.norm(found.pose_transform_matrix[:3, 0])
    np.testing.assert_allclose(turned, placed[:3, :3], atol=0.06)
    np.testing.assert_allclose(found.vertices[:, :3], POINTS, atol=1.5)
    np.testing.assert_array_equal(found.triangles, TRIANGLES)


def test_the_corner_of_row_0(tmp_path: Path) -> None:
    upside_down = FaceEnvironment(origin_point_location=OriginPointLocation.BOTTOM_LEFT_CORNER)
    placed = pose(0.2, 10, -5, -80)
    (one,) = geometry(runner(tmp_path, metadata()), seen(placed))
    (other,) = geometry(runner(tmp_path, metadata()), seen(placed, upside_down), camera=upside_down)
    np.testing.assert_allclose(one.pose_transform_matrix, other.pose_transform_matrix, atol=1e-3)


def test_keypoints_without_z(tmp_path: Path) -> None:
    placed = pose(0.2, 5, 3, -80)
    flat = NormalizedLandmarkList.from_xyz(seen(placed).xy)
    (found,) = geometry(runner(tmp_path, metadata(source=2)), flat)
    np.testing.assert_allclose(found.pose_transform_matrix[:3, 3], placed[:3, 3], rtol=0.1, atol=1.5)


def test_points_on_one_spot_are_no_face(tmp_path: Path) -> None:
    spot = NormalizedLandmarkList.from_xyz(np.full((12, 3), 0.5))
    assert len(geometry(runner(tmp_path, metadata()), spot, seen(pose(0, 0, 0, -60)))) == 1


def test_more_landmarks_than_the_face_has(tmp_path: Path) -> None:
    face = seen(pose(0, 0, 0, -60))
    longer = NormalizedLandmarkList.from_xyz(np.vstack((face.xyz, face.xyz[:5])))
    assert len(geometry(runner(tmp_path, metadata()), longer)) == 1


@pytest.mark.parametrize(
    ("message", "landmarks", "error"),
    [
        pytest.param(metadata(), 5, "a face of 5 landmarks came in; this geometry is made of 12", id="too few"),
        pytest.param(metadata(basis=range(0)), 12, "no point of the 12 counts", id="no basis"),
        pytest.param(
            metadata(basis=range(12, 13)), 12, "point 12 with weight 1 is none of the 12", id="no such point"
        ),
    ],
)
def test_faults_in_a_run(tmp_path: Path, message: Any, landmarks: int, error: str) -> None:
    face = NormalizedLandmarkList.from_xyz(seen(pose(0, 0, 0, -60)).xyz[:landmarks])
    with pytest.raises(CalculatorError, match=error):
        geometry(runner(tmp_path, message), face)


def test_a_file_of_something_else(tmp_path: Path) -> None:
    run = runner(tmp_path, metadata())
    (tmp_path / "face.binarypb").write_bytes(b"not a message")
    with pytest.raises(CalculatorError, match=r"face.binarypb holds no GeometryPipelineMetadata message"):
        geometry(run, seen(pose(0, 0, 0, -60)))


def test_no_file_named() -> None:
    with pytest.raises(GraphValidationError, match="metadata_path is not set"):
        CalculatorRunner("""
            calculator: "FaceGeometryPipelineCalculator" input_side_packet: "ENVIRONMENT:e"
            input_stream: "IMAGE_SIZE:s" input_stream: "MULTI_FACE_LANDMARKS:l"
            output_stream: "MULTI_FACE_GEOMETRY:g"
        """).run()


def generator(options: str) -> CalculatorRunner:
    return CalculatorRunner(f"""
        calculator: "FaceGeometryEnvGeneratorCalculator" output_side_packet: "ENVIRONMENT:e"
        options {{ [mediapipe.FaceGeometryEnvGeneratorCalculatorOptions.ext] {{ {options} }} }}
    """)


def test_the_camera_of_the_options() -> None:
    lens = "perspective_camera { vertical_fov_degrees: 50.0 near: 2.0 far: 500.0 }"
    run = generator(f"environment {{ origin_point_location: BOTTOM_LEFT_CORNER {lens} }}")
    found = run.run().output_side_packets["ENVIRONMENT"]
    assert found == FaceEnvironment(50.0, 2.0, 500.0, OriginPointLocation.BOTTOM_LEFT_CORNER)


def test_no_camera() -> None:
    with pytest.raises(GraphValidationError, match="environment is not set"):
        generator("").run()


def test_a_camera_that_there_cannot_be() -> None:
    with pytest.raises(FormatError, match="no camera sees 200 degrees from 1 to 10000 cm"):
        FaceEnvironment(200.0)


def test_messages() -> None:
    found = FaceGeometry(np.ones((3, 5), np.float32), np.array([[0, 1, 2]], np.int32), np.eye(4, dtype=np.float32))
    again = FaceGeometry.from_proto(found.to_proto())
    np.testing.assert_array_equal(again.vertices, found.vertices)
    np.testing.assert_array_equal(again.triangles, found.triangles)
    np.testing.assert_array_equal(again.pose_transform_matrix, found.pose_transform_matrix)
    assert FaceEnvironment.from_proto(CAMERA.to_proto()) == CAMERA


def test_a_damaged_mesh() -> None:
    message: Any = message_class(FaceGeometry.PROTO)()
    message.mesh.vertex_buffer.extend([1.0] * 7)
    with pytest.raises(FormatError, match="a mesh of 7 numbers and 0 indices is damaged"):
        FaceGeometry.from_proto(message)
