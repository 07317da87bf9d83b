"""Reference pages are complete: errors, flags, numbered rules, config fields."""

from __future__ import annotations

import importlib
import inspect
import re
import runpy
from pathlib import Path

import click
import pytest

from graphkit import errors, schema
from graphkit.app.cli import main

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
RULES = ROOT / "docs" / "explanation" / "scheduling.md"

_CITED = re.compile(r"\bS(\d{1,2})\b")


def test_every_exception_is_listed() -> None:
    page = (REFERENCE / "errors.md").read_text()
    classes = [name for name, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, Exception)]
    assert len(classes) > 20
    assert [name for name in classes if f"`{name}`" not in page and f".{name}`" not in page] == []


def test_the_page_of_subgraphs_is_up_to_date() -> None:
    made = runpy.run_path(str(ROOT / "scripts" / "make_subgraphs.py"))
    assert made["PAGE"].read_text() == made["page"](), "run .venv/bin/python scripts/make_subgraphs.py"


def test_the_pages_of_the_python_packages_are_up_to_date() -> None:
    made = runpy.run_path(str(ROOT / "scripts" / "make_api.py"))
    found = {path.name: path.read_text() for path in made["FOLDER"].iterdir()}
    assert found == made["pages"](), "run .venv/bin/python scripts/make_api.py"


def test_the_pages_of_the_python_packages_hold_every_public_name() -> None:
    made = runpy.run_path(str(ROOT / "scripts" / "make_api.py"))
    for package in made["PACKAGES"]:
        text = (made["FOLDER"] / f"{package}.md").read_text()
        names = importlib.import_module(package).__all__
        assert [name for name in names if f"\n## {name}\n" not in text and f"[`{name}`](" not in text] == []


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_flag_of_a_command_is_listed(command: str) -> None:
    page = (REFERENCE / "cli.md").read_text()
    loaded = main.get_command(click.Context(main), command)
    assert loaded is not None
    flags = {flag for parameter in loaded.params for flag in parameter.opts if flag.startswith("--")}
    assert flags
    assert f"## graphkit {command}" in page
    assert sorted(flag for flag in flags if flag not in page) == []


@pytest.mark.parametrize("message", ["mediapipe.CalculatorGraphConfig", "mediapipe.CalculatorGraphConfig.Node"])
def test_every_field_of_a_config_is_listed(message: str) -> None:
    page = (REFERENCE / "graph_config.md").read_text()
    legacy = {"external_input", "profiler_config"}
    fields = {field.name for field in schema.message_class(message).DESCRIPTOR.fields} - legacy
    assert sorted(name for name in fields if f"`{name}`" not in page) == []


def test_the_rules_are_numbered_without_gaps() -> None:
    numbers = [int(n) for n in re.findall(r"^\*\*S(\d+)\.", RULES.read_text(), re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_rule_that_is_cited_exists() -> None:
    last = len(re.findall(r"^\*\*S\d+\.", RULES.read_text(), re.MULTILINE))
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    code = [*(ROOT / "graphkit" / "runtime").rglob("*.py"), *(ROOT / "graphkit").glob("*.py")]
    cited = {int(number) for path in [*pages, *code] for number in _CITED.findall(path.read_text())}
    assert max(cited) <= last
