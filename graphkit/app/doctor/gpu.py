"""OpenGL without a display: EGL, its devices, which one is taken, and a context on it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from graphkit._process.requirements import installed
from graphkit.app.doctor.facts import Fact, Status
from graphkit.app.doctor.hardware import Hardware, find_hardware
from graphkit.app.doctor.installers import apt_install
from graphkit.app.doctor.packages import version_fact
from graphkit.app.doctor.repairs import failed, fix_of, missing_library
from graphkit.errors import CudaUnavailableError, GpuError, NoEglError, NoGpuDeviceError

if TYPE_CHECKING:
    from graphkit.gpu import GlContext, GpuDevice
    from graphkit.gpu._egl import Egl, EglDisplay

_VENDOR, _VERSION = 0x3053, 0x3054
_SOFTWARE: Final = ("libegl1", "libgl1-mesa-dri")
"""Packages of Debian and Ubuntu that make OpenGL without a GPU."""
_MESA: Final = ("libegl-mesa0", "libgl1-mesa-dri")
_NO_HARDWARE: Final = (
    "a GPU and its vendor's driver; in a container: docker run --gpus all -e NVIDIA_DRIVER_CAPABILITIES=all"
)


def check() -> list[Fact]:
    """Load EGL, try every device, and make a context on the one that graphs would take."""
    hardware = find_hardware()
    moderngl = _moderngl()
    facts = [moderngl, *_egl_facts(hardware, draws=moderngl.status is Status.OK)]
    return facts if hardware else [*facts, Fact("hardware", "no GPU is visible here", Status.ABSENT, _NO_HARDWARE)]


def _moderngl() -> Fact:
    try:
        import moderngl.mgl  # noqa: F401 - moderngl itself can be imported without it, and does nothing then
    except Exception as exc:  # its extension module may lack a library
        return failed("moderngl", exc, Status.WARNING, "moderngl")
    return version_fact("moderngl", installed("moderngl").get("moderngl", ""), Status.WARNING)


def _egl_facts(hardware: Hardware, *, draws: bool) -> list[Fact]:
    """Return what EGL has to offer; *draws* says whether a context can be made of it."""
    from graphkit.gpu import _devices as devices
    from graphkit.gpu import _egl as egl

    missing = Status.WARNING if hardware else Status.ABSENT
    try:
        library = egl.library()
        found = devices.list_devices(library)
    except NoEglError as exc:
        lack = f"{exc.library} cannot be loaded ({exc.__cause__}); graphs on the GPU do not run"
        below = missing_library(exc.__cause__)
        needs_more = below not in ("", exc.library)
        return [Fact("EGL", lack, missing, fix_of(below) if needs_more else library_fix(hardware))]
    except (GpuError, AttributeError) as exc:  # AttributeError: a library that lacks a function of EGL
        return [failed("EGL", exc, missing)]
    facts = [Fact("EGL", f"{len(found)} device{'' if len(found) == 1 else 's'}")]
    facts += [_device(library, device) for device in found]
    try:
        device, told = _drawn(library) if draws else (devices.open_display(egl=library)[0], [])
    except NoGpuDeviceError as exc:
        return [*facts, _none_taken(exc, missing)]
    except GpuError as exc:
        return [*facts, failed("OpenGL", exc, Status.WARNING)]
    facts.append(Fact("taken", f"device {device.index}, {device.name}: {_reason(device, found)}"))
    return facts + told + ([_unused(hardware)] if device.software and hardware else [])


def _drawn(library: Egl) -> tuple[GpuDevice, list[Fact]]:
    """Make a context as graphs do; return its device, and what it says and why others were not taken."""
    from graphkit.gpu import GlContext
    from graphkit.gpu import _devices as devices

    taken = devices.take_device(lambda display: GlContext("doctor", display), egl=library)
    refused = [Fact("not taken", failure, Status.WARNING) for failure in taken.failures]
    return taken.device, [*refused, *_context(taken.drawing)]


def library_fix(hardware: Hardware) -> str:
    """Return what brings EGL for the GPU of this machine."""
    if hardware.nvidia or hardware.driver:
        return (
            f"{apt_install('libegl1')}, and libnvidia-gl of the driver's version; in a container: "
            "NVIDIA_DRIVER_CAPABILITIES=all"
        )
    return f"{apt_install(*_SOFTWARE)}  # brings software rendering"


def _device(library: Egl, device: GpuDevice) -> Fact:
    from graphkit.gpu._egl import EglDisplay

    label = f"device {device.index}"
    cuda = "" if device.cuda is None else f", cuda:{device.cuda}"
    try:
        display = EglDisplay.open(library, device.handle, device.name)
    except GpuError as exc:
        fix = "this user may not open it: sudo usermod -aG render,video $USER" if find_hardware().closed else ""
        return Fact(label, f"{device.name}{cuda}: {exc}", Status.ABSENT, fix)
    return Fact(label, f"{device.name}{cuda} ({_texts(library, display)})")


def _texts(library: Egl, display: EglDisplay) -> str:
    vendor, version = (library.call("eglQueryString", display.handle, name) for name in (_VENDOR, _VERSION))
    return f"{(vendor or b'?').decode()}, EGL {(version or b'?').decode()}"


def _none_taken(error: NoGpuDeviceError, missing: Status) -> Fact:
    from graphkit.gpu import _devices as devices

    asked = bool(os.environ.get(devices.ENVIRONMENT))
    if error.devices:
        fix = f"set {devices.ENVIRONMENT} to one of: {'; '.join(error.devices)}"
    else:
        fix = f"{apt_install(*_MESA)}  # Mesa's driver works on any machine; or install the vendor's"
    return Fact("taken", f"none: {error.lack}", Status.WARNING if asked else missing, fix)


def _reason(device: GpuDevice, found: tuple[GpuDevice, ...]) -> str:
    from graphkit.gpu import _devices as devices

    if wish := os.environ.get(devices.ENVIRONMENT):
        return f"{devices.ENVIRONMENT}={wish} asks for it"
    if not device.software:
        return "the first that works, hardware before software"
    if all(other.software for other in found):
        return "software rendering; there is no other"
    return "software rendering; no hardware device works"


def _context(context: GlContext) -> list[Fact]:
    """Ask a context what it is, and end it."""
    try:
        info: dict[str, Any] = context.run(lambda: dict(context.gl.info))
        cuda = [_cuda(context)] if "NVIDIA" in info["GL_VENDOR"] else []
        size = context.max_texture_size
    finally:
        context.close()
    drawn = ", software: the CPU draws" if context.software else ""
    return [
        Fact("OpenGL", f"{info['GL_VERSION']}, textures up to {size}x{size}"),
        Fact("renderer", f"{info['GL_RENDERER']} ({info['GL_VENDOR']}){drawn}"),
        *cuda,
    ]


def _cuda(context: GlContext) -> Fact:
    """Say whether models on CUDA can read what OpenGL writes, as far as that shows before the first tensor."""
    from graphkit.gpu._cuda_interop import runtime_for

    try:
        devices = context.run(runtime_for(context).gl_devices)
    except CudaUnavailableError as exc:
        return Fact("tensors", f"copied through memory: {exc}", Status.ABSENT)
    except GpuError as exc:
        return failed("tensors", exc, Status.WARNING)
    if not devices:
        return Fact("tensors", "copied through memory: CUDA may not use this device", Status.ABSENT)
    return Fact("tensors", f"read by cuda:{devices[0]} where OpenGL writes them")


def _unused(hardware: Hardware) -> Fact:
    if hardware.closed:
        fix = "this user may not open it: sudo usermod -aG render,video $USER, then log in again"
    elif hardware.nvidia or hardware.driver:
        fix = (
            "EGL does not know NVIDIA's library: install libnvidia-gl of the driver's version; in a container: "
            "NVIDIA_DRIVER_CAPABILITIES=all"
        )
    else:
        fix = apt_install("libgl1-mesa-dri")
    return Fact("hardware", f"{hardware} is there, but not used", Status.WARNING, fix)
