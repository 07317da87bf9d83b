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


@pytest.mark.parametrize(
    ("value", "text", "found", "fix"),
    [
        pytest.param(
            "no_such_module", "", "No module named 'no_such_module'",
            'the package has no no_such_module: mend theirs = "no_such_module" below '
            '[project.entry-points."graphkit.calculators"] of no_such_module',
            id="wrong module",
        ),
        pytest.param(
            "theirs_mod:Missing", "", "AttributeError: module 'theirs_mod' has no attribute 'Missing'",
            "the package has no theirs_mod:Missing: mend theirs = \"theirs_mod:Missing\" below "
            '[project.entry-points."graphkit.calculators"] of theirs_mod:Missing',
            id="wrong attribute",
        ),
        pytest.param(
            "theirs_mod", "import torchvison.ops",
            "No module named 'torchvison' (at {file}:1)",
            "pip install torchvison (if its package is called so), and name it in the dependencies of theirs_mod",
            id="missing module",
        ),
        pytest.param(
            "theirs_mod", "\nraise RuntimeError('licence expired')", "RuntimeError: licence expired (at {file}:2)",
            "mend {file}:2", id="exception",
        ),
        pytest.param(
            "theirs_mod", "raise ImportError('libGL.so.1: cannot open shared object file: No such file')",
            "libGL.so.1: cannot open shared object file: No such file (at {file}:1)",
            "libgl1", id="missing library",
        ),
    ],
)  # fmt: skip
def test_calculators_of_others_that_do_not_load(
    value: str, text: str, found: str, fix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "theirs_mod.py"
    file.write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "theirs_mod", raising=False)
    theirs = EntryPoint("theirs", value, "graphkit.calculators")
    monkeypatch.setattr(packages, "entry_points", lambda group: [OURS, theirs])
    fact = packages.check()[-1]
    monkeypatch.delitem(sys.modules, "theirs_mod", raising=False)
    assert (fact.label, fact.status) == (f"calculators of theirs ({value})", Status.WARNING)
    assert fact.found == found.format(file=file)
    assert fix.format(file=file) in fact.fix
    assert fact.fix.endswith(f", or do without: pip uninstall {value}")


def test_our_calculators_do_not_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "entry_points", lambda group: [OURS])
    monkeypatch.setitem(sys.modules, "graphkit_calculators", None)
    assert packages.check()[-1].status is Status.BROKEN
