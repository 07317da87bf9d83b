from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from graphkit.app.cli.signals import interruptible


class Job:
    def __init__(self) -> None:
        self.calls: list[str] = []

    def stop(self) -> None:
        self.calls.append("stop")

    def cancel(self) -> None:
        self.calls.append("cancel")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_first_stop_then_cancel_then_the_default(number: signal.Signals, capfd) -> None:
    job, before = Job(), signal.getsignal(number)
    with interruptible(job) as interruptions:  # type: ignore[arg-type]
        assert interruptions.first == 0
        signal.raise_signal(number)
        assert job.calls == ["stop"]
        signal.raise_signal(number)
        assert job.calls == ["stop", "cancel"]
        assert signal.getsignal(number) is signal.SIG_DFL
    assert interruptions.first == number
    assert signal.getsignal(number) is before
    assert capfd.readouterr().err.count("Once more") == 2


def test_a_closed_terminal_is_one_event_however_often_it_is_told(capfd) -> None:
    job = Job()
    with interruptible(job) as interruptions:  # type: ignore[arg-type]
        for number in (signal.SIGHUP, signal.SIGHUP, signal.SIGHUP):
            signal.raise_signal(number)
        assert job.calls == ["stop"]
        signal.raise_signal(signal.SIGTERM)
        assert job.calls == ["stop", "cancel"]
    assert interruptions.first == signal.SIGHUP


_AFTER_THE_TERMINAL = """
import signal, sys
from graphkit.app.cli.signals import interruptible
class Job:
    def stop(self): pass
with interruptible(Job()) as interruptions:
    print("ready", flush=True)
    sys.stdin.readline()  # until the terminal is closed
    signal.raise_signal(signal.SIGHUP)
    print("the summary", flush=True)
    print("a warning", file=sys.stderr, flush=True)
sys.exit(99 if interruptions.first == signal.SIGHUP else 98)
"""


def test_printing_goes_on_when_the_terminal_is_gone() -> None:
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", _AFTER_THE_TERMINAL], stdin=subprocess.PIPE, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        assert terminal.readline() == b"ready\r\n"
    process.communicate(b"closed\n", timeout=60)
    assert process.returncode == 99


def test_an_ignored_signal_stays_ignored() -> None:
    job, before = Job(), signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interruptible(job):  # type: ignore[arg-type]
            signal.raise_signal(signal.SIGINT)
        assert job.calls == []
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
