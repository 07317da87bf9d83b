"""Optimised models on disk: what a name depends on, what is used again, and what happens where that fails."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graphkit.errors import InferenceError
from graphkit.inference import _cache as cache
from graphkit.inference import _optimised as optimised
from graphkit.inference import _starting as starting
from graphkit.inference import load, unload_all
from graphkit.inference._optimised import processor, start_from_disk

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
        asked.append(how["optimised"])
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
    assert len(list(cache_folder.iterdir())) == 2


def test_a_system_that_does_not_tell_keeps_the_import(cache_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "processor", lambda: None)
    unload_all()
    load(MODEL, provider="cpu")
    (entry,) = cache_folder.iterdir()
    assert entry.name.endswith(f"-all.v{starting.IMPORTER_VERSION}.model")


def test_what_does_not_start_is_made_again() -> None:
    cache.get_or_build(ENTRY, lambda: b"of an older build")
    seen: list[tuple[bytes, bool]] = []

    def start(content: bytes, ready: bool, leave: Path | None) -> str:
        seen.append((content, ready))
        if content == b"of an older build":
            raise InferenceError("no such kernel")
        if leave is not None:
            leave.write_bytes(b"new")
        return "session"

    assert start_from_disk(ENTRY, lambda: b"imported", start) == "session"
    assert seen == [(b"of an older build", True), (b"imported", False)]
    assert cache.get_or_build(ENTRY, lambda: b"nothing kept") == b"new"


def test_a_model_that_cannot_be_left_on_disk_starts_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    def start(content: bytes, ready: bool, leave: Path | None) -> str:
        if leave is not None:
            raise InferenceError("no space left")
        return "session"

    with caplog.at_level("DEBUG", "graphkit.inference"):
        assert start_from_disk(ENTRY, lambda: b"imported", start) == "session"
    assert cache.get_or_build(ENTRY, lambda: b"nothing kept") == b"nothing kept"
    assert "the optimised model is not kept: no space left" in caplog.text


def test_no_place_for_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**how: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryDirectory", full)
    monkeypatch.setattr(optimised, "processor", lambda: "one")
    assert start_from_disk(ENTRY, lambda: b"imported", lambda content, ready, leave: content) == b"imported"


def test_a_model_that_does_not_start_at_all_says_why() -> None:
    def start(content: bytes, ready: bool, leave: Path | None) -> str:
        raise InferenceError("no such operator")

    with pytest.raises(InferenceError, match="no such operator"):
        start_from_disk(ENTRY, lambda: b"imported", start)
