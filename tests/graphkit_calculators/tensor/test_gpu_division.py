"""The division of doubles in the shader that samples regions rounds as in memory, whatever a card's own does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from emulated_card import as_on_a_card
from graphkit_calculators.gpu import _perspective_places

if TYPE_CHECKING:
    from graphkit.gpu import GlContext, GpuResources

COUNT = 1 << 14
RNG = np.random.default_rng(1)
NEAR_ONE = 1 + np.arange(-200, 201) * 2.0**-53
DIVISORS = np.concatenate(
    [NEAR_ONE, 1 + RNG.uniform(-1e-7, 1e-7, COUNT // 2), RNG.uniform(0.5, 2, COUNT - COUNT // 2 - len(NEAR_ONE))]
)
"""Those near 1 are those of regions; quotients by the nearest to it lie next to the middle of two numbers."""
MAIN = """
layout(local_size_x = 64) in;
layout(std430, binding = 0) readonly buffer In { double divisors[]; };
layout(std430, binding = 1) writeonly buffer Out { double quotients[]; };

void main() {
    uint i = gl_GlobalInvocationID.x;
    quotients[i] = QUOTIENT(32.0lf, divisors[i]);
}
"""


def divided(context: GlContext, shader: str) -> Any:
    gl = context.gl
    program = gl.compute_shader(shader)
    divisors, quotients = gl.buffer(DIVISORS.tobytes()), gl.buffer(reserve=8 * COUNT)
    divisors.bind_to_storage_buffer(0)
    quotients.bind_to_storage_buffer(1)
    program.run(COUNT // 64)
    gl.memory_barrier()
    found = np.frombuffer(quotients.read(), np.float64)
    for made in (divisors, quotients, program):
        made.release()
    return found


@pytest.mark.parametrize("emulated", [False, True], ids=["as here", "one bit off"])
def test_quotients_are_those_of_memory(gpu: GpuResources, emulated: bool) -> None:
    context = gpu.context()
    if context.run(lambda: context.gl.version_code) < 430:
        pytest.skip("this OpenGL has no compute shaders")
    shader = f"#version 430 core\n{_perspective_places.DOUBLE}{MAIN}"
    shader = as_on_a_card(shader) if emulated else shader
    np.testing.assert_array_equal(
        context.run(divided, context, shader.replace("QUOTIENT", "quotient")), 32 / DIVISORS
    )
    if emulated:
        bare = context.run(divided, context, shader.replace("QUOTIENT", "DIVIDED"))
        assert (bare < 32 / DIVISORS).all(), "without being put right it is off"
