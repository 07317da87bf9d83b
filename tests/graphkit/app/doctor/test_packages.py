"""Packages and calculators."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING

import pytest

from graphkit.app.doctor import Status, packages

if TYPE_CHECKING:
    from pathlib import Path

OURS = EntryPoint("builtin", "graphkit_calculators", "graphkit.calculators")


def test_all_is_well_here() -> None:
    facts = packages.check()
    assert [(fact.label, fact.status) for fact in facts] == [("imported", Status.OK), ("calculators", Status.OK)]
    assert facts[0].found.startswith("numpy ")
    assert int(facts[1].found.split()[0]) > 50


@pytest.mark.parametrize(
    ("distribution", "module"),
    [("numpy", "numpy"), ("protobuf", "google.protobuf.message"), ("onnx", "onnx"), ("rich", "rich")],
)  # fmt: skip
def test_a_package_that_is_missing(distribution: str, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    fact = packages.package_fact(distribution, module)
    assert (fact.label, fact.status) == (distribution, Status.BROKEN)
    assert fact.found == f"not installed (no module {module})"
    again = "--force-reinstall " if "." in module else ""  # only a part is missing
    assert fact.fix.startswith(f"pip install {again}'{distribution}>=")


def test_missing_ones_are_told_beside_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    facts = packages.check()
    assert [fact.label for fact in facts] == ["imported", "onnx", "calculators"]
    assert "onnx" not in facts[0].found


def test_a_version_that_is_too_old() -> None:
    fact = packages.version_fact("rich", "12.0")
    assert (fact.found, fact.status) == ("12.0; graphkit needs >=13.7", Status.BROKEN)
    assert fact.fix == "pip install 'rich>=13.7'"


def test_a_package_without_a_version() -> None:
    assert packages.version_fact("rich", "").found == "there, but not installed by pip"


def test_our_calculators_are_not_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "entry_points", lambda group: [])
    fact = packages.check()[-1]
    assert (fact.found, fact.status) == ("those that come with graphkit are not registered", Status.BROKEN)


def test_calculators_of_others_that_do_not_load(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = EntryPoint("theirs", "no_such_module_anywhere", "graphkit.calculators")
    monkeypatch.setattr(packages, "entry_points", lambda group: [OURS, theirs])
    fact = packages.check()[-1]
    assert fact.label == "calculators of theirs (no_such_module_anywhere)"
    assert fact.status is Status.WARNING
    assert fact.found.startswith("not installed (no module no_such_module_anywhere)")
    assert "no_such_module_anywhere; or, without it: " in fact.fix
    assert fact.fix.endswith(" uninstall no_such_module_anywhere")
    assert "graphkit" not in fact.fix.replace(sys.executable, "")


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("import torchvison", "install what brings the module torchvison, or mend the line that imports it; or, "),
        ("raise RuntimeError('licence expired')", "it has to be mended; or, without it: "),
    ],
    ids=["a module that it imports", "an error of its own"],
)
def test_calculators_of_others_that_fail(
    text: str, fix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"doctor_plugin_{len(text)}"
    (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(
        packages, "entry_points", lambda group: [OURS, EntryPoint("p", name, "graphkit.calculators")]
    )
    assert packages.check()[-1].fix.startswith(fix)


def test_our_calculators_do_not_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "entry_points", lambda group: [OURS])
    monkeypatch.setitem(sys.modules, "graphkit_calculators", None)
    assert packages.check()[-1].status is Status.BROKEN
