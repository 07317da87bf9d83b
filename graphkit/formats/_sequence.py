"""The base of payloads whose message is one repeated field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

from graphkit.formats._payload import MessagePayload
from graphkit.schema import message_class

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

T = TypeVar("T", bound=MessagePayload)


class MessageSequence(Generic[T]):
    """An immutable sequence of payloads.

    Attributes:
        PROTO: full name of the message.
        FIELD: name of its repeated field.
        ITEM: payload type of that field.
        items: the payloads.
    """

    __slots__ = ("items",)

    PROTO: ClassVar[str]
    FIELD: ClassVar[str]
    ITEM: ClassVar[type[MessagePayload]]

    items: tuple[T, ...]

    def __init__(self, items: Iterable[T] = ()) -> None:
        self.items = tuple(items)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> T:
        return self.items[index]

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def to_proto(self) -> Any:
        """Return the protobuf message."""
        message = message_class(self.PROTO)()
        getattr(message, self.FIELD).extend(item.to_proto() for item in self.items)
        return message

    @classmethod
    def from_proto(cls, message: Any) -> Self:
        """Make a sequence of a protobuf message."""
        return cls(cls.ITEM.from_proto(item) for item in getattr(message, cls.FIELD))  # type: ignore[misc]

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        assert isinstance(other, MessageSequence)
        return self.items == other.items

    __hash__ = None  # type: ignore[assignment]  # equal by contents

    def __repr__(self) -> str:
        return f"{type(self).__name__}([{', '.join(map(repr, self.items))}])"
