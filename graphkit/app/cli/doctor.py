"""``graphkit doctor``: what this machine can do, and how to repair the rest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import click

from graphkit.app.cli.advice import fetch_command
from graphkit.app.cli.failures import FAILED, debug_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphkit.app.doctor import Report, Section

_MARKS: Final = {
    "ok": ("ok", "green"),
    "absent": ("-", "cyan"),
    "warning": ("!", "yellow"),
    "broken": ("BROKEN", "red"),
}
_INDENT: Final = " " * 10


@click.command("doctor")
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
        click.echo(json.dumps(_as_json(report), indent=2))
    else:
        click.echo("\n".join(_lines(report)))
    if not report.healthy:
        raise SystemExit(FAILED)


def _as_json(report: Report) -> dict[str, Any]:
    """Return the report with our own commands among the fixes."""
    value = report.as_json()
    for check in value["checks"].values():
        for fact in check["facts"]:
            if model := fact.pop("fetch", ""):
                fact["fix"] = fetch_command(model)
    return value


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
        if fix := fact.fix or (fetch_command(fact.fetch) if fact.fetch else ""):
            yield f"{_INDENT}{'':{width}}  {'to have it' if fact.status.value == 'absent' else 'fix'}: {fix}"


def _verdict(report: Report) -> str:
    counts = {
        word: sum(fact.status.value == status for section in report.sections for fact in section.facts)
        for status, word in (("broken", "broken"), ("warning", "could be better"), ("absent", "absent"))
    }
    told = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    verdict = "Graphs run on the CPU." if report.healthy else "Graphs do not run on this machine as it is."
    return f"{verdict} {told[:1].upper()}{told[1:]}." if told else verdict
