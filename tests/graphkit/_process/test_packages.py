"""Packages of other versions than graphkit was made for: said once, with what mends it."""

from __future__ import annotations

import logging
import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from graphkit._process import packages
from graphkit._process.packages import loaded_faults, opencv_build, opencv_fix, version_fault, warn_of_version
from graphkit._process.threads import opencv, set_budget

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Forget what was warned of, before and after."""
    monkeypatch.setattr("graphkit._process.requirements.pip", lambda: "pip")
    monkeypatch.setattr(packages, "pip", lambda: "pip")
    said = set(packages._said)
    packages._said.clear()
    yield
    packages._said.clear()
    packages._said.update(said)


def module(name: str, version: str) -> ModuleType:
    made = ModuleType(name)
    made.__dict__["__version__"] = version
    return made


def builds(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(packages, "installed", lambda *asked: {name: "4" for name in asked if name in names})


@pytest.mark.parametrize(
    ("installed", "wanted"),
    [
        pytest.param([], "opencv-python-headless", id="none"),
        pytest.param(["opencv-python-headless"], "opencv-python-headless", id="ours"),
        pytest.param(["opencv-python-headless", "opencv-python"], "opencv-python", id="windows"),
        pytest.param(["opencv-python-headless", "opencv-contrib-python"], "opencv-contrib-python", id="both"),
        pytest.param(
            ["opencv-python-headless", "opencv-contrib-python-headless"],
            "opencv-contrib-python-headless",
            id="contrib",
        ),
        pytest.param(["opencv-python", "opencv-contrib-python-headless"], "opencv-contrib-python", id="mixed"),
    ],
)
def test_the_build_that_somebody_installed_is_kept(
    installed: list[str], wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    builds(monkeypatch, *installed)
    assert opencv_build() == wanted
    uninstall = f"pip uninstall -y {' '.join(installed)} && " if len(installed) > 1 else ""
    assert opencv_fix() == f"{uninstall}pip install '{wanted}>=4.11,<5'"


@pytest.mark.parametrize(
    ("name", "version", "text"),
    [
        pytest.param(
            "cv2",
            "5.1.0",
            "cv2 5.1.0; graphkit needs >=4.11,<5: others resample differently, and landmarks move. "
            "Fix: pip install 'opencv-python-headless>=4.11,<5'",
            id="OpenCV",
        ),
        pytest.param("av", "17.0", "av 17.0; graphkit needs >=18. Fix: pip install 'av>=18'", id="PyAV"),
        pytest.param(
            "onnxruntime",
            "1.10.0",
            "onnxruntime 1.10.0; graphkit needs >=1.20. Fix: pip install 'onnxruntime>=1.20'",
            id="ONNX Runtime",
        ),
    ],
)
def test_a_version_that_is_not_supported(
    name: str, version: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    builds(monkeypatch, "opencv-python-headless", "onnxruntime")
    assert str(version_fault(name, version)) == text


def test_what_is_supported_is_no_fault() -> None:
    assert version_fault("cv2", "4.12.0") is None
    assert loaded_faults() == []


def test_it_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "graphkit.packages"):
        for _ in range(3):
            warn_of_version(module("cv2", "5.1.0"))
            warn_of_version(module("av", "99.0"))
    (record,) = caplog.records
    assert record.getMessage().startswith("cv2 5.1.0; graphkit needs >=4.11,<5")


def test_the_first_use_of_opencv_says_it(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = module("cv2", "5.1.0")
    other.__dict__["setNumThreads"] = lambda count: None
    monkeypatch.setitem(sys.modules, "cv2", other)
    monkeypatch.setattr("graphkit._process.threads._current.opencv_told", None)
    with caplog.at_level(logging.WARNING, "graphkit.packages"):
        assert opencv() is other
        opencv()
    assert len(caplog.records) == 1
    assert [fault.name for fault in loaded_faults()] == ["cv2"]
    set_budget(None)
