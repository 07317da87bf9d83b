"""What every reader of model files needs: words for strange bytes, and a check of chosen outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit.errors import InferenceError

if TYPE_CHECKING:
    from collections.abc import Sequence


def describe_bytes(data: bytes) -> str:
    """Say in a few words what the bytes of a file look like, for an error message."""
    return f"{len(data)} bytes that start with {data[:8]!r}" if data else "an empty file"


def check_outputs(path: str, outputs: Sequence[int], count: int) -> None:
    """Check indices of wanted outputs.

    Raises:
        InferenceError: there are none, or one is not that of any of `count` outputs.
    """
    if not outputs or any(not 0 <= index < count for index in outputs):
        raise InferenceError(f"outputs {list(outputs)} were asked for; the model has 0 to {count - 1}", model=path)
