"""Cameras, as Linux shows them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from graphkit._process import system
from graphkit.app.doctor.facts import Fact, Status
from graphkit.video import find_devices
from graphkit.video._cameras import DEVICES

_SYSFS: Final = Path("/sys/class/video4linux")


def check(devices: Path = DEVICES, sysfs: Path = _SYSFS) -> list[Fact]:
    """List the video devices with their names, and whether this user may open them."""
    if not system.LINUX:
        return [Fact("cameras", f"not looked for on {system.NAME}", Status.ABSENT)]
    if found := find_devices(devices):
        return [_device(path, sysfs / path.name) for path in found]
    if sysfs.is_dir() and (hidden := sorted(path.name for path in sysfs.iterdir())):
        fix = f"in a container: run it with --device /dev/{hidden[0]}"
        return [Fact("cameras", f"{', '.join(hidden)} exist, but not in {devices}", Status.WARNING, fix)]
    fix = "connect one; in a container run it with --device /dev/video0. Video files and URLs work without."
    return [Fact("cameras", f"none (no {devices}/video*)", Status.ABSENT, fix)]


def _device(path: Path, entry: Path) -> Fact:
    name = _name(entry)
    if os.access(path, os.R_OK | os.W_OK):
        return Fact(str(path), name)
    fix = "sudo usermod -aG video $USER, then log in again"
    return Fact(str(path), f"{name}; this user may not open it", Status.WARNING, fix)


def _name(entry: Path) -> str:
    """Return the name of a device; a camera's second and later ones have a number: they give no pictures."""
    try:
        name = (entry / "name").read_text().strip()
        index = (entry / "index").read_text().strip()
    except OSError:
        return "a device without a name"
    return name if index == "0" else f"{name} (its node {index}, often without pictures)"
