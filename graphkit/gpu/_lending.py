"""What a share group lends to a model on the same GPU: tensors that need no copy through memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np

    from graphkit.gpu._buffer import GpuBuffer
    from graphkit.gpu._share_group import ShareGroup


@dataclass(frozen=True, slots=True)
class TensorCut:
    """A part of a picture, in the pixels of a tensor.

    Attributes:
        size: width and height of the tensor.
        sampling: GLSL 4.30 that declares ``uniform sampler2D frame``, the picture, and defines
            ``vec4 sampled(ivec2 place)``: the levels, 0 to 255, of a pixel of the tensor.
        uniforms: of that code.
        draw: returns the same as a picture, for readers in memory.
    """

    size: tuple[int, int]
    sampling: str
    uniforms: Mapping[str, Any]
    draw: Callable[[], GpuBuffer]


@dataclass(frozen=True, slots=True, eq=False)
class TensorRow:
    """A picture, or a part of it, as float32: one row of a tensor.

    Attributes:
        picture: RGBA8 or R8.
        channels: how many of its channels, from the first, become planes of (height, width).
        levels: (256,), what each level becomes.
        cut: the part of the picture; None for all of it, pixel by pixel.
    """

    picture: GpuBuffer
    channels: int
    levels: np.ndarray[Any, np.dtype[np.float32]]
    cut: TensorCut | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the tensor."""
        return (self.picture.width, self.picture.height) if self.cut is None else self.cut.size

    @property
    def stored_shape(self) -> tuple[int, int, int]:
        """Channels, height and width."""
        width, height = self.size
        return (self.channels, height, width)


class Lease(Protocol):
    """A tensor lent to a model, until ``give_back``."""

    @property
    def device_type(self) -> str:
        """What ONNX Runtime calls the memory."""

    @property
    def device(self) -> int:
        """CUDA's number of the device."""

    @property
    def pointer(self) -> int:
        """Address of the float32 values there."""

    def give_back(self) -> None:
        """Return the memory; CUDA's work with it is done. Waits for nothing."""

    def refuse(self, reason: str) -> None:
        """Say that CUDA could not use it: nothing more is lent."""


class TensorLender(Protocol):
    """Lends the tensors of one share group."""

    @property
    def fault(self) -> str | None:
        """Why nothing is lent; None if tensors are lent, or none was asked for yet."""

    @property
    def is_ready(self) -> bool:
        """Whether tensors on CUDA were asked for, and can be lent."""

    def device(self, group: ShareGroup) -> int | None:
        """Return CUDA's number of the device that *group* draws on, None if CUDA cannot read it; any thread."""

    def is_usable(self, group: ShareGroup) -> bool:
        """Return whether CUDA can read what *group* draws; found out once, on any thread."""

    def borrow(self, rows: Sequence[TensorRow], device: int) -> Lease | None:
        """Return the tensor of *rows* for CUDA's *device*, None if that cannot be; any thread.

        Args:
            rows: of one share group and one stored shape; they lie one after the other.
            device: CUDA's number.
        """

    def close(self) -> None:
        """Lend nothing more, and release everything before the context ends. Waits for nothing."""
