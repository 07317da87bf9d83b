"""Errors of the GPU: each with its cause and the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit.errors._base import GraphkitError

if TYPE_CHECKING:
    from collections.abc import Sequence


class GpuError(GraphkitError):
    """The GPU could not do what was asked."""


class NoEglError(GpuError):
    """A library that makes OpenGL contexts without a display is missing.

    Attributes:
        library: its file name.
    """

    def __init__(self, library: str, reason: str) -> None:
        self.library = library
        super().__init__(
            f"{library} cannot be loaded ({reason}), so there is no OpenGL without a display. Fix: on Debian or "
            "Ubuntu: apt-get install libegl1 libgl1-mesa-dri; in a container with an NVIDIA GPU also set "
            "NVIDIA_DRIVER_CAPABILITIES=all."
        )


class NoGpuDeviceError(GpuError):
    """No device can make an OpenGL context, or not the one that was asked for.

    Attributes:
        devices: those to choose from; empty where there is none.
    """

    def __init__(self, found: str, devices: Sequence[str] = ()) -> None:
        self.devices = tuple(devices)
        listing = "".join(f"\n  {device}" for device in devices)
        fix = (
            f"Choose one of these with --gpu-device or GRAPHKIT_GPU_DEVICE:{listing}"
            if devices
            else "Install a driver: the vendor's, or Mesa's for any machine: "
            "apt-get install libegl-mesa0 libgl1-mesa-dri."
        )
        super().__init__(f"{found}. {fix}")


class GlVersionError(GpuError):
    """The driver offers no OpenGL that is new enough."""

    def __init__(self, device: str, needed: str, reason: str) -> None:
        super().__init__(
            f"{device} makes no OpenGL {needed} core context ({reason}). Update its driver, or choose another "
            "device with --gpu-device (software always works: apt-get install libgl1-mesa-dri)."
        )


class ShaderCompileError(GpuError):
    """A shader does not compile or link.

    Attributes:
        name: of the shader.
        line: the first line that the compiler complains of, 1-based; 0 where it names none.
    """

    def __init__(self, name: str, source: str, log: str, line: int = 0) -> None:
        self.name, self.line = name, line
        lines = source.splitlines()
        shown = f"\n  {line} | {lines[line - 1].strip()}" if 0 < line <= len(lines) else ""
        where = f"{name}:{line}" if line else name
        super().__init__(f"{where}: the shader does not compile:{shown}\n{log.strip()}")


class GlContextLostError(GpuError):
    """The driver reset the GPU or lost the context; everything in it is gone."""

    def __init__(self, context: str, reason: str) -> None:
        super().__init__(
            f'GL context "{context}" was lost ({reason}); its textures are gone. Start the graph again; if it '
            "happens again, a shader runs too long or the driver is at fault."
        )


class GpuOutOfMemoryError(GpuError):
    """The GPU has no memory left for what was asked."""

    def __init__(self, what: str, live: str) -> None:
        super().__init__(
            f"no GPU memory is left for {what} ({live} in use by this program). Use smaller frames, release "
            "GpuBuffers sooner, or let fewer frames be in flight."
        )


class TextureTooLargeError(GpuError):
    """A texture with a side longer than the device allows, or shorter than one pixel."""

    def __init__(self, width: int, height: int, limit: int) -> None:
        self.width, self.height, self.limit = width, height, limit
        super().__init__(
            f"a texture of {width}x{height} pixels was asked for; this device takes 1x1 to {limit}x{limit}. "
            "Scale or crop the image first."
        )


class GlCallError(GpuError):
    """OpenGL refused a call; the error code is in the message."""


class CudaUnavailableError(GpuError):
    """CUDA cannot read what OpenGL draws here; the message says why. Nothing but speed is lost."""


class CudaError(GpuError):
    """CUDA refused a call.

    Attributes:
        function: of CUDA's runtime.
        code: what it returned.
    """

    def __init__(self, function: str, code: int, text: str) -> None:
        self.function, self.code = function, code
        super().__init__(
            f"{function} failed: {text} (error {code}). GRAPHKIT_CUDA_INTEROP=0 does without; if it happens with "
            "an up-to-date driver, report it."
        )


class WrongThreadError(GpuError):
    """OpenGL was called from a thread on which the context is not current."""

    def __init__(self, what: str, context: str, thread: str) -> None:
        super().__init__(
            f'{what} was called on thread "{thread}", but GL context "{context}" has a thread of its own. '
            "Wrap the code: helper.run_in_gl_context(function)."
        )


class GpuReleasedError(GpuError):
    """A GPU object was used after it was released."""
