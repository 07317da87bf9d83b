"""Whether an interpreter can run MediaPipe: what is missing is told, with what to install."""

from __future__ import annotations

import json
import logging
import re
import sys
from typing import TYPE_CHECKING

import pytest

from graphkit.app.bench import peer_check
from graphkit.app.bench.peer_check import check_peer
from graphkit.errors import PeerError

if TYPE_CHECKING:
    from pathlib import Path

COMPLETE = {"python": "3.11.7", "mediapipe": "0.10.21", "av": "18.1.0", "numpy": "1.26.4"}


@pytest.fixture
def python(tmp_path: Path):
    """``python(av="")``: a program that answers as an interpreter with these versions would."""

    def make(**versions: str) -> str:
        program = tmp_path / "python"
        answer = json.dumps({"versions": COMPLETE | versions})
        program.write_text(f"#!{sys.executable}\nprint({answer!r})\n")
        program.chmod(0o755)
        return str(program)

    return make


def test_one_that_can(python) -> None:
    assert check_peer(python()) == COMPLETE


@pytest.mark.parametrize(
    ("versions", "message"),
    [
        pytest.param(
            {"mediapipe": ""},
            "it has no mediapipe. Fix: {} -m pip install mediapipe==0.10.21",
            id="no mediapipe",
        ),
        pytest.param({"av": ""}, "it has no av. Fix: {} -m pip install av", id="no av"),
        pytest.param(
            {"mediapipe": "", "av": "", "numpy": ""},
            "it has no mediapipe and no av. Fix: {} -m pip install mediapipe==0.10.21 av",
            id="nothing",
        ),
        pytest.param(
            {"numpy": "2.1.0"},
            "it has numpy 2.1.0, MediaPipe 0.10.21 needs 1. Fix: {} -m pip install 'numpy<2'",
            id="numpy 2",
        ),
        pytest.param(
            {"numpy": ""},
            "it has no numpy, MediaPipe 0.10.21 needs 1. Fix: {} -m pip install 'numpy<2'",
            id="no numpy",
        ),
    ],
)
def test_what_is_missing(python, versions: dict[str, str], message: str) -> None:
    named = python(**versions)
    with pytest.raises(PeerError) as caught:
        check_peer(named)
    assert str(caught.value) == f"peer: {named}: {message.format(named)}"
    assert caught.value.python == named


def test_another_version_is_warned_of(python, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "graphkit.app.bench"):
        assert check_peer(python(mediapipe="0.10.14"))["mediapipe"] == "0.10.14"
    assert "has MediaPipe 0.10.14; figures and interface are known of 0.10.21" in caplog.text


def test_what_cannot_be_started(tmp_path: Path) -> None:
    with pytest.raises(
        PeerError, match=r"python: it cannot be started: No such file or directory\. Fix: make one with"
    ):
        check_peer(str(tmp_path / "python"))


def test_what_is_no_interpreter(tmp_path: Path) -> None:
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho 'what is that?' >&2\nexit 3\n")
    program.chmod(0o755)
    expected = re.escape("it is no Python interpreter, or one older than 3.10 (what is that?). Fix: make one with")
    with pytest.raises(PeerError, match=expected):
        check_peer(str(program))


def test_what_gives_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer_check, "_PATIENCE_S", 0.2)
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\nexec sleep 600\n")
    silent.chmod(0o755)
    with pytest.raises(PeerError, match=re.escape("it gave no answer in 0.2 s")):
        check_peer(str(silent))


def test_this_interpreter_answers() -> None:
    with pytest.raises(PeerError, match="it has no mediapipe"):
        check_peer(sys.executable)
