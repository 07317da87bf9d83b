"""Optimised models on disk: what a name depends on, what is used again, and what happens where that fails."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from graphkit.errors import InferenceError
from graphkit.inference import _cache as cache
from graphkit.inference import _starting as starting
from graphkit.inference import load, unload_all
from graphkit.inference._optimised import Left, processor, start_from_disk

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit.inference._optimised import Start

ROOT = Path(__file__).parents[3]
MODEL = ROOT / "graphs" / "modules" / "face_landmark" / "face_landmark.tflite"
INTEL = "processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: fpu avx2\ncpu MHz\t\t: {mhz}\n\nprocessor\t: 1\n"
ENTRY = cache.CacheEntry("model", "v1")

pytestmark = pytest.mark.usefixtures("cache_folder")


def cpuinfo(folder: Path, text: str) -> str | None:
    (folder / "cpuinfo").write_text(text)
    processor.cache_clear()
    return processor(folder / "cpuinfo")


@pytest.mark.parametrize(
    ("other", "same"),
    [
        pytest.param(INTEL.format(mhz=1200), True, id="clock"),
        pytest.param(INTEL.format(mhz=3000).replace("avx2", "avx2 avx512f"), False, id="instructions"),
        pytest.param(INTEL.format(mhz=3000).replace("Intel", "Other"), False, id="maker"),
        pytest.param("processor\t: 0\nFeatures\t: fp asimd\nCPU part\t: 0xd0c\n", False, id="arm"),
    ],
)
def test_a_name_for_what_the_processor_can_do(other: str, same: bool, tmp_path: Path) -> None:
    first = cpuinfo(tmp_path, INTEL.format(mhz=3000))
    assert first is not None
    assert (cpuinfo(tmp_path, other) == first) is same


def test_a_system_that_does_not_tell(tmp_path: Path) -> None:
    processor.cache_clear()
    assert processor(tmp_path / "missing") is None
    assert cpuinfo(tmp_path, "processor\t: 0\n") is None


def test_the_second_start_optimises_nothing_and_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    begin = starting._onnx_session

    def watched(*args: Any, **how: Any) -> Any:
        asked.append(how.get("weights_in") is not None)
        return begin(*args, **how)

    monkeypatch.setattr(starting, "_onnx_session", watched)
    image = np.random.default_rng(0).random((1, 192, 192, 3), dtype=np.float32)
    found = []
    for _ in range(2):
        unload_all()
        session = load(MODEL, provider="cpu")
        found.append(session.run([image]))
        assert session.inputs[0].shape == (1, 192, 192, 3), "what the .tflite says of its tensors is kept, too"
    assert asked == [False, True]
    for first, second in zip(*found, strict=True):
        np.testing.assert_array_equal(first, second)


def test_another_processor_does_not_get_it(cache_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "other", "one"):
        unload_all()
        monkeypatch.setattr(starting, "processor", lambda name=name: name)
        load(MODEL, provider="cpu")
    assert sorted(path.suffix for path in cache_folder.iterdir()) == [".model", ".model", ".weights", ".weights"]


def test_a_system_that_does_not_tell_keeps_the_import(cache_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "processor", lambda: None)
    unload_all()
    load(MODEL, provider="cpu")
    (entry,) = cache_folder.iterdir()
    assert entry.name.endswith(f"-all.v{starting.IMPORTER_VERSION}.model")


def keeping(*refused: bytes) -> tuple[Start, list[tuple[bytes, bool]]]:
    """Return a start that leaves graph and weights, and what it was asked for; it refuses some contents."""
    asked: list[tuple[bytes, bool]] = []

    def start(
        content: bytes, weights: Any = (), *, weights_in: Path | None = None, leave: Left | None = None
    ) -> bytes:
        asked.append((content, weights_in is not None))
        if content in refused:
            raise InferenceError("no such kernel")
        if leave is not None:
            leave.graph.write_bytes(b"graph of " + content)
            leave.graph.with_name(leave.weights).write_bytes(b"weights of " + content)
        return content

    return start, asked


def test_graph_and_weights_are_kept_in_two_files(cache_folder: Path) -> None:
    start, asked = keeping()
    for _ in range(2):
        start_from_disk(ENTRY, lambda: (b"imported", {}), start)
    assert asked == [(b"imported", False), (b"graph of imported", True)]
    weights, entry = sorted(cache_folder.iterdir(), key=lambda path: path.suffix, reverse=True)
    assert (entry.name, weights.read_bytes()) == ("model.v1.model", b"weights of imported")
    assert re.fullmatch(r"model\.v1\.[0-9a-f]{8}\.weights", weights.name)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda path: path.write_bytes(b"weights of import"), id="cut"),
        pytest.param(lambda path: path.write_bytes(b"weights of imposted"), id="changed"),
        pytest.param(lambda path: path.unlink(), id="gone"),
    ],
)
def test_damaged_weights_are_made_again(damage: Callable[[Path], Any], cache_folder: Path) -> None:
    start, asked = keeping()
    start_from_disk(ENTRY, lambda: (b"imported", {}), start)
    damage(next(cache_folder.glob("*.weights")))
    start_from_disk(ENTRY, lambda: (b"imported", {}), start)
    assert asked == [(b"imported", False)] * 2
    assert [path.read_bytes() for path in cache_folder.glob("*.weights")] == [b"weights of imported"]


def test_what_does_not_start_is_made_again() -> None:
    start_from_disk(ENTRY, lambda: (b"older", {}), keeping()[0])
    start, asked = keeping(b"graph of older")
    assert start_from_disk(ENTRY, lambda: (b"imported", {}), start) == b"imported"
    assert asked == [(b"graph of older", True), (b"imported", False)]
    start, asked = keeping()
    assert start_from_disk(ENTRY, lambda: (b"nothing", {}), start) == b"graph of imported"


def test_a_model_without_large_weights_has_one_file(cache_folder: Path) -> None:
    def start(
        content: bytes, weights: Any = (), *, weights_in: Path | None = None, leave: Left | None = None
    ) -> bytes:
        if leave is not None:
            leave.graph.write_bytes(b"graph")
        return content

    found = [start_from_disk(ENTRY, lambda: (b"imported", {}), start) for _ in range(2)]
    assert found == [b"imported", b"graph"]
    assert [path.name for path in cache_folder.iterdir()] == ["model.v1.model"]


def test_a_model_that_cannot_be_left_on_disk_starts_all_the_same(
    cache_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def start(
        content: bytes, weights: Any = (), *, weights_in: Path | None = None, leave: Left | None = None
    ) -> bytes:
        if leave is not None:
            raise InferenceError("no space left")
        return content

    with caplog.at_level("DEBUG", "graphkit.inference"):
        assert start_from_disk(ENTRY, lambda: (b"imported", {}), start) == b"imported"
    assert list(cache_folder.iterdir()) == []
    assert "the optimised model is not kept: no space left" in caplog.text


def test_a_model_whose_files_cannot_be_moved_is_started_once(
    cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache, "put", full)
    start, asked = keeping()
    assert start_from_disk(ENTRY, lambda: (b"imported", {}), start) == b"imported"
    assert asked == [(b"imported", False)]
    assert list(cache_folder.iterdir()) == []


def test_no_place_for_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**how: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryDirectory", full)
    assert start_from_disk(ENTRY, lambda: (b"imported", {}), keeping()[0]) == b"imported"


def test_a_model_that_does_not_start_at_all_says_why() -> None:
    with pytest.raises(InferenceError, match="no such kernel"):
        start_from_disk(ENTRY, lambda: (b"imported", {}), keeping(b"imported")[0])


def test_what_a_killed_process_left_is_removed(cache_folder: Path) -> None:
    old, new = cache_folder / ".tmp-old", cache_folder / ".tmp-new"
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "graph.onnx").write_bytes(b"half")
    os.utime(old, (0, 0))
    start_from_disk(ENTRY, lambda: (b"imported", {}), keeping()[0])
    assert (old.exists(), new.exists()) == (False, True)
