"""From exceptions to fixes."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import pytest

from graphkit.app.doctor import Status
from graphkit.app.doctor.repairs import failed, package_error

if TYPE_CHECKING:
    from pathlib import Path

CANNOT_OPEN = "cannot open shared object file: No such file or directory"
PIP = "pip install --force-reinstall"
GRAPHKIT = "install graphkit again, from where you had it"


@pytest.mark.parametrize(
    ("error", "distribution", "found", "fix"),
    [
        pytest.param(
            ModuleNotFoundError("No module named 'rich'", name="rich"), "onnx",
            "not installed (no module rich)", "pip install 'rich>=13.7'", id="module",
        ),
        pytest.param(
            ModuleNotFoundError("No module named 'cv2.gapi'", name="cv2.gapi"), "",
            "not installed (no module cv2.gapi)", f"{PIP} 'opencv-python-headless>=4.11,<5'", id="submodule",
        ),
        pytest.param(
            ModuleNotFoundError("No module named 'odd'", name="odd"), "",
            "not installed (no module odd)", GRAPHKIT, id="unknown module",
        ),
        pytest.param(
            ImportError(f"libgomp.so.1: {CANNOT_OPEN}"), "onnx",
            f"cannot be loaded: libgomp.so.1: {CANNOT_OPEN}", "apt-get install libgomp1", id="system library",
        ),
        pytest.param(
            ImportError(f"libGL.so.1: {CANNOT_OPEN}"), "opencv-python-headless",
            f"cannot be loaded: libGL.so.1: {CANNOT_OPEN}",
            f"apt-get install libgl1 or, without it: {PIP} 'opencv-python-headless>=4.11,<5'", id="libGL",
        ),
        pytest.param(
            ImportError(f"libodd.so.3: {CANNOT_OPEN}"), "onnx", f"cannot be loaded: libodd.so.3: {CANNOT_OPEN}",
            "install the package that has libodd.so.3 (apt-file search libodd.so.3)", id="unknown library",
        ),
        pytest.param(
            ImportError(f"libx264-1a2b3c4d.so.164: {CANNOT_OPEN}"), "rich",
            f"cannot be loaded: libx264-1a2b3c4d.so.164: {CANNOT_OPEN}", f"{PIP} 'rich>=13.7'", id="of a wheel",
        ),
        pytest.param(
            ImportError(f"At length.\n\nOriginal error was: libstdc++.so.6: {CANNOT_OPEN}\n"), "numpy",
            f"cannot be loaded: libstdc++.so.6: {CANNOT_OPEN}", "apt-get install libstdc++6", id="a long message",
        ),
        pytest.param(ImportError("why"), "", "cannot be loaded: why", GRAPHKIT, id="import"),
        pytest.param(RuntimeError("ABI"), "rich", "RuntimeError: ABI", f"{PIP} 'rich>=13.7'", id="while imported"),
        pytest.param(RuntimeError("odd"), "", "RuntimeError: odd", "", id="nothing known"),
        pytest.param(ValueError(""), "", "ValueError: no message", "", id="no message"),
        pytest.param(ValueError("a\n b"), "", "ValueError: a b", "", id="lines"),
        pytest.param(ValueError("x" * 400), "", f"ValueError: {'x' * 300}…", "", id="long"),
    ],
)  # fmt: skip
def test_fixes(error: Exception, distribution: str, found: str, fix: str) -> None:
    fact = failed("it", error, Status.WARNING, distribution)
    assert (fact.label, fact.found, fact.status, fact.fix) == ("it", found, Status.WARNING, fix)


def imported(folder: Path, module: str, text: str) -> ImportError:
    """Import a module with such a text from a folder; return the error."""
    (folder / f"{module}.py").write_text(text)
    spec = importlib.util.spec_from_file_location(module, folder / f"{module}.py")
    assert spec is not None
    assert spec.loader is not None
    with pytest.raises(ImportError) as caught:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    return caught.value


def test_a_package_that_says_itself_what_is_wrong(tmp_path: Path) -> None:
    error = package_error(
        imported(tmp_path, "av", f"raise ImportError('libavutil-1a2b3c4d.so.59: {CANNOT_OPEN}')")
    )
    assert error is not None
    assert (error.package, error.fix) == ("av", f"{PIP} 'av>=18'")
    assert str(error).splitlines()[0] == (
        f"the package av: cannot be loaded: libavutil-1a2b3c4d.so.59: {CANNOT_OPEN}. Fix: {PIP} 'av>=18'"
    )


@pytest.mark.parametrize(
    ("module", "text"),
    [
        pytest.param("mine", "raise ImportError('odd')", id="another package is broken"),
        pytest.param("av", "import no_such_module_anywhere", id="another package is missing"),
    ],
)
def test_packages_that_graphkit_does_not_need(module: str, text: str, tmp_path: Path) -> None:
    assert package_error(imported(tmp_path, module, text)) is None
