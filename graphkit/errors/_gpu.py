"""Errors of the GPU: each with its cause and the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphkit.errors._base import GraphkitError, StatusCode

if TYPE_CHECKING:
    from collections.abc import Sequence

_MESA: Final = (
    "install a driver: the vendor's, or Mesa's for any machine: apt-get install libegl-mesa0 libgl1-mesa-dri."
)
_EGL: Final = (
    "on Debian or Ubuntu: apt-get install libegl1 libgl1-mesa-dri; in a container with an NVIDIA GPU also set "
    "NVIDIA_DRIVER_CAPABILITIES=all."
)


_GL_NAMES: Final = (
    "apt-get install libgl1 libopengl0, and ln -s libEGL.so.1 libEGL.so beside it: CUDA looks for OpenGL under "
    "these names."
)
_CANNOT_SEE_OPENGL: Final = ("cudaGLGetDevices", (304, 999))


def _hint(device: str) -> str:
    if "nvidia" not in device.lower():
        return ""
    return "A card that is split up (MIG), and one with a driver for computing only, draws nothing. "


class GpuError(GraphkitError):
    """The GPU could not do what was asked."""

    status = StatusCode.INTERNAL


class NoEglError(GpuError):
    """A library that makes OpenGL contexts without a display is missing.

    Attributes:
        library: its file name.
        reason: why it cannot be loaded.
    """

    status = StatusCode.UNAVAILABLE

    def __init__(self, library: str, reason: str) -> None:
        self.library, self.reason = library, reason
        super().__init__(
            f"{library} cannot be loaded ({reason}), so there is no OpenGL without a display.", fix=_EGL
        )


class NoGpuDeviceError(GpuError):
    """No device can make an OpenGL context, or not the one that was asked for.

    Attributes:
        lack: what is missing.
        devices: those to choose from; empty if there is none.
    """

    status = StatusCode.NOT_FOUND

    def __init__(self, lack: str, devices: Sequence[str] = ()) -> None:
        self.lack, self.devices = lack, tuple(devices)
        listing = "".join(f"\n  {device}" for device in devices)
        choice = f" Choose one of these with {{gpu_device}} or GRAPHKIT_GPU_DEVICE:{listing}" if devices else ""
        super().__init__(f"{lack}.{choice}", remedies=("gpu_device",), fix="" if devices else _MESA)


class GlVersionError(GpuError):
    """The driver offers no OpenGL that is new enough.

    Attributes:
        device: that it drives.
        needed: the version that would do.
        reason: what it said.
    """

    status = StatusCode.FAILED_PRECONDITION

    def __init__(self, device: str, needed: str, reason: str) -> None:
        self.device, self.needed, self.reason = device, needed, reason
        super().__init__(
            f"{device} makes no OpenGL {needed} core context ({reason}). {_hint(device)}Update its driver, or "
            "choose another device with {gpu_device}.",
            remedies=("gpu_device",),
            fix="apt-get install libgl1-mesa-dri brings software rendering, which always works.",
        )


class ShaderCompileError(GpuError):
    """A shader does not compile or link.

    Attributes:
        name: of the shader.
        line: the first line that the compiler complains of, 1-based; 0 if it names none.
        log: what the compiler said.
    """

    status = StatusCode.INVALID_ARGUMENT

    def __init__(self, name: str, source: str, log: str, line: int = 0) -> None:
        self.name, self.line, self.log = name, line, log.strip()
        lines = source.splitlines()
        shown = f"\n  {line} | {lines[line - 1].strip()}" if 0 < line <= len(lines) else ""
        where = f"{name}:{line}" if line else name
        super().__init__(f"{where}: the shader does not compile:{shown}\n{self.log}")


class GlContextLostError(GpuError):
    """The driver reset the GPU or lost the context; everything in it is gone.

    Attributes:
        context: its name.
        reason: what the driver said.
    """

    status = StatusCode.ABORTED

    def __init__(self, context: str, reason: str) -> None:
        self.context, self.reason = context, reason
        super().__init__(
            f'GL context "{context}" was lost ({reason}); its textures are gone. Start the graph again; if it '
            "happens again, a shader runs too long or the driver is at fault."
        )


class GpuOutOfMemoryError(GpuError):
    """The GPU has no memory left for what was asked.

    Attributes:
        what: was to be made.
        live: how much this program uses.
    """

    status = StatusCode.RESOURCE_EXHAUSTED

    def __init__(self, what: str, live: str) -> None:
        self.what, self.live = what, live
        super().__init__(
            f"no GPU memory is left for {what} ({live} in use by this program). Use smaller frames, release "
            "GpuBuffers sooner, or let fewer frames be in flight."
        )


class TextureTooLargeError(GpuError):
    """A texture with a side longer than the device allows, or shorter than one pixel.

    Attributes:
        width, height: that were asked for.
        limit: the longest side that the device allows.
    """

    status = StatusCode.OUT_OF_RANGE

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

    status = StatusCode.UNAVAILABLE


class CudaError(GpuError):
    """CUDA refused a call.

    Attributes:
        function: of CUDA's runtime.
        code: what it returned.
    """

    def __init__(self, function: str, code: int, text: str) -> None:
        self.function, self.code = function, code
        blind, codes = _CANNOT_SEE_OPENGL
        super().__init__(
            f"{function} failed: {text} (error {code}). GRAPHKIT_CUDA_INTEROP=0 does without; if it happens with "
            "an up-to-date driver, report it.",
            fix=_GL_NAMES if function == blind and code in codes else "",
        )


class WrongThreadError(GpuError):
    """OpenGL was called from a thread on which the context is not current.

    Attributes:
        what: was called.
        context: its name.
        thread: the thread of the call.
    """

    status = StatusCode.FAILED_PRECONDITION

    def __init__(self, what: str, context: str, thread: str) -> None:
        self.what, self.context, self.thread = what, context, thread
        super().__init__(
            f'{what} was called on thread "{thread}", but GL context "{context}" has a thread of its own. '
            "Wrap the code: helper.run_in_gl_context(function)."
        )


class GpuReleasedError(GpuError):
    """A GPU object was used after it was released."""

    status = StatusCode.FAILED_PRECONDITION
