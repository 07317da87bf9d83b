"""OpenCV."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from graphkit._process import packages
from graphkit.app.doctor import Status, opencv


def test_here() -> None:
    assert opencv.check()[0].status is Status.OK


@pytest.mark.parametrize("version", ["4.10.0", "5.0.1"])
def test_versions_that_move_landmarks(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", SimpleNamespace(__version__=version))
    fact = opencv.check()[0]
    assert fact.status is Status.BROKEN
    assert fact.found == f"{version}; graphkit needs >=4.11,<5: others resample differently, and landmarks move"
    assert fact.fix == "pip install 'opencv-python-headless>=4.11,<5'"


def test_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    (fact,) = opencv.check()
    assert (fact.found, fact.status) == ("not installed (no module cv2)", Status.BROKEN)


@pytest.mark.parametrize(
    ("module", "status"),
    [
        pytest.param(SimpleNamespace(__version__="4.12.0"), Status.OK, id="that work"),
        pytest.param(None, Status.BROKEN, id="that left nothing to import"),
    ],
)
def test_two_builds(module: SimpleNamespace | None, status: Status, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", module)
    builds = {"opencv-python-headless": "4.12", "opencv-contrib-python": "4.11"}
    for place in (opencv, packages):
        monkeypatch.setattr(place, "installed", lambda *names: builds)
    fact, imported = opencv.check()
    assert (fact.status, imported.status) == (Status.WARNING, status)
    assert fact.found == "opencv-python-headless and opencv-contrib-python overwrite each other's files"
    assert fact.fix == (
        "pip uninstall -y opencv-python-headless opencv-contrib-python && "
        "pip install 'opencv-contrib-python>=4.11,<5'"
    )
