from __future__ import annotations

import signal

import pytest

from graphkit.cli.signals import interruptible


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


def test_an_ignored_signal_stays_ignored() -> None:
    job, before = Job(), signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interruptible(job):  # type: ignore[arg-type]
            signal.raise_signal(signal.SIGINT)
        assert job.calls == []
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
