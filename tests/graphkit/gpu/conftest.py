from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from graphkit.errors import NoEglError, NoGpuDeviceError
from graphkit.gpu.devices import open_display
from graphkit.gpu.resources import GpuResources

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def egl() -> None:
    try:
        open_display()
    except (NoEglError, NoGpuDeviceError) as exc:
        pytest.skip(str(exc))


@pytest.fixture
def gpu(egl: None) -> Iterator[GpuResources]:
    with GpuResources.create() as resources:
        yield resources
