"""Streams that graphs call VIDEO, IMAGE or nothing at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit.errors import ContractError
from graphkit.formats import Image
from graphkit.gpu import GpuBuffer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graphkit.framework import Key, PortMap


def video_key(ports: Iterable[Key]) -> Key:
    """Return which port holds the picture: IMAGE, VIDEO, or else the first untagged one."""
    keys = set(ports)
    return next((key for key in (("IMAGE", 0), ("VIDEO", 0)) if key in keys), ("", 0))


def declare_video(ports: PortMap, side: str) -> None:
    """Declare the picture of one side: an Image on IMAGE, a GpuBuffer elsewhere; *side* names it in the error."""
    key = video_key(ports)
    if key not in ports:
        raise ContractError(f"one {side} stream is required: IMAGE, VIDEO or untagged")
    ports[key].set(Image if key[0] == "IMAGE" else GpuBuffer)
