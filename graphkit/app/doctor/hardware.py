"""GPUs as the kernel shows them, whether or not a library can use them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_DEVICES: Final = Path("/dev")
_DRIVER: Final = Path("/proc/driver/nvidia/version")


@dataclass(frozen=True, slots=True)
class Hardware:
    """Device files of GPUs.

    Attributes:
        nvidia: of NVIDIA's driver, /dev/nvidia0 and so on.
        render: render nodes, /dev/dri/renderD128 and so on.
        closed: those that this user may not open.
        driver: version line of NVIDIA's kernel module, "" if there is none.
    """

    nvidia: tuple[str, ...] = ()
    render: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    driver: str = ""

    def __bool__(self) -> bool:
        """Return whether there is any."""
        return bool(self.nvidia or self.render or self.driver)

    def __str__(self) -> str:
        return ", ".join(filter(None, [*self.nvidia, *self.render, self.driver]))


def find_hardware(devices: Path = _DEVICES, driver: Path = _DRIVER) -> Hardware:
    """Return the GPUs that the kernel shows to this process."""
    nvidia = sorted(map(str, devices.glob("nvidia[0-9]*")))
    render = sorted(map(str, devices.glob("dri/renderD*")))
    closed = [path for path in [*nvidia, *render] if not os.access(path, os.R_OK | os.W_OK)]
    return Hardware(tuple(nvidia), tuple(render), tuple(closed), _module_version(driver))


def _module_version(path: Path) -> str:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return ""
    return " ".join(lines[0].removeprefix("NVRM version:").split()) if lines else ""
