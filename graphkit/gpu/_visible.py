"""The number of a GPU in CUDA for this program.

``CUDA_VISIBLE_DEVICES`` hides GPUs from CUDA and puts those that it names into its order. EGL knows nothing of it,
so the number that EGL tells is that of a program without the variable.
"""

from __future__ import annotations

import os
from typing import Final

ENVIRONMENT: Final = "CUDA_VISIBLE_DEVICES"


def number_in_cuda(number: int, uuid: str) -> int | None:
    """Return CUDA's number of a GPU, None if CUDA does not see it.

    Args:
        number: of the GPU among all.
        uuid: as ``nvidia-smi -L`` shows it, without "GPU-"; "" if EGL does not tell.
    """
    value = os.environ.get(ENVIRONMENT)
    if value is None:
        return number
    for place, entry in enumerate(part.strip() for part in value.split(",")):
        if not _is_one(entry):
            return None  # CUDA stops there
        if _names(entry, number, uuid):
            return place
    return None


def _is_one(entry: str) -> bool:
    return entry.isdecimal() or entry.upper().startswith(("GPU-", "MIG-"))


def _names(entry: str, number: int, uuid: str) -> bool:
    if entry.isdecimal():
        return int(entry) == number
    start = entry[4:].lower()
    return bool(start and uuid) and entry.upper().startswith("GPU-") and uuid.startswith(start)
