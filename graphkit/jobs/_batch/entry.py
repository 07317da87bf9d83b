"""ClipEntry: what a manifest says of one clip."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Self

from graphkit.errors import FormatError


def json_line(values: dict[str, Any]) -> str:
    """Return an object as a line, readable as it is, but for names of files that are no UTF-8."""
    line = json.dumps(values, ensure_ascii=False)
    return line if line.isascii() or _is_utf8(line) else json.dumps(values)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True)
class ClipState:
    """Which contents of a clip were read.

    Attributes:
        size: in bytes.
        modified_ns: when it was last written, in nanoseconds since 1970.
        sha256: of its contents, in hexadecimal; "" if it could not be read.
    """

    size: int = -1
    modified_ns: int = -1
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A file, or a folder of pictures, that was made of a clip.

    Attributes:
        stream: where its contents come from.
        path: below the folder of outputs, with "/" between its parts.
        items: pictures in a video, packets in a dump.
        unit: what *items* counts.
        size: in bytes; of a folder, of all files in it.
    """

    stream: str
    path: str
    items: int
    unit: str
    size: int


@dataclass(frozen=True, slots=True)
class ClipFailure:
    """Why a clip was not done.

    Attributes:
        kind: the class of an error, or ``Crashed``, ``TimeLimit``, ``MemoryLimit``, ``Changed``, ``Damaged``.
        message: one or more sentences.
    """

    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class ClipEntry:
    """The outcome of a clip. A manifest holds one per clip, a line of JSON.

    Attributes:
        clip: its name: the path below the folder that the batch was given.
        path: where it was read.
        state: which contents were read.
        recipe: stands for graph, models, options, modules and version that it was done with.
        outputs: what was made; nothing for a clip that failed.
        frames: pictures that were read.
        found: for each stream of landmarks, the frames that had any.
        seconds: that it took, opening and closing included.
        damaged: part of the clip could not be read; the notes say what.
        notes: sentences about the clip and its outputs.
        error: why it was not done; None for a clip that was.
        attempts: how often it was tried in a row.
        host: the machine.
        ended: when, in UTC, as ISO 8601.
    """

    clip: str
    path: str
    recipe: str
    state: ClipState = field(default_factory=ClipState)
    outputs: tuple[OutputFile, ...] = ()
    frames: int = 0
    found: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    damaged: bool = False
    notes: tuple[str, ...] = ()
    error: ClipFailure | None = None
    attempts: int = 1
    host: str = ""
    ended: str = field(default_factory=_now)

    @property
    def done(self) -> bool:
        """Whether its outputs exist."""
        return self.error is None

    def after(self, attempts: int) -> ClipEntry:
        """Return the same, after so many attempts."""
        return replace(self, attempts=attempts)

    def seen_as(self, path: str, state: ClipState) -> ClipEntry:
        """Return the same, of a clip that has moved, or looks newer, but has the same contents."""
        return replace(self, path=path, state=state, ended=_now())

    def to_json(self) -> str:
        """Return the line of a manifest, without its end."""
        values = asdict(self)
        state = values.pop("state")
        head = {"clip": values.pop("clip"), "status": "done" if self.done else "failed"}
        return json_line({**head, **state, **values, "seconds": round(self.seconds, 3)})

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Return the entry of a line that was read.

        Raises:
            FormatError: a field is missing or of another kind.
        """
        try:
            fields = {name: values[name] for name in _PLAIN}
            return cls(
                **fields,
                state=ClipState(values["size"], values["modified_ns"], values["sha256"]),
                outputs=tuple(OutputFile(**each) for each in values["outputs"]),
                notes=tuple(values["notes"]),
                error=None if values["error"] is None else ClipFailure(**values["error"]),
            )
        except (KeyError, TypeError) as exc:
            raise FormatError(f"it is no entry of a clip: {type(exc).__name__} {exc}") from exc


_PLAIN = ("clip", "path", "recipe", "frames", "found", "seconds", "damaged", "attempts", "host", "ended")
