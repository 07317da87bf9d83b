"""Pictures become tensors on the GPU: a compute shader, and the buffers that it fills and CUDA reads."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from graphkit.errors import CudaError, ShaderCompileError

if TYPE_CHECKING:
    import moderngl
    import numpy as np

    from graphkit.gpu._context import GlContext
    from graphkit.gpu._cuda import CudaRuntime
    from graphkit.gpu._lending import TensorRow

Levels: TypeAlias = "np.ndarray[Any, np.dtype[np.float32]]"
_GROUP: Final = 16
WHOLE: Final = """
uniform sampler2D frame;

vec4 sampled(ivec2 place) {
    return round(texelFetch(frame, place, 0) * 255.0);
}
"""
"""Samples a picture as it is."""
# The values come from a table that was made in memory: no device multiplies and adds in its own way.
_SHADER: Final = f"""#version 430 core
layout(local_size_x = {_GROUP}, local_size_y = {_GROUP}) in;
layout(std430, binding = 0) writeonly buffer Tensor {{ float planes[]; }};
uniform ivec2 size;
uniform int channels;
uniform int first;
uniform float levels[256];
SAMPLING
void main() {{
    ivec2 place = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(place, size))) return;
    ivec4 level = ivec4(sampled(place));
    for (int channel = 0; channel < channels; ++channel) {{
        planes[first + (channel * size.y + place.y) * size.x + place.x] = levels[level[channel]];
    }}
}}
"""


class TensorShader:
    """Samples a picture into float32, channel after channel. On the thread of *context*.

    Args:
        context: of OpenGL 4.3 or later.
        sampling: see ``TensorCut``.

    Raises:
        ShaderCompileError: the driver does not take the shader.
    """

    def __init__(self, context: GlContext, sampling: str) -> None:
        import moderngl

        self._context = context
        self._levels: Levels | None = None
        source = _SHADER.replace("SAMPLING", sampling)
        try:
            self._program: Any = context.gl.compute_shader(source)
        except moderngl.Error as exc:
            raise ShaderCompileError("tensor shader", source, str(exc)) from exc

    def run(self, picture: moderngl.Texture, buffer: moderngl.Buffer, row: TensorRow, index: int) -> None:
        """Fill a row of *buffer*; later readers see all of it.

        Args:
            picture: of 8 bits a channel, that of the row.
            buffer: of rows of ``channels * height * width`` float32.
            row: what of the picture becomes what.
            index: of the row in the buffer.
        """
        picture.use(0)
        buffer.bind_to_storage_buffer(0)
        own = {} if row.cut is None else row.cut.uniforms
        first = index * prod(row.stored_shape)
        told = {"frame": 0, "size": row.size, "channels": row.channels, "first": first, **own}
        for name, value in told.items():
            if name in self._program:
                self._program[name] = value
        if self._levels is not row.levels:
            self._program["levels"].write(row.levels.tobytes())
            self._levels = row.levels
        self._context.work.dispatches += 1
        self._program.run(-(-row.size[0] // _GROUP), -(-row.size[1] // _GROUP))
        self._context.gl.memory_barrier()

    def release(self) -> None:
        """Free it."""
        self._program.release()


class TensorBuffer:
    """A buffer of OpenGL that CUDA knows. On the thread of its context.

    Args:
        context: makes the buffer.
        runtime: is told of it.
        size: in bytes.

    Attributes:
        gl: the buffer.
        size: in bytes.

    Raises:
        GpuOutOfMemoryError: OpenGL has no room for it.
        CudaError: CUDA refused it.
    """

    def __init__(self, context: GlContext, runtime: CudaRuntime, size: int) -> None:
        self._runtime = runtime
        self.size = size
        self.gl: moderngl.Buffer = context.gl.buffer(reserve=size)  # not dynamic: drivers keep those in memory
        try:
            context.check_errors(f"making a buffer of {size} bytes")
            self._resource = runtime.register_buffer(self.gl.glo)
        except BaseException:
            self.gl.release()
            raise

    def map(self, stream: int) -> int:
        """Return the device address of what was written, complete and for CUDA alone until ``unmap``.

        Raises:
            CudaError: CUDA cannot have it; the buffer is OpenGL's again.
        """
        self._runtime.map(self._resource, stream)
        try:
            self._runtime.synchronize(stream)
            address, size = self._runtime.pointer(self._resource)
            if not address or size < self.size:
                found = f"{size} bytes at {address:#x} instead of {self.size}"
                raise CudaError("cudaGraphicsResourceGetMappedPointer", 0, found)
        except BaseException:
            self._runtime.unmap(self._resource, stream)
            raise
        return address

    def unmap(self, stream: int) -> None:
        """Take the buffer back from CUDA, whose work with it is done; raises CudaError."""
        self._runtime.unmap(self._resource, stream)

    def release(self) -> None:
        """Free it on both sides; raises CudaError, with OpenGL's side gone."""
        try:
            self._runtime.unregister(self._resource)
        finally:
            self.gl.release()
