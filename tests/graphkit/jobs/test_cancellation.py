from __future__ import annotations

import threading

from graphkit.jobs._cancellation import CancellationToken


def test_orders_are_answered_on_another_thread() -> None:
    token, calls = CancellationToken(), []
    answered = threading.Event()

    def cancelled() -> None:
        calls.append(("cancel", threading.current_thread().name))
        answered.set()

    with token.watched(lambda: calls.append(("stop", threading.current_thread().name)), cancelled):
        token.stop()
        assert (token.stopped, token.cancelled) == (True, False)
        token.cancel()
        assert (token.stopped, token.cancelled) == (True, True)
        assert answered.wait(60)
    assert calls == [("stop", "graphkit-stop"), ("cancel", "graphkit-stop")]


def test_an_order_given_before_is_not_forgotten() -> None:
    token, calls = CancellationToken(), []
    token.stop()
    with token.watched(lambda: calls.append("stop"), lambda: calls.append("cancel")):
        pass
    assert calls == ["stop"]


def test_the_watcher_ends_with_the_block() -> None:
    token, calls = CancellationToken(), []
    with token.watched(lambda: calls.append("stop"), lambda: calls.append("cancel")):
        pass
    token.stop()
    assert calls == []
    assert token.stopped
