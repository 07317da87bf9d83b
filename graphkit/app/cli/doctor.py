"""``graphkit doctor``: what this machine can do, and how to mend what it cannot."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import click

from graphkit.app.cli.failures import FAILED, debug_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphkit.app.doctor import Fact, Report, Section

_MARKS: Final = {
    "ok": ("ok", "green"),
    "absent": ("-", "cyan"),
    "warning": ("!", "yellow"),
    "broken": ("BROKEN", "red"),
}
_INDENT: Final = " " * 10


@click.command("doctor", short_help="Say what this machine can do, and what is in the way.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
@debug_option
def doctor_command(as_json: bool) -> None:
    """Say what this machine can do: Python, video, models, GPU, cameras; each problem with its fix.

    Exit status: 0 graphs run on the CPU, 1 something that they need is broken. What is merely absent, such as a
    GPU, is marked with "-", what could be better with "!".
    """
    from graphkit.app.doctor import examine

    report = examine()
    if as_json:
        click.echo(json.dumps(report.as_json(), indent=2))
    else:
        click.echo("\n".join(_lines(report)))
    if not report.healthy:
        raise SystemExit(FAILED)


def _lines(report: Report) -> Iterator[str]:
    width = max(len(fact.label) for section in report.sections for fact in section.facts)
    for section in report.sections:
        yield from _section_lines(section, min(width, 20))
    yield ""
    yield _verdict(report)


def _section_lines(section: Section, width: int) -> Iterator[str]:
    yield click.style(section.title, bold=True)
    for fact in section.facts:
        mark, color = _MARKS[fact.status.value]
        yield f"  {click.style(f'{mark:>6}', fg=color)}  {fact.label:{width}}  {fact.found}"
        if fact.fix:
            yield f"{_INDENT}{'':{width}}  {_told_fix(fact)}"


def _told_fix(fact: Fact) -> str:
    return f"to have it: {fact.fix}" if fact.status.value == "absent" else f"fix: {fact.fix}"


def _verdict(report: Report) -> str:
    counts = {
        word: sum(fact.status.value == status for section in report.sections for fact in section.facts)
        for status, word in (("broken", "broken"), ("warning", "could be better"), ("absent", "absent"))
    }
    told = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    verdict = "Graphs run on the CPU." if report.healthy else "Graphs do not run on this machine as it is."
    return f"{verdict} {told[:1].upper()}{told[1:]}." if told else verdict
