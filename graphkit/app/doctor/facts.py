"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any


class Status(Enum):
    """The severity of a fact; later ones are worse."""

    OK = "ok"
    ABSENT = "absent"
    """Missing, but nothing that graphkit does by default needs it."""
    WARNING = "warning"
    """Something is slower, or only a part works, and it need not be so."""
    BROKEN = "broken"
    """Graphs that run on the CPU will fail."""

    @property
    def rank(self) -> int:
        """0 for the best."""
        return list(Status).index(self)


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the report.

    Attributes:
        label: what was looked at.
        found: what was found, in words.
        status: its severity.
        fix: what to do about it; empty if nothing is to be done, or if *fetch* says it.
        fetch: the model that is to be fetched, by its name in the catalogue; empty if that repairs nothing.
    """

    label: str
    found: str
    status: Status = Status.OK
    fix: str = ""
    fetch: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the fact as JSON has it."""
        facts = {"label": self.label, "found": self.found, "status": self.status.value, "fix": self.fix}
        return facts | ({"fetch": self.fetch} if self.fetch else {})

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Fact:
        """Return the fact that `as_json` wrote."""
        return cls(value["label"], value["found"], Status(value["status"]), value["fix"], value.get("fetch", ""))


@dataclass(frozen=True, slots=True)
class Section:
    """The facts of one check.

    Attributes:
        name: of the check.
        title: for people.
        facts: in the order of the report.
    """

    name: str
    title: str
    facts: tuple[Fact, ...]

    @property
    def status(self) -> Status:
        """The worst of the facts' statuses."""
        return max((fact.status for fact in self.facts), key=lambda status: status.rank, default=Status.OK)
