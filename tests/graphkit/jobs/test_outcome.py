from __future__ import annotations

from types import SimpleNamespace

import pytest

from graphkit.inference import _loader as loader
from graphkit.jobs import Summary
from graphkit.jobs._outcome import add_filming, add_reading
from graphkit.jobs._providers import UsedModels
from graphkit.video import ReadStats, WriteStats


def test_damage_and_breaks_of_the_input_are_noted() -> None:
    summary = Summary()
    add_reading(summary, ReadStats(9, 2, corrupt_packets=3, corrupt_frames=4, truncated=True, reason="cut"))
    assert (summary.timestamps_repaired, summary.truncated) == (2, "cut")
    assert summary.notes == [
        "The input is damaged: packets that could not be decoded: 3, frames from damaged data: 4."
    ]


def test_a_sound_input_is_not_noted() -> None:
    summary = Summary()
    add_reading(summary, ReadStats(9, reason="not yet read to its end"))
    assert summary == Summary()


@pytest.mark.parametrize(
    ("stats", "notes"),
    [
        pytest.param(WriteStats(3), [], id="plain"),
        pytest.param(
            WriteStats(3, letterboxed=2),
            ["2 pictures had another size than the first and were letterboxed."],
            id="sizes",
        ),
        pytest.param(WriteStats(3, audio_problem="no room for it."), ["Sound: no room for it."], id="sound"),
        pytest.param(None, ['Stream "video" gave no picture; out.mp4 was not written.'], id="nothing"),
    ],
)
def test_how_the_film_differs(stats: WriteStats | None, notes: list[str]) -> None:
    film = SimpleNamespace(stream="video", path="out.mp4", stats=stats, frames=stats.frames if stats else 0)
    summary = Summary(frames=5)
    add_filming(summary, film)  # type: ignore[arg-type]
    assert summary.notes == notes
    assert summary.skipped == (2 if stats else 5)


def test_a_line_for_each_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = [
        SimpleNamespace(provider="cpu", provider_reason="no driver"),
        SimpleNamespace(provider="cuda", provider_reason="found"),
        SimpleNamespace(provider="cpu", provider_reason="no driver"),
    ]
    monkeypatch.setattr(loader, "loaded_sessions", lambda since: sessions)
    assert UsedModels().lines() == ["2 models on the CPU (no driver)", "1 model on CUDA (found)"]
