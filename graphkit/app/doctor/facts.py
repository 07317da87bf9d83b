"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any


class Status(Enum):
    """How a fact is meant; later ones are worse."""

    OK = "ok"
    ABSENT = "absent"
    """Not there, and nothing that graphkit does by default misses it."""
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
        found: what is there, in words.
        status: how that is meant.
        fix: what to do about it; empty where nothing is to be done, or where *fetch* says it.
        fetch: the model that is to be fetched, by its name in the catalogue; empty where that mends nothing.
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
        facts: in the order in which they are told.
    """

    name: str
    title: str
    facts: tuple[Fact, ...]

    @property
    def status(self) -> Status:
        """The worst of the facts' statuses."""
        return max((fact.status for fact in self.facts), key=lambda status: status.rank, default=Status.OK)
