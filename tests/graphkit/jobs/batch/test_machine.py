from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from graphkit.jobs._batch import machine

if TYPE_CHECKING:
    from pathlib import Path

GIB = 1 << 30


@pytest.fixture
def free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with four cores and as much free memory as is written there, in GiB."""
    monkeypatch.setattr(machine, "usable_cores", lambda: 4)
    monkeypatch.setattr(machine, "free_memory", lambda: int(float((tmp_path / "free").read_text()) * GIB))
    return tmp_path / "free"


@pytest.mark.parametrize(
    ("gib", "processes", "limit"),
    [("16", 4, 3.6), ("1.2", 2, 0.54), ("0.1", 1, 0.5)],
    ids=["cores", "memory", "one"],
)
def test_what_a_machine_bears(free: Path, gib: str, processes: int, limit: float) -> None:
    free.write_text(gib)
    assert machine.default_processes() == processes
    assert machine.default_memory_limit(processes) == pytest.approx(limit * GIB, rel=0.01)


def test_free_memory_is_that_of_the_machine_or_of_the_container(tmp_path: Path) -> None:
    memory = tmp_path / "meminfo"
    memory.write_text("MemTotal:  8 kB\nMemAvailable:    4194304 kB\n")
    assert machine.free_memory(memory, tmp_path) == 4 * GIB
    (tmp_path / "memory.current").write_text(str(GIB))
    (tmp_path / "memory.max").write_text("max")
    assert machine.free_memory(memory, tmp_path) == 4 * GIB
    (tmp_path / "memory.max").write_text(str(3 * GIB))
    assert machine.free_memory(memory, tmp_path) == 2 * GIB
    assert machine.free_memory(tmp_path / "none", tmp_path) is None
