"""What cards do otherwise than OpenGL on the CPU, within what OpenGL allows, put into shaders as they compile.

``texture()`` weighs four pixels in steps of 1/256, and a division of doubles is one too small in its last bit.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from graphkit.gpu import _program as program
from graphkit.gpu import _tensor_buffer as tensor_buffer

if TYPE_CHECKING:
    import pytest

_TEXTURE = """
vec4 card_texture(sampler2D picture, vec2 place) {
    ivec2 last = textureSize(picture, 0) - 1;
    vec2 at = place * vec2(last + 1) - 0.5;
    vec2 share = round((at - floor(at)) * 256.0) / 256.0;
    ivec2 corner = ivec2(floor(at));
    ivec2 low = clamp(corner, ivec2(0), last), high = clamp(corner + 1, ivec2(0), last);
    vec4 above = mix(texelFetch(picture, low, 0), texelFetch(picture, ivec2(high.x, low.y), 0), share.x);
    vec4 below = mix(texelFetch(picture, ivec2(low.x, high.y), 0), texelFetch(picture, high, 0), share.x);
    return mix(above, below, share.y);
}
"""
_DIVISION = """
double card_quotient(double a, double b) {
    uvec2 bits = unpackDouble2x32(a / b);
    bits.y -= bits.x == 0u ? 1u : 0u;
    bits.x -= 1u;
    return packDouble2x32(bits);
}
"""
_DIVIDED = "#define DIVIDED(a, b) ((a) / (b))"
_HEAD = re.compile(r"\A(#version[^\n]*\n)")


def as_on_a_card(source: str) -> str:
    """Return a shader that computes as a card may."""
    added = ""
    if re.search(r"\btexture\(", source):
        source, added = re.sub(r"\btexture\(", "card_texture(", source), _TEXTURE
    if _DIVIDED in source:
        source, added = source.replace(_DIVIDED, "#define DIVIDED(a, b) card_quotient(a, b)"), added + _DIVISION
    return _HEAD.sub(lambda head: head[1] + added, source)


def emulate(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Have every shader that is compiled from now on compute as on a card; return a list of those that do."""
    changed: list[str] = []
    versioned, compute = program._versioned, tensor_buffer.TensorShader

    def emulated(source: str) -> str:
        found = as_on_a_card(versioned(source))
        changed.extend([found] if "card_" in found else [])
        return found

    def shader(context: Any, sampling: str) -> tensor_buffer.TensorShader:
        head = "#version 430 core\n"
        found = as_on_a_card(head + sampling).removeprefix(head)
        changed.extend([found] if "card_" in found else [])
        return compute(context, found)

    monkeypatch.setattr(program, "_versioned", emulated)
    monkeypatch.setattr("graphkit.gpu._cuda_interop.TensorShader", shader)
    return changed
