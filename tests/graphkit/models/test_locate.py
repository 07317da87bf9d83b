"""Where models are found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from graphkit import Resources
from graphkit._process.user_cache import models_folder
from graphkit.framework import graphs_dir
from graphkit.models import CATALOGUE, find_model
from graphkit.models._locate import Place, locate

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("user_cache")
HEAVY = find_model("pose_landmark_heavy")


@pytest.mark.parametrize("model", [m for m in CATALOGUE if m.shipped], ids=lambda model: model.name)
def test_shipped(model) -> None:
    found = locate(model)
    assert (found.place, found.path, found.intact) == (Place.SHIPPED, graphs_dir().resolve() / model.path, True)


def test_missing() -> None:
    found = locate(HEAVY)
    assert (found.place, found.path, found.intact) == (Place.MISSING, None, False)


def test_fetched(user_cache: Path) -> None:
    path = user_cache / "models" / HEAVY.path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"cut off")
    found = locate(HEAVY)
    assert (found.place, found.path, found.intact) == (Place.FETCHED, path, False)


def test_a_file_of_your_own_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "mine" / HEAVY.path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"my own model")
    assert locate(HEAVY, Resources([tmp_path / "mine"])).place is Place.YOURS


def test_one_that_cannot_be_read(user_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: Path) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    path = user_cache / "models" / HEAVY.path
    path.parent.mkdir(parents=True)
    path.touch()
    monkeypatch.setattr("graphkit.models._locate.sha256_of", denied)
    found = locate(HEAVY)
    assert (found.path, found.fault, found.intact) == (path, "Permission denied", False)


def test_the_cache_is_searched_last(user_cache: Path, tmp_path: Path) -> None:
    for base in (tmp_path / "work", user_cache / "models"):
        path = base / "modules" / "x.tflite"
        path.parent.mkdir(parents=True)
        path.touch()
    assert models_folder() == user_cache / "models"
    assert Resources().resolve("mediapipe/modules/x.tflite") == tmp_path / "work" / "modules" / "x.tflite"
    (tmp_path / "work" / "modules" / "x.tflite").unlink()
    assert Resources().resolve("mediapipe/modules/x.tflite") == user_cache / "models" / "modules" / "x.tflite"
