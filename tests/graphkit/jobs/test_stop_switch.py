from __future__ import annotations

import threading

from graphkit.jobs._stop_switch import StopSwitch


def test_orders_are_answered_on_another_thread() -> None:
    switch, calls = StopSwitch(), []
    answered = threading.Event()

    def cancelled() -> None:
        calls.append(("cancel", threading.current_thread().name))
        answered.set()

    with switch.watched(lambda: calls.append(("stop", threading.current_thread().name)), cancelled):
        switch.stop()
        assert (switch.stopped, switch.cancelled) == (True, False)
        switch.cancel()
        assert (switch.stopped, switch.cancelled) == (True, True)
        assert answered.wait(10)
    assert calls == [("stop", "graphkit-stop"), ("cancel", "graphkit-stop")]


def test_an_order_given_before_is_not_forgotten() -> None:
    switch, calls = StopSwitch(), []
    switch.stop()
    with switch.watched(lambda: calls.append("stop"), lambda: calls.append("cancel")):
        pass
    assert calls == ["stop"]


def test_the_watcher_ends_with_the_block() -> None:
    switch, calls = StopSwitch(), []
    with switch.watched(lambda: calls.append("stop"), lambda: calls.append("cancel")):
        pass
    switch.stop()
    assert calls == []
    assert switch.stopped
