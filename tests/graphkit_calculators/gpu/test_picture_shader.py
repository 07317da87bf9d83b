"""PictureShader: when it compiles, what it samples, and what happens to its faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from graphkit.errors import ShaderCompileError
from graphkit.formats import ImageFrame
from graphkit.gpu import GpuBufferFormat
from graphkit_calculators.gpu._picture_shader import PictureShader

if TYPE_CHECKING:
    from graphkit.gpu import GlContext, GpuResources

_DIFFERENCE = """
    uniform sampler2D left, right;
    uniform float factor;
    out vec4 color;
    void main() {
        ivec2 place = ivec2(gl_FragCoord.xy);
        color = factor * (texelFetch(left, place, 0) - texelFetch(right, place, 0));
    }
"""
_BROKEN = "void main() { colour = 1.0; }"


def test_each_sampler_gets_its_picture(gpu: GpuResources) -> None:
    pixels = np.random.default_rng(2).random((2, 5, 7), dtype=np.float32)
    left, right = (gpu.upload(ImageFrame(values.copy())) for values in pixels)
    shader = PictureShader("Difference", lambda _: _DIFFERENCE)
    for factor in (1.0, 2.0):
        drawn = shader.draw({"left": left, "right": right}, (7, 5), GpuBufferFormat.R32F, factor=factor)
        np.testing.assert_allclose(drawn.array(), factor * (pixels[0] - pixels[1]), atol=1e-6)
    shader.release()


def test_it_compiles_when_it_can(gpu: GpuResources) -> None:
    asked: list[GlContext] = []

    def source(context: GlContext) -> str:
        asked.append(context)
        return _DIFFERENCE

    picture = gpu.upload(ImageFrame(np.zeros((4, 4), np.float32)))
    later = PictureShader("Difference", source)
    assert asked == []
    at_once = PictureShader("Difference", source, gpu.context("another"))
    assert asked == [gpu.context("another")]
    for shader in (later, at_once):
        for _ in range(2):
            shader.draw({"left": picture, "right": picture}, (4, 4), GpuBufferFormat.R32F)
    assert asked == [gpu.context("another"), gpu.context()]
    later.release()
    at_once.release()


def test_a_shader_that_does_not_compile(gpu: GpuResources) -> None:
    picture = gpu.upload(ImageFrame(np.zeros((4, 4), np.uint8)))
    with pytest.raises(ShaderCompileError, match="Broken"):
        PictureShader("Broken", lambda _: _BROKEN).draw({"frame": picture}, (4, 4), GpuBufferFormat.R8)
    with pytest.raises(ShaderCompileError, match="Broken"):
        PictureShader("Broken", lambda _: _BROKEN, gpu.context())


def test_release_without_a_picture() -> None:
    PictureShader("Difference", lambda _: _DIFFERENCE).release()
