"""JsonlSource: packets that a job has written as lines of JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphkit.errors import FormatError, InputError
from graphkit.formats import from_json, type_name
from graphkit.framework._packet_type import Kind
from graphkit.jobs._source import InputSet, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphkit.framework import PayloadType
    from graphkit.jobs._source import Origin


class JsonlSource(Source):
    """The packets of a .jsonl at their own times; the stream decides what they become.

    Args:
        origin: what it is made for.

    Raises:
        InputError: while iterating, a line is no JSON, or describes another payload.
    """

    endings = (".jsonl",)

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self._kinds = origin.carried.types if origin.carried.kind is Kind.ONE_OF else ()

    def __iter__(self) -> Iterator[InputSet]:
        last: int | None = None
        for number, line in self._lines():
            place = f"{self.place}:{number}"
            timestamp_us, value = _parse_line(line, place)
            if last is not None and timestamp_us <= last:
                raise InputError(f"timestamp {timestamp_us} is not after {last}, the one before it.", path=place)
            last = timestamp_us
            yield InputSet(timestamp_us, {self.stream: _payload(self._kinds, value, place)})

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        """Yield the lines that are not empty, with their numbers."""
        try:
            with Path(self.place).open("rb") as lines:
                for number, line in enumerate(lines, 1):
                    if line.strip():
                        yield number, line
        except OSError as exc:
            raise InputError(f"cannot be read: {exc.strerror}.", path=self.place) from exc


def _parse_line(line: bytes, place: str) -> tuple[int, Any]:
    try:
        entry = json.loads(line.decode())
    except UnicodeDecodeError as exc:
        raise InputError(f"is not UTF-8 text: {exc}.", path=place) from exc
    except RecursionError as exc:
        raise InputError("is JSON that is nested too deep.", path=place) from exc
    except ValueError as exc:  # JSONDecodeError, and a number of too many digits
        raise InputError(f"is not JSON: {exc}.", path=place) from exc
    match entry:
        case {"timestamp": int(timestamp_us), "packet": value}:
            return timestamp_us, value
    raise InputError(f'{place}: expected {{"timestamp": <microseconds>, "packet": ...}}, as a job writes it.')


def _payload(kinds: tuple[PayloadType, ...], value: Any, place: str) -> Any:
    """Return *value* as the first of *kinds* that it describes; as it is if any type will do."""
    if not kinds:
        return value
    reasons = []
    for kind in kinds:
        try:
            return from_json(kind, value)  # type: ignore[arg-type]
        except FormatError as exc:
            reasons.append(str(exc))
    raise InputError(f"is no {' or '.join(map(type_name, kinds))}: {'; '.join(reasons)}", path=place)
