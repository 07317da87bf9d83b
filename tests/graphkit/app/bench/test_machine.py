"""What is measured on."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

import pytest

from graphkit.app.bench import machine
from graphkit.app.bench.machine import Machine, cpu_name, look_at_machine
from graphkit.app.doctor import Fact, Report, Section

if TYPE_CHECKING:
    from pathlib import Path


def test_the_name_of_the_processor(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: Some CPU: fast\nmodel name\t: Other\n")
    assert cpu_name(tmp_path / "cpuinfo") == "Some CPU: fast"


@pytest.mark.parametrize(
    "text", [pytest.param("processor\t: 0\n", id="without a name"), pytest.param(None, id="no file")]
)
def test_a_kernel_that_does_not_say(text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "cpuinfo").write_text(text)
    assert cpu_name(tmp_path / "cpuinfo") == platform.machine()


@pytest.mark.parametrize(
    ("load", "noisy"),
    [
        pytest.param(0.5, False, id="quiet"),
        pytest.param(0.6, True, id="busy"),
        pytest.param(None, False, id="untold"),
    ],
)
def test_a_busy_machine_is_noisy(load: float | None, noisy: bool) -> None:
    assert Machine("cpu", 2, load, {}).noisy is noisy


def test_what_the_doctor_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def examine(checks: list[machine.Check]) -> Report:
        asked.extend(check.name for check in checks)
        return Report((Section("gpu", "GPU", (Fact("renderer", "llvmpipe"),)),))

    monkeypatch.setattr(machine, "examine", examine)
    found = look_at_machine()
    assert "cameras" not in asked
    assert {"gpu", "inference", "interpreter"} <= set(asked)
    assert (found.fact("gpu", "renderer"), found.fact("gpu", "x"), found.fact("x", "y")) == ("llvmpipe", "", "")
    assert found.as_json()["checks"]["gpu"]["facts"][0]["found"] == "llvmpipe"
    assert found.cores >= 1
