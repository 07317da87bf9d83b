"""TensorCut: what part of a picture becomes a tensor, told in a way that a shader and memory both follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from graphkit.gpu._buffer import GpuBuffer


@dataclass(frozen=True, slots=True)
class TensorCut:
    """A part of a picture, in the pixels of a tensor.

    Attributes:
        size: width and height of the tensor.
        sampling: GLSL 4.30 that declares ``uniform sampler2D frame``, the picture, and defines
            ``vec4 sampled(ivec2 place)``: the levels, 0 to 255, of a pixel of the tensor.
        uniforms: of that code.
        draw: returns the same as a picture, for who reads it in memory.
    """

    size: tuple[int, int]
    sampling: str
    uniforms: Mapping[str, Any]
    draw: Callable[[], GpuBuffer]
