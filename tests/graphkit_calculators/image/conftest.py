from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from graphkit.errors import NoEglError, NoGpuDeviceError
from graphkit.gpu.devices import open_display
from graphkit.gpu.resources import GpuResources

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def gpu() -> Iterator[GpuResources]:
    try:
        open_display()
    except (NoEglError, NoGpuDeviceError) as exc:
        pytest.skip(str(exc))
    with GpuResources.create() as resources:
        yield resources
