"""Which pixels of a picture a perspective map takes, for shaders: those that OpenCV takes, to the last bit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from graphkit.gpu import GlContext

# OpenCV multiplies in double precision, which OpenGL has from 4.0 on. It matters: the corners of a region are
# float32 numbers, so samples often lie half way between two steps, but for a rounding error. Older devices put
# about one sample of a thousand 1/32 pixel off.
#
# OpenGL promises nothing of how a division rounds. So what it leaves over is worked out, exactly, from the halves
# of both factors, and put right by one in the last bit: sums and products are rounded as in memory.
DOUBLE: Final = """
    #define real double
    #define real3 dvec3
    #define real3x3 dmat3
    #define DIVIDED(a, b) ((a) / (b))

    void halve(double whole, out double high, out double low) {
        precise double scaled = whole * 134217729.0lf;
        precise double rest = scaled - whole;
        precise double upper = scaled - rest;
        precise double lower = whole - upper;
        high = upper;
        low = lower;
    }

    double left_over(double a, double b, double about) {
        double high, low, b_high, b_low;
        halve(about, high, low);
        halve(b, b_high, b_low);
        precise double product = about * b;
        precise double lost = high * b_high - product;
        lost += high * b_low;
        lost += low * b_high;
        lost += low * b_low;
        precise double left = a - product;
        left -= lost;
        return left;
    }

    double next(double value) {
        uvec2 bits = unpackDouble2x32(value);
        bits.x += 1u;
        bits.y += bits.x == 0u ? 1u : 0u;
        return packDouble2x32(bits);
    }

    double previous(double value) {
        uvec2 bits = unpackDouble2x32(value);
        bits.y -= bits.x == 0u ? 1u : 0u;
        bits.x -= 1u;
        return packDouble2x32(bits);
    }

    // Of positive numbers. What is left decides which of three neighbours is the nearest.
    double quotient(double a, double b) {
        double about = DIVIDED(a, b);
        precise double left = left_over(a, b, about), above = next(about), below = previous(about);
        if (left > 0.5lf * (above - about) * b) return above;
        return -left > 0.5lf * (about - below) * b ? below : about;
    }
"""
_SINGLE: Final = """
    #define precise
    #define real float
    #define real3 vec3
    #define real3x3 mat3
    #define quotient(a, b) ((a) / (b))
"""

# A fragment that is put after it calls place_of().
_PLACES: Final = """
    uniform real3x3 source_from_target;
    uniform int block;

    // In steps of 1/STEPS pixel. OpenCV works from the left edge of each block of pixels, which rounds its way.
    ivec2 place_of(ivec2 target) {
        int x = target.x % block;
        precise real3 edge = source_from_target[0] * real(target.x - x) + source_from_target[1] * real(target.y);
        edge += source_from_target[2];
        precise real3 place = edge + source_from_target[0] * real(x);
        precise real scale = quotient(real(STEPS), place.z);
        return ivec2(roundEven(place.x * scale), roundEven(place.y * scale));
    }
"""


def places(steps: int) -> str:
    """Return what declares ``ivec2 place_of(ivec2 target)`` and its uniforms, for double precision (OpenGL 4.0).

    The uniforms are ``source_from_target``, from OpenCV's inverse of its matrix, by columns, and ``block``, from
    ``block_width``.

    Args:
        steps: to a pixel, in which places are told: 32 for OpenCV's linear sampling, 1 for its nearest pixels.
    """
    return f"#define STEPS {steps}\n{DOUBLE}{_PLACES}"


def shader(context: GlContext, steps: int, rest: str) -> str:
    """Return a fragment shader of ``places(steps)`` and *rest*, in the precision that the context has."""
    if context.gl.version_code >= 400:
        return f"#version 400 core\n#line 1\n{places(steps)}{rest}"
    return f"#version 330 core\n#line 1\n#define STEPS {steps}\n{_SINGLE}{_PLACES}{rest}"


def block_width(size: tuple[int, int]) -> int:
    """Return the width of the blocks in which OpenCV samples a result of width and height *size*."""
    return min(1024 // min(16, size[1]), size[0])
