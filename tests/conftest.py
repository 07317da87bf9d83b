"""What all tests share."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphkit.gpu import GpuResources


def pytest_configure() -> None:
    """Hear Ctrl-C where a shell that started the tests in the background had it ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def egl() -> None:
    """Skip tests that draw where nothing can."""
    from graphkit.errors import GpuError
    from graphkit.gpu import GpuResources

    try:
        GpuResources.create().close()
    except GpuError as exc:
        pytest.skip(str(exc))


@pytest.fixture
def gpu(egl: None) -> Iterator[GpuResources]:
    """GpuResources of the test's own."""
    from graphkit.gpu import GpuResources

    with GpuResources.create() as resources:
        yield resources
