"""Model files and the cache folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from graphkit.app.doctor import Status, models
from graphkit.framework import graphs_dir
from graphkit.models import CATALOGUE, find_model
from graphkit.models._locate import Located, Place

if TYPE_CHECKING:
    from graphkit.app.doctor import Fact

pytestmark = pytest.mark.usefixtures("user_cache")
AGAIN = "install graphkit again, from where you had it"
PALM, HEAVY = find_model("palm_detection_lite"), find_model("pose_landmark_heavy")


def facts() -> dict[str, Fact]:
    return {fact.label: fact for fact in models.check()}


def put(folder: Path, path: str) -> Path:
    made = folder / path
    made.parent.mkdir(parents=True)
    made.write_bytes(b"another model")
    return made


def test_here() -> None:
    found = facts()
    assert list(found) == [*(model.name for model in CATALOGUE), "cache"]
    palm = found["palm_detection_lite"]
    assert palm.status is Status.OK
    assert palm.found == f"shipped, intact (SHA-256 e9a4aaddf90d…), {graphs_dir() / PALM.path}"
    heavy = found["pose_landmark_heavy"]
    assert (heavy.found, heavy.status, heavy.fetch) == (
        "not fetched",
        Status.ABSENT,
        "pose_landmark_heavy",
    )


def test_your_own_in_front_of_ours(tmp_path: Path) -> None:
    path = put(tmp_path / "work", PALM.path)
    fact = facts()["palm_detection_lite"]
    assert fact.found.startswith(f"{path} is another file (SHA-256 ")
    assert fact.status is Status.WARNING
    assert fact.fix == "fine if you put it there; remove it to use graphkit's"


def test_a_damaged_one_that_was_fetched(user_cache: Path) -> None:
    path = put(user_cache / "models", HEAVY.path)
    fact = facts()["pose_landmark_heavy"]
    assert fact.found.startswith(f"{path} is another file (SHA-256 ")
    assert (fact.status, fact.fix, fact.fetch) == (Status.WARNING, "", "pose_landmark_heavy")


@pytest.mark.parametrize(
    ("located", "found", "fix"),
    [
        pytest.param(Located(PALM, None, Place.MISSING), "missing", AGAIN, id="missing"),
        pytest.param(
            Located(PALM, Path("/g/palm"), Place.SHIPPED, "0" * 64),
            "/g/palm is another file (SHA-256 000000000000… instead of e9a4aaddf90d…)",
            AGAIN, id="damaged",
        ),
        pytest.param(
            Located(PALM, Path("/g/palm"), Place.SHIPPED, fault="Permission denied"),
            "/g/palm cannot be read: Permission denied", "chmod a+r /g/palm", id="not readable",
        ),
    ],
)  # fmt: skip
def test_shipped_ones_that_are_broken(
    located: Located, found: str, fix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "graphs_dir", lambda: tmp_path / "graphs")
    fact = models.model_fact(located)
    assert (fact.label, fact.found, fact.status, fact.fix) == (
        "palm_detection_lite",
        found,
        Status.BROKEN,
        fix,
    )


def test_in_a_checkout_git_brings_a_model_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.setattr(models, "graphs_dir", lambda: tmp_path / "graphs")
    assert models.restore(PALM) == f"git -C {tmp_path / 'graphs'} checkout -- {PALM.path}"


def test_a_cache_that_is_not_made_yet(user_cache: Path) -> None:
    assert facts()["cache"].found == f"{user_cache} (not made yet)"
    assert not user_cache.exists()
    user_cache.mkdir()
    assert facts()["cache"].found == str(user_cache)


def test_a_cache_that_cannot_be_written(user_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user_cache.write_text("a file")
    monkeypatch.setenv("GRAPHKIT_CACHE_DIR", str(user_cache / "deep" / "er"))
    fact = facts()["cache"]
    assert fact.status is Status.WARNING
    assert fact.found == f"{user_cache}/deep/er cannot be written (Not a directory); models load slower"
    assert fact.fix == "set GRAPHKIT_CACHE_DIR to a folder that you may write to"


def test_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "folder", lambda: None)
    fact = facts()["cache"]
    assert (fact.found, fact.status) == ("none: this user has no home; models load slower", Status.WARNING)
