"""What every payload type with a protobuf message has in common."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol, Self, runtime_checkable


@runtime_checkable
class MessagePayload(Protocol):
    """A payload that a protobuf message can carry across the border.

    Attributes:
        PROTO: full name of the message.
    """

    PROTO: ClassVar[str]

    def to_proto(self) -> Any:
        """Return the protobuf message, of graphkit's own pool."""

    @classmethod
    def from_proto(cls, message: Any) -> Self:
        """Make a payload of a protobuf message of the same fields, whatever its pool."""
