"""Side packets from text: what `name=value` means depends on the type that the graph resolved."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from graphkit.config import check_side_packet_name
from graphkit.errors import FormatError, UsageError
from graphkit.errors._base import shortened
from graphkit.formats import from_json, payload_type, type_name
from graphkit.framework._packet_type import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from graphkit.config import GraphPlan
    from graphkit.framework import PayloadType

_TRUE: Final = frozenset({"true", "t", "1", "yes"})
_FALSE: Final = frozenset({"false", "f", "0", "no"})


def split_pairs(text: str) -> dict[str, str]:
    """Return the pairs of ``name=value,name=value``, as MediaPipe's programs take them.

    Raises:
        UsageError: a part without ``=``, or a name given twice.
    """
    pairs: dict[str, str] = {}
    for part in filter(None, text.split(",")):
        name, equals, value = part.partition("=")
        if not equals or not name:
            raise UsageError(
                f'"{part}" is not name=value. Pairs are separated by commas; '
                "for a value that holds a comma: {side}.",
                parameter="side_packets",
                remedies=("side",),
            )
        if name in pairs:
            raise UsageError(f'"{name}" is given twice.', parameter="side_packets")
        pairs[name] = value
    return pairs


def typed_value(text: str) -> tuple[str, Any]:
    """Return name and value of ``NAME=TYPE:VALUE``.

    TYPE is int, float, bool, string, bytes, or a payload type such as ``NormalizedRect`` or
    ``std::vector<int>``, whose value is JSON.

    Raises:
        UsageError: not of this form, no such type, or a value that is none of that type.
    """
    name, equals, rest = text.partition("=")
    kind_name, colon, value = _split_type(rest)
    if not (name and equals and colon):
        raise UsageError(f'"{text}" is not NAME=TYPE:VALUE, such as num_hands=int:2.', parameter="side")
    try:
        kind: PayloadType = {"str": str, "bytes": bytes}.get(kind_name) or payload_type(kind_name)
    except FormatError as exc:
        raise UsageError(f'"{shortened(text, 200)}": {exc}', parameter="side") from exc
    return name, _convert(name, value, (kind,))


def _split_type(rest: str) -> tuple[str, str, str]:
    """Split at the first single colon: C++ names hold double ones."""
    at = 0
    while (at := rest.find(":", at)) >= 0 and rest[at : at + 2] == "::":
        at += 2
    return (rest, "", "") if at < 0 else (rest[:at], ":", rest[at + 1 :])


def convert_pairs(plan: GraphPlan, pairs: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of side packets of *plan*, converted to its types; of an open type, the text itself.

    Raises:
        SidePacketError: the graph has no such side packet, or makes it itself.
        UsageError: the text is no value of its type.
    """
    values = {}
    for name, text in pairs.items():
        check_side_packet_name(plan, name)
        packet_type = plan.side_packets[name].packet_type
        values[name] = _convert(name, text, packet_type.types if packet_type.kind is Kind.ONE_OF else (str,))
    return values


def _convert(name: str, text: str, kinds: Iterable[PayloadType]) -> Any:
    """Return *text* as the first of *kinds* that it can be."""
    kinds = tuple(kinds)
    reasons = []
    for kind in kinds:
        try:
            return _as(kind, text)
        except (ValueError, FormatError) as exc:
            reasons.append(str(exc))
        except RecursionError:
            reasons.append("it is nested too deep")
    wanted = " or ".join(type_name(kind) for kind in kinds)
    raise UsageError(
        f'side packet "{name}" must be {wanted}; "{shortened(text, 200)}" is not: {"; ".join(reasons)}.'
    )


def _as(kind: PayloadType, text: str) -> Any:
    reader = _READERS.get(kind)
    return _from_json(kind, text) if reader is None else reader(text)


def _boolean(text: str) -> bool:
    if text.lower() in _TRUE | _FALSE:
        return text.lower() in _TRUE
    raise ValueError("expected true or false")


def _whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("expected a whole number") from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError("expected a number") from None


_READERS: Final[dict[Any, Callable[[str], Any]]] = {
    str: str,
    bytes: str.encode,
    bool: _boolean,
    int: _whole_number,
    float: _number,
}


def _from_json(kind: Any, text: str) -> Any:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as exc:
        raise ValueError(f"expected JSON ({exc})") from exc
    return from_json(kind, value)
