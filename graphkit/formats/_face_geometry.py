"""A face in space: its mesh in centimetres, and the pose of the head before the camera."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, ClassVar, Self

import numpy as np

from graphkit.errors import FormatError
from graphkit.formats._matrix import Matrix, matrix_from_proto, matrix_to_proto
from graphkit.schema import message_class

_VERTEX = 5  # x, y, z, u, v
_CORNERS = 3


class OriginPointLocation(IntEnum):
    """Whether row 0 of a frame is at the top or bottom."""

    BOTTOM_LEFT_CORNER = 1
    TOP_LEFT_CORNER = 2


@dataclass(frozen=True, slots=True)
class FaceEnvironment:
    """The camera through which faces are seen.

    Attributes:
        vertical_fov_degrees: how much it sees from top to bottom, in degrees.
        near: distance of the nearest things that are drawn, in centimetres.
        far: distance of the farthest.
        origin_point_location: the place of row 0 of its frames.
    """

    PROTO: ClassVar[str] = "mediapipe.face_geometry.Environment"

    vertical_fov_degrees: float = 63.0
    near: float = 1.0
    far: float = 10_000.0
    origin_point_location: OriginPointLocation = OriginPointLocation.TOP_LEFT_CORNER

    def __post_init__(self) -> None:
        if not (0 < self.vertical_fov_degrees < 180 and 0 < self.near < self.far):
            raise FormatError(
                f"no camera sees {self.vertical_fov_degrees:g} degrees from {self.near:g} to {self.far:g} cm; "
                "it is 0 to 180 degrees, and near is above 0 and below far."
            )

    def to_proto(self) -> Any:
        """Return the protobuf message."""
        message: Any = message_class(self.PROTO)(origin_point_location=int(self.origin_point_location))
        for name in ("vertical_fov_degrees", "near", "far"):
            setattr(message.perspective_camera, name, getattr(self, name))
        return message

    @classmethod
    def from_proto(cls, message: Any) -> Self:
        """Make an environment of a protobuf message."""
        camera = message.perspective_camera
        origin = OriginPointLocation(message.origin_point_location)
        return cls(camera.vertical_fov_degrees, camera.near, camera.far, origin)


@dataclass(frozen=True, slots=True, eq=False)
class FaceGeometry:
    """A face in space.

    Attributes:
        vertices: (N, 5) float32: x, y, z in centimetres as if the head looked straight ahead, then u, v of a
        texture. triangles: (M, 3) int32, indices of vertices. pose_transform_matrix: (4, 4) float32, from there to
        where the head is: the camera is at the origin and looks
            along -z, x points right, y up.
    """

    PROTO: ClassVar[str] = "mediapipe.face_geometry.FaceGeometry"

    vertices: np.ndarray[Any, np.dtype[np.float32]]
    triangles: np.ndarray[Any, np.dtype[np.int32]]
    pose_transform_matrix: Matrix

    def __post_init__(self) -> None:
        for array in (self.vertices, self.triangles, self.pose_transform_matrix):
            array.setflags(write=False)

    def to_proto(self) -> Any:
        """Return the protobuf message."""
        message: Any = message_class(self.PROTO)(pose_transform_matrix=matrix_to_proto(self.pose_transform_matrix))
        message.mesh.vertex_type = message.mesh.VERTEX_PT
        message.mesh.primitive_type = message.mesh.TRIANGLE
        message.mesh.vertex_buffer.extend(self.vertices.reshape(-1).tolist())
        message.mesh.index_buffer.extend(self.triangles.reshape(-1).tolist())
        return message

    @classmethod
    def from_proto(cls, message: Any) -> Self:
        """Make a face of a protobuf message."""
        return cls(*mesh_from_proto(message.mesh), matrix_from_proto(message.pose_transform_matrix))


def mesh_from_proto(
    mesh: Any,
) -> tuple[np.ndarray[Any, np.dtype[np.float32]], np.ndarray[Any, np.dtype[np.int32]]]:
    """Return vertices (N, 5) and triangles (M, 3) of a ``mediapipe.face_geometry.Mesh3d``.

    Raises:
        FormatError: the numbers do not come in fives and threes, or an index is no vertex.
    """
    vertices, indices = np.array(mesh.vertex_buffer, np.float32), np.array(mesh.index_buffer, np.int32)
    count = len(vertices) // _VERTEX
    if len(vertices) % _VERTEX or len(indices) % _CORNERS or (len(indices) and int(indices.max()) >= count):
        raise FormatError(
            f"a mesh of {len(vertices)} numbers and {len(indices)} indices is damaged; vertices are 5 "
            "numbers, triangles 3 indices of vertices."
        )
    return vertices.reshape(-1, _VERTEX), indices.reshape(-1, _CORNERS)
