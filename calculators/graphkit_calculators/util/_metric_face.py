"""Landmarks in a picture as a face in space, in centimetres, by a face of known size."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from graphkit.errors import FormatError
from graphkit.formats import FaceEnvironment, FaceGeometry, OriginPointLocation
from graphkit_calculators.util._procrustes import similarity

if TYPE_CHECKING:
    from graphkit.formats import ImageSize, NormalizedLandmarkList

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]

_LEAST_SPREAD = 1e-3  # of a face, in fractions of the picture


@dataclass(frozen=True, slots=True)
class CanonicalFace:
    """The face of known size.

    Attributes:
        vertices: (N, 5) float32: x, y, z in centimetres, u, v.
        triangles: (M, 3) int32.
        weights: (N,) float32, how much each point counts; most count nothing.
        flat: the landmarks have no z of their own: they are keypoints of a detection.
    """

    vertices: Floats
    triangles: np.ndarray[Any, np.dtype[np.int32]]
    weights: Floats
    flat: bool

    @property
    def points(self) -> Floats:
        """(N, 3)."""
        return self.vertices[:, :3]


def metric_face(
    landmarks: NormalizedLandmarkList, face: CanonicalFace, camera: FaceEnvironment, size: ImageSize
) -> FaceGeometry | None:
    """Return the face in space, None where its landmarks lie too close together to tell.

    How far away a face is follows from its size, which is only known once it is: so the size is estimated from the
    picture, the points are moved out to where they then are, and the estimate is corrected once.

    Raises:
        FormatError: there are fewer landmarks than the canonical face has.
    """
    if len(landmarks) < len(face.vertices):
        raise FormatError(
            f"a face of {len(landmarks)} landmarks came in; this geometry is made of {len(face.vertices)}."
        )
    if _spread(landmarks) <= _LEAST_SPREAD:
        return None
    screen = _on_near_plane(landmarks.xyz[: len(face.vertices)], camera, size)
    middle = float(screen[:, 2].mean(dtype=np.float32))
    first = _scale(face, screen * np.array((1, 1, -1), np.float32))
    points = _unprojected(screen, camera.near, middle, first)
    if face.flat:
        points[:, 2] = _moved(face.points, similarity(face.points, points, face.weights))[:, 2]
    points = _unprojected(screen, camera.near, middle, first * _scale(face, points))
    pose = similarity(face.points, points, face.weights)
    if face.flat:
        points[:, 2] = _moved(face.points, pose)[:, 2]
        pose = similarity(face.points, points, face.weights)
    vertices = face.vertices.copy()
    vertices[:, :3] = _moved(points, np.linalg.inv(pose))
    return FaceGeometry(vertices, face.triangles, pose)


def _spread(landmarks: NormalizedLandmarkList) -> float:
    from_middle = landmarks.xy - landmarks.xy.mean(axis=0)
    return float(np.hypot(*from_middle.T).max())


def _on_near_plane(xyz: Floats, camera: FaceEnvironment, size: ImageSize) -> Floats:
    """Return the points where they are seen, in centimetres on the plane ``camera.near`` before the camera."""
    height = 2.0 * camera.near * math.tan(math.radians(camera.vertical_fov_degrees) / 2)
    width = size.width * height / size.height
    points = xyz.copy()
    if camera.origin_point_location is OriginPointLocation.TOP_LEFT_CORNER:
        points[:, 1] = 1 - points[:, 1]
    points *= np.array((width, height, width), np.float32)
    points += np.array((-width / 2, -height / 2, 0), np.float32)
    return points


def _scale(face: CanonicalFace, points: Floats) -> float:
    return float(np.linalg.norm(similarity(face.points, points, face.weights)[:, 0]))


def _unprojected(screen: Floats, near: float, middle: float, scale: float) -> Floats:
    """Return points of the near plane at their distances; z points from the camera to the eye of its viewer."""
    points = screen.copy()
    points[:, 2] = (screen[:, 2] - middle + near) / scale
    points[:, :2] *= points[:, 2:] / near
    points[:, 2] *= -1
    return points


def _moved(points: Floats, matrix: Floats) -> Floats:
    return points @ matrix[:3, :3].T + matrix[:3, 3]
