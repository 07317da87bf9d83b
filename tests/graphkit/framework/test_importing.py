"""Calculators of modules and files."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from graphkit.errors import UsageError
from graphkit.framework._importing import import_calculators
from graphkit.framework._registry import lookup_calculator

if TYPE_CHECKING:
    from pathlib import Path

CODE = """
from graphkit import calculator

@calculator
def {name}(x: int) -> int:
    return x + {module}.STEP
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in; what is imported from it is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    return tmp_path


def test_a_file_is_imported_with_what_lies_beside_it(package: Path) -> None:
    folder = package / "mine"
    folder.mkdir()
    (folder / "jobs_step_one.py").write_text("STEP = 1\n")
    (folder / "calc.py").write_text(
        "import jobs_step_one\n" + CODE.format(name="JobsPlusOne", module="jobs_step_one")
    )
    import_calculators(["mine/calc.py", "mine/calc.py"])
    assert lookup_calculator("JobsPlusOne") is not None


def test_a_module_is_found_in_the_working_directory(package: Path) -> None:
    (package / "jobs_plus_two.py").write_text("import sys\nSTEP = 2\n" + CODE.format(
        name="JobsPlusTwo", module="sys.modules[__name__]"))  # fmt: skip
    import_calculators(["jobs_plus_two"])
    assert lookup_calculator("JobsPlusTwo") is not None


def test_a_file_called_like_a_module_does_not_replace_it(package: Path) -> None:
    import json

    (package / "json.py").write_text("import sys\nSTEP = 3\n" + CODE.format(
        name="JobsPlusThree", module="sys.modules[__name__]"))  # fmt: skip
    (module,) = import_calculators(["./json.py"])
    assert sys.modules["json"] is json
    assert import_calculators(["./json.py"]) == [module]
    assert lookup_calculator("JobsPlusThree") is not None


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        pytest.param("no_such_modul", "no such module.*Did you mean 'no_such_module'", id="module"),
        pytest.param("no_such_modul.py", r"no such file\. Did you mean 'no_such_module.py'", id="file"),
        pytest.param("broken", "importing it failed: ZeroDivisionError", id="broken module"),
        pytest.param("broken.py", "importing it failed: ZeroDivisionError", id="broken file"),
        pytest.param(
            "needs", "importing it failed: ModuleNotFoundError: No module named 'nowhere'", id="needs more"
        ),
        pytest.param("folder/text.txt", "is no Python file", id="text file"),
    ],
)
def test_what_cannot_be_imported(package: Path, spec: str, message: str) -> None:
    (package / "no_such_module.py").touch()
    (package / "broken.py").write_text("1 / 0\n")
    (package / "needs.py").write_text("import nowhere\n")
    (package / "folder").mkdir()
    (package / "folder" / "text.txt").touch()
    with pytest.raises(UsageError, match=message):
        import_calculators([spec])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(
            "from graphkit import Calculator, Input\nclass X(Calculator):\n    a = Input()\n",
            "ContractError: Input() names no type of its packets: "
            'write Input(ImageFrame, "IMAGE"), or Input(AnyType) for any (at {}:3)',
            id="a port without a type",
        ),
        pytest.param(
            "from graphkit import calculator\n@calculator\ndef Loaded(a) -> int: ...\n",
            "ContractError: Loaded(a) -> int: annotate a, it is the type of an input stream (at {}:2)",
            id="a function without annotations",
        ),
        pytest.param("x = 1 / 0\n", "ZeroDivisionError: division by zero (at {}:1)", id="any other error"),
    ],
)
def test_an_import_that_fails_names_the_line(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "loading_fails.py"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        import_calculators([str(path)])
    assert str(caught.value) == f"modules: {path}: importing it failed: {told.format(path)}"
