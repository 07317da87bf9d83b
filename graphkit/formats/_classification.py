"""Classes with scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from graphkit.formats._sequence import MessageSequence
from graphkit.schema import message_class


@dataclass(frozen=True, slots=True)
class Classification:
    """One class that something may belong to.

    Attributes:
        index: of the class among those the model knows.
        score: most often a probability, 0 to 1.
        label: the name of the class, if a label map gave one.
        display_name: the same for people to read.
    """

    PROTO: ClassVar[str] = "mediapipe.Classification"

    index: int
    score: float
    label: str | None = None
    display_name: str | None = None

    def to_proto(self) -> Any:
        """Return the protobuf message."""
        return message_class(self.PROTO)(
            index=self.index, score=self.score, label=self.label, display_name=self.display_name
        )

    @classmethod
    def from_proto(cls, message: Any) -> Self:
        """Make a classification of a protobuf message."""
        return cls(
            message.index,
            message.score,
            message.label if message.HasField("label") else None,
            message.display_name if message.HasField("display_name") else None,
        )


class ClassificationList(MessageSequence[Classification]):
    """The classes of one thing, best first if the producer sorts."""

    __slots__ = ()

    PROTO: ClassVar[str] = "mediapipe.ClassificationList"
    FIELD = "classification"
    ITEM = Classification


class ClassificationListCollection(MessageSequence[ClassificationList]):
    """One `ClassificationList` per thing."""

    __slots__ = ()

    PROTO: ClassVar[str] = "mediapipe.ClassificationListCollection"
    FIELD = "classification_list"
    ITEM = ClassificationList
