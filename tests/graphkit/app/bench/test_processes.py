"""A measured process: what it took, what it says when it fails, and that it does not outlive us."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from graphkit.app.bench.processes import Program
from graphkit.errors import MeasuredProcessError

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
import json, sys, time
request = json.loads(sys.argv[-1])
begun = time.monotonic()
while time.process_time() < request["busy"]: pass
print(json.dumps({"begun": begun, "ended": time.monotonic(), "frames": 7, "peak_rss_mib": 12.5, "more": 1}))
"""


def program(code: str, *command: str) -> Program:
    return Program("somebody", command or (sys.executable, "-c", code), dict(os.environ))


def test_what_a_process_took() -> None:
    started = time.monotonic()
    sample, answer = program(GOOD).run({"busy": 0.3})
    real = time.monotonic() - started
    assert (sample.frames, sample.peak_rss_mib, answer["more"]) == (7, 12.5, 1)
    assert sample.cpu_s >= 0.3
    assert sample.start_up_s > 0
    assert sample.start_up_s + sample.run_s <= sample.real_s <= real


def test_each_process_is_counted_by_itself() -> None:
    program(GOOD).run({"busy": 1.0})
    assert program(GOOD).run({"busy": 0.0})[0].cpu_s < 1.0


@pytest.mark.parametrize(
    ("code", "message"),
    [
        pytest.param(
            """print('{"error": "no such clip", "kind": "InputError"}')""",
            "somebody: no such clip",
            id="an error of graphkit",
        ),
        pytest.param(
            "import sys; sys.exit('boom')",
            "somebody: the process ended with status 1 (boom)",
            id="another one",
        ),
        pytest.param(
            "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
            "somebody: the process crashed with SIGSEGV",
            id="a crash",
        ),
        pytest.param("", "somebody: the process ended with status 0 and no answer", id="no answer"),
    ],
)
def test_failures(code: str, message: str) -> None:
    with pytest.raises(MeasuredProcessError) as caught:
        program(code).run({})
    assert str(caught.value) == message


def test_an_error_of_graphkit_keeps_its_kind() -> None:
    with pytest.raises(MeasuredProcessError) as caught:
        program("""print('{"error": "no EGL", "kind": "NoEglError"}')""").run({})
    assert (caught.value.kind, caught.value.reason, caught.value.side) == ("NoEglError", "no EGL", "somebody")


def test_what_cannot_be_started(tmp_path: Path) -> None:
    missing = str(tmp_path / "python")
    with pytest.raises(
        MeasuredProcessError, match=r"^somebody: .*/python cannot be started: No such file or directory$"
    ):
        program("", missing).run({})


@pytest.mark.parametrize(
    "number", [pytest.param(signal.SIGINT, id="Ctrl-C"), pytest.param(signal.SIGTERM, id="SIGTERM")]
)
def test_the_process_ends_with_us(number: signal.Signals, tmp_path: Path) -> None:
    told = tmp_path / "told"
    os.mkfifo(told)
    # The child tells its number and waits for ever, Ctrl-C or not.
    child = (
        "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); "
        f"open({str(told)!r}, 'w').write(str(os.getpid())); signal.pause()"
    )
    parent = (
        "import os, signal, sys\n"
        "from graphkit.app.bench.processes import Program\n"
        "from graphkit.app.cli.termination import ended_tidily\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"with ended_tidily(): Program('x', (sys.executable, '-c', {child!r}), dict(os.environ)).run({{}})\n"
    )
    hears = os.open(told, os.O_RDWR)  # for reading alone it would wait for the child for ever
    with subprocess.Popen([sys.executable, "-c", parent], stderr=subprocess.PIPE) as running:
        assert select.select([hears], [], [], 60)[0], "the child did not start"
        number_of_child = int(os.read(hears, 100))
        os.close(hears)
        running.send_signal(number)
        running.communicate(timeout=60)
    assert running.returncode in (-signal.SIGINT, 1, 128 + signal.SIGTERM)
    with pytest.raises(ProcessLookupError):
        os.kill(number_of_child, 0)


def test_one_that_has_just_ended_is_not_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(process: subprocess.Popen[str]) -> None:
        process.wait()
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess.Popen, "communicate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        program("pass").run({})
