"""Makes references.npz: what the solutions of MediaPipe 0.10.21 find in stills, and what its functions paint.

    python tests/benchmarks/peer/setup_peer.py .peer
    .peer/bin/python tests/data/compat/make_references.py

The same file is imported by the tests, which run `found` and `painted` on graphkit's solutions.
"""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[2]
REFERENCES = HERE / "references.npz"
SIDE = 160
SEED = 7


def stills(read_frames: Any, read_image: Any) -> dict[str, np.ndarray]:
    """Return RGB pictures: a portrait, a hand, and a whole person."""
    media = REPOSITORY / "examples" / "media"
    frames = {
        name: next(islice(read_frames(media / f"{name}.mp4"), number, None))
        for name, number in (("hand_cup", 0), ("pose_balance", 30))
    }
    return {"astronaut": np.ascontiguousarray(read_image(str(media / "astronaut.png"))[:, :, ::-1]), **frames}


def found(solutions: Any, pictures: dict[str, np.ndarray]) -> Iterator[tuple[str, np.ndarray]]:
    """Yield what each solution finds in a picture, by name: landmarks as (n, 3), masks as bits."""
    with solutions.hands.Hands(True, 2) as hands:
        results = hands.process(pictures["hand_cup"])
        yield "hands", points(results.multi_hand_landmarks[0])
        yield "hands_world", points(results.multi_hand_world_landmarks[0])
        side = results.multi_handedness[0].classification[0]
        yield "hands_side", np.array([side.index, side.score])
    with solutions.pose.Pose(True, enable_segmentation=True) as pose:
        results = pose.process(pictures["pose_balance"])
        yield "pose", points(results.pose_landmarks)
        yield "pose_world", points(results.pose_world_landmarks)
        yield "pose_mask", np.packbits(results.segmentation_mask > 0.5)
    for refined in (False, True):
        with solutions.face_mesh.FaceMesh(True, refine_landmarks=refined) as mesh:
            results = mesh.process(pictures["astronaut"])
            yield (
                f"face_mesh_{len(results.multi_face_landmarks[0].landmark)}",
                points(results.multi_face_landmarks[0]),
            )
    for reach in (0, 1):
        with solutions.face_detection.FaceDetection(0.5, reach) as detection:
            (face,) = detection.process(pictures["astronaut"]).detections
            box = face.location_data.relative_bounding_box
            yield f"face_detection_{reach}", np.array([box.xmin, box.ymin, box.width, box.height, face.score[0]])
    with solutions.selfie_segmentation.SelfieSegmentation(1) as selfie:
        yield "selfie_mask", np.packbits(selfie.process(pictures["astronaut"]).segmentation_mask > 0.5)
    with solutions.holistic.Holistic(True) as holistic:
        results = holistic.process(pictures["astronaut"])
        yield "holistic_pose", points(results.pose_landmarks)
        yield "holistic_face", points(results.face_landmarks)


def points(landmarks: Any) -> np.ndarray:
    """Return the coordinates of a list of landmarks, (n, 3)."""
    return np.array([[point.x, point.y, point.z] for point in landmarks.landmark])


def painted(solutions: Any, landmark_list: Any, detection: Any) -> Iterator[tuple[str, np.ndarray]]:
    """Yield pictures that the drawing functions painted, by name.

    Args:
        solutions: the module.
        landmark_list: makes a NormalizedLandmarkList of a number of landmarks.
        detection: a Detection.
    """
    draw, styles = solutions.drawing_utils, solutions.drawing_styles
    hand, body, face = (landmark_list(count) for count in (21, 33, 478))
    for name, landmarks, arguments in (
        ("plain", hand, (solutions.hands.HAND_CONNECTIONS,)),
        ("points", hand, ()),
        ("lines", body, (solutions.pose.POSE_CONNECTIONS, None, draw.DrawingSpec((9, 99, 199), 3))),
        (
            "hand",
            hand,
            (
                solutions.hands.HAND_CONNECTIONS,
                styles.get_default_hand_landmarks_style(),
                styles.get_default_hand_connections_style(),
            ),
        ),
        ("body", body, (solutions.pose.POSE_CONNECTIONS, styles.get_default_pose_landmarks_style())),
        (
            "mesh",
            face,
            (solutions.face_mesh.FACEMESH_TESSELATION, None, styles.get_default_face_mesh_tesselation_style()),
        ),
        (
            "iris",
            face,
            (solutions.face_mesh.FACEMESH_IRISES, None, styles.get_default_face_mesh_iris_connections_style()),
        ),
    ):
        picture = np.zeros((SIDE, SIDE, 3), np.uint8)
        draw.draw_landmarks(picture, landmarks, *arguments)
        yield f"drawn_{name}", picture
    picture = np.zeros((SIDE, SIDE, 3), np.uint8)
    draw.draw_detection(picture, detection)
    yield "drawn_detection", picture
    picture = np.zeros((SIDE, SIDE, 3), np.uint8)
    draw.draw_axis(picture, np.eye(3)[[2, 0, 1]], np.array([0.1, -0.2, 1.5]), (1.5, 1.2), axis_length=0.6)
    yield "drawn_axis", picture


def fill_landmarks(message: Any, count: int) -> Any:
    """Add *count* landmarks to a list, some outside of the picture, some hidden; always the same ones."""
    places = np.random.default_rng(SEED).uniform(-0.1, 1.1, (count, 3))
    for index, (x, y, z) in enumerate(places.tolist()):
        point = message.landmark.add(x=x, y=y, z=z)
        if index % 5 == 0:
            point.visibility = 0.4 if index % 2 else 0.9
    return message


def fill_detection(message: Any) -> Any:
    """Give a Detection a box and points, one of them outside of the picture."""
    location = message.location_data
    location.format = 2
    box = location.relative_bounding_box
    box.xmin, box.ymin, box.width, box.height = 0.2, 0.3, 0.5, 0.4
    for x, y in ((0.3, 0.4), (0.5, 0.45), (0.6, 0.62)):
        location.relative_keypoints.add(x=x, y=y)
    return message


def main() -> None:
    """Write what MediaPipe finds and paints."""
    sys.path.insert(0, str(REPOSITORY / "tests" / "benchmarks" / "peer"))
    import cv2
    import mediapipe
    from mediapipe.framework.formats import detection_pb2, landmark_pb2
    from peer_common import read_frames

    def frames(path: Path) -> Iterator[np.ndarray]:
        return (frame[-1] if isinstance(frame, tuple) else frame for frame in read_frames(path))

    pictures = stills(frames, cv2.imread)
    drawn = painted(
        mediapipe.solutions,
        lambda count: fill_landmarks(landmark_pb2.NormalizedLandmarkList(), count),
        fill_detection(detection_pb2.Detection()),
    )
    np.savez_compressed(REFERENCES, **dict(found(mediapipe.solutions, pictures)), **dict(drawn))


if __name__ == "__main__":
    main()
