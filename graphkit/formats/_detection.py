"""Things found in an image."""

from __future__ import annotations

from typing import Any, ClassVar, Final, NamedTuple, Self, TypeAlias

import numpy as np

from graphkit.errors import FormatError
from graphkit.formats._location import Location, RelativeBoundingBox, read_location, write_location
from graphkit.formats._read_only import check_array, read_only
from graphkit.formats._sequence import MessageSequence
from graphkit.schema import message_class

Floats: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.float32]]

_NO_KEYPOINTS: Final[Floats] = np.zeros((0, 2), np.float32)
_NO_KEYPOINTS.setflags(write=False)


class AssociatedDetection(NamedTuple):
    """Another detection that belongs to this one, and how surely (0 to 1)."""

    id: int
    confidence: float


class Detection:
    """Something found in an image. Not to be changed once made: `replace` makes another.

    Args:
        score: one per class, 0 to 1, best first.
        location: a relative box most often; None if the message says nothing.
        relative_keypoints: (K, 2) float32 x, y in fractions of the image; kept read-only, as by `Tensor`.
        label_id: one per class.
        label: one per class, if a label map gave them.
        display_name: one per class.
        keypoint_label: K names, or none.
        keypoint_score: K scores, or none.
        feature_tag: what produced it.
        track_id: set by a tracker.
        detection_id: set by a tracker or a `Detection` id generator.
        timestamp_usec: microseconds.
        associated_detections: others that belong to it.

    Raises:
        FormatError: keypoints of another shape than (K, 2).
    """

    __slots__ = (
        "associated_detections",
        "detection_id",
        "display_name",
        "feature_tag",
        "keypoint_label",
        "keypoint_score",
        "label",
        "label_id",
        "location",
        "relative_keypoints",
        "score",
        "timestamp_usec",
        "track_id",
    )

    PROTO: ClassVar[str] = "mediapipe.Detection"

    def __init__(  # noqa: PLR0913 - the fields of the message
        self,
        score: tuple[float, ...] = (),
        location: Location | None = None,
        relative_keypoints: Floats = _NO_KEYPOINTS,
        *,
        label_id: tuple[int, ...] = (),
        label: tuple[str, ...] = (),
        display_name: tuple[str, ...] = (),
        keypoint_label: tuple[str, ...] = (),
        keypoint_score: tuple[float, ...] = (),
        feature_tag: str | None = None,
        track_id: str | None = None,
        detection_id: int | None = None,
        timestamp_usec: int | None = None,
        associated_detections: tuple[AssociatedDetection, ...] = (),
    ) -> None:
        check_array(relative_keypoints, "relative_keypoints of a Detection")
        if relative_keypoints.ndim != 2 or relative_keypoints.shape[1] != 2:
            raise FormatError(
                f"relative_keypoints of a Detection need shape (K, 2), found {relative_keypoints.shape}.",
                expected="(K, 2)",
                found=relative_keypoints.shape,
            )
        self.score = score
        self.location = location
        self.relative_keypoints = read_only(relative_keypoints)
        self.label_id = label_id
        self.label = label
        self.display_name = display_name
        self.keypoint_label = keypoint_label
        self.keypoint_score = keypoint_score
        self.feature_tag = feature_tag
        self.track_id = track_id
        self.detection_id = detection_id
        self.timestamp_usec = timestamp_usec
        self.associated_detections = associated_detections

    @property
    def box(self) -> RelativeBoundingBox:
        """The location, if it is a relative box.

        Raises:
            FormatError: the location is of another kind.
        """
        if isinstance(self.location, RelativeBoundingBox):
            return self.location
        found = "no location" if self.location is None else f"a {type(self.location).__name__}"
        message = f"this Detection has {found}; a RelativeBoundingBox was expected."
        raise FormatError(message, expected=RelativeBoundingBox, found=self.location)

    def replace(self, **changes: Any) -> Self:
        """Return a detection with some fields changed."""
        fields = {name: getattr(self, name) for name in Detection.__slots__}
        return type(self)(**(fields | changes))

    def to_proto(self) -> Any:
        """Return the protobuf message."""
        message: Any = message_class(self.PROTO)(
            score=self.score,
            label_id=self.label_id,
            label=self.label,
            display_name=self.display_name,
            feature_tag=self.feature_tag,
            track_id=self.track_id,
            detection_id=self.detection_id,
            timestamp_usec=self.timestamp_usec,
        )
        for other in self.associated_detections:
            message.associated_detections.add(id=other.id, confidence=other.confidence)
        if self.location is not None:
            write_location(self.location, message.location_data)
        self._write_keypoints(message)
        return message

    def _write_keypoints(self, message: Any) -> None:
        for index, (x, y) in enumerate(self.relative_keypoints.tolist()):
            keypoint = message.location_data.relative_keypoints.add(x=x, y=y)
            if self.keypoint_label:
                keypoint.keypoint_label = self.keypoint_label[index]
            if self.keypoint_score:
                keypoint.score = self.keypoint_score[index]

    @classmethod
    def from_proto(cls, message: Any) -> Self:
        """Make a detection of a protobuf message.

        Labels and scores of keypoints are kept if any keypoint has one; the others then get the
        protobuf default, an empty name or 0.
        """
        points = message.location_data.relative_keypoints
        labelled = any(p.HasField("keypoint_label") for p in points)
        scored = any(p.HasField("score") for p in points)
        has = message.HasField
        return cls(
            tuple(message.score),
            read_location(message.location_data) if has("location_data") else None,
            np.array([(p.x, p.y) for p in points], np.float32).reshape(-1, 2),
            label_id=tuple(message.label_id),
            label=tuple(message.label),
            display_name=tuple(message.display_name),
            keypoint_label=tuple(p.keypoint_label for p in points) if labelled else (),
            keypoint_score=tuple(p.score for p in points) if scored else (),
            feature_tag=message.feature_tag if has("feature_tag") else None,
            track_id=message.track_id if has("track_id") else None,
            detection_id=message.detection_id if has("detection_id") else None,
            timestamp_usec=message.timestamp_usec if has("timestamp_usec") else None,
            associated_detections=tuple(
                AssociatedDetection(other.id, other.confidence) for other in message.associated_detections
            ),
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Detection):
            return NotImplemented
        return np.array_equal(self.relative_keypoints, other.relative_keypoints) and all(
            getattr(self, name) == getattr(other, name)
            for name in Detection.__slots__
            if name != "relative_keypoints"
        )

    __hash__ = None  # type: ignore[assignment]  # equal by contents

    def __repr__(self) -> str:
        what = [f"score={self.score}", f"location={self.location}"]
        what += [f"{name}={value!r}" for name in ("label", "label_id") if (value := getattr(self, name))]
        if len(self.relative_keypoints):
            what.append(f"{len(self.relative_keypoints)} keypoints")
        return f"Detection({', '.join(what)})"


class DetectionList(MessageSequence[Detection]):
    """Detections as one message; most streams carry a plain list instead."""

    __slots__ = ()

    PROTO: ClassVar[str] = "mediapipe.DetectionList"
    FIELD = "detection"
    ITEM = Detection
