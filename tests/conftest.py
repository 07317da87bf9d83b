"""What all tests share."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """Hear Ctrl-C where a shell that started the tests in the background had it ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
