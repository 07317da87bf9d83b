"""Packet: an immutable handle of one payload and one timestamp.

Copying a packet costs a reference. ``packet.at(ts)`` is the same payload at another time.
A packet without a payload is *empty*: it says that a stream holds nothing at its timestamp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from graphkit.errors import EmptyPacketError, PacketTypeError
from graphkit.framework._converters import converter_hint
from graphkit.framework._timestamp import Timestamp, as_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
_UNSET: Final = int(Timestamp.UNSET)


class _Empty:
    __slots__ = ()

    def __repr__(self) -> str:
        return "<empty>"


EMPTY: Final[Any] = _Empty()
"""The payload of a packet that is empty."""


def _kept_items(payload: Any) -> list[Any]:
    """Return a list of the elements of a list or tuple, each kept as a payload would be."""
    if _KEEPERS.keys().isdisjoint(map(type, payload)):
        return list(payload)
    return [_KEEPERS[type(item)](item) if type(item) in _KEEPERS else item for item in payload]


def _kept_tuple(payload: tuple[Any, ...]) -> tuple[Any, ...]:
    return payload if _KEEPERS.keys().isdisjoint(map(type, payload)) else tuple(_kept_items(payload))


def _kept_dict(payload: dict[Any, Any]) -> dict[Any, Any]:
    return dict(zip(payload, _kept_items(payload.values()), strict=True))


_CONTAINERS: Final[dict[type, Callable[[Any], Any]]] = {
    list: _kept_items, tuple: _kept_tuple, dict: _kept_dict, set: set, bytearray: bytearray,
}  # fmt: skip
_KEEPERS: Final = _CONTAINERS.copy()


def keep_with(kind: type[Any], keep: Callable[[Any], Any]) -> None:
    """Have *keep* called with every payload that is a plain *kind*; what it returns must be immutable."""
    _KEEPERS[kind] = keep


class Packet(Generic[T]):
    """A payload and the time it belongs to.

    Args:
        payload: any Python object; treat it as read-only from now on. A plain numpy array is made read-only, and a
            view is copied if other code can still write to its memory. In a stream, a plain list, tuple,
            dict, set or bytearray is copied, and its elements are kept in the same way (S55).
        timestamp: microseconds; UNSET for side packets and headers.
    """

    __slots__ = ("_payload", "_timestamp")

    def __init__(self, payload: T, timestamp: int = Timestamp.UNSET) -> None:
        kind = payload.__class__
        if kind in _KEEPERS and (timestamp != _UNSET or kind not in _CONTAINERS):
            payload = _KEEPERS[kind](payload)
        self._payload: T = payload
        self._timestamp: Timestamp = timestamp if timestamp.__class__ is Timestamp else as_timestamp(timestamp)

    @classmethod
    def empty(cls, timestamp: int = Timestamp.UNSET) -> Packet[Any]:
        """Return the packet that says "nothing at *timestamp*"."""
        return Packet(EMPTY, timestamp)

    @property
    def payload(self) -> T:
        """The payload. Raises EmptyPacketError if there is none."""
        if self._payload is EMPTY:
            raise EmptyPacketError(
                f"the packet at {self.timestamp} is empty; ask is_empty first, or use get_or(default)",
                timestamp=self.timestamp,
            )
        return self._payload

    @property
    def timestamp(self) -> Timestamp:
        """When the payload is valid, in microseconds."""
        return self._timestamp

    @property
    def is_empty(self) -> bool:
        """Whether there is no payload."""
        return self._payload is EMPTY

    def get_or(self, default: T) -> T:
        """Return the payload, or *default* if the packet is empty."""
        return default if self._payload is EMPTY else self._payload

    def get(self, expected: type[T]) -> T:
        """Return the payload after checking that it is an *expected*."""
        payload = self.payload
        if not isinstance(payload, expected):
            raise PacketTypeError(
                f"the packet at {self.timestamp} holds {type(payload).__name__}, not {expected.__name__}"
                + converter_hint((type(payload),), (expected,)),
                expected=expected.__name__,
                found=type(payload).__name__,
                timestamp=self.timestamp,
            )
        return payload

    def at(self, timestamp: int) -> Packet[T]:
        """Return the same payload at *timestamp*."""
        if self._timestamp == _UNSET:
            return Packet(self._payload, timestamp)
        packet: Packet[T] = Packet.__new__(Packet)  # its elements are kept already
        packet._payload = self._payload
        packet._timestamp = timestamp if timestamp.__class__ is Timestamp else as_timestamp(timestamp)
        return packet

    def __bool__(self) -> bool:
        return self._payload is not EMPTY

    def __repr__(self) -> str:
        what = "empty" if self._payload is EMPTY else _described(self._payload)
        return f"Packet({what} at {self.timestamp})"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any] | None:
        """Show the payload's own form in a notebook."""
        shown = {kind: getattr(self._payload, method, None) for kind, method in _SHOWN.items()}
        made = {kind: data for kind, show in shown.items() if show is not None and (data := show()) is not None}
        return {**made, "text/plain": repr(self)} if made else None


_SHOWN: Final = {"image/png": "_repr_png_", "image/svg+xml": "_repr_svg_", "text/html": "_repr_html_"}
_LONGEST: Final = 80
_LOOKED_AT: Final = 4


def _described(payload: object) -> str:
    """Return what a payload is, in a few words."""
    if isinstance(payload, list | tuple):
        kind = type(payload).__name__
        if not payload:
            return f"empty {kind}"
        inside = ", ".join(dict.fromkeys(type(item).__name__ for item in payload[:_LOOKED_AT]))
        return f"{kind} of {len(payload)} {inside}"
    if hasattr(payload, "shape") and hasattr(payload, "dtype"):
        return f"{type(payload).__name__} {payload.dtype} {payload.shape}"
    text = repr(payload)
    return text if len(text) <= _LONGEST and "\n" not in text else type(payload).__name__
