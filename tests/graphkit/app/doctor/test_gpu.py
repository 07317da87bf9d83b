"""EGL, its devices, and what is said where they are missing."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from graphkit.app.doctor import Status, gpu
from graphkit.app.doctor.hardware import Hardware
from graphkit.errors import CudaError, CudaUnavailableError, GlVersionError, GpuError, NoEglError, NoGpuDeviceError
from graphkit.gpu import GpuDevice
from graphkit.gpu import _devices as devices
from graphkit.gpu import _egl as egl
from graphkit.gpu._cuda import CudaRuntime
from graphkit.gpu._egl import EglDisplay

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit.app.doctor import Fact

NOTHING = Hardware()
NVIDIA = Hardware(nvidia=("/dev/nvidia0",))
RENDER = Hardware(render=("/dev/dri/renderD128",))
CLOSED = Hardware(render=("/dev/dri/renderD128",), closed=("/dev/dri/renderD128",))
CARD = GpuDevice(0, 11, "NVIDIA /dev/dri/card0", software=False, cuda=0)
MESA = GpuDevice(1, 12, "software (Mesa)", software=True)
FAILS = "eglInitialize failed (EGL_NOT_INITIALIZED 0x3001)"


class Library:
    """Stands for libEGL: answers questions about a display."""

    def call(self, name: str, display: int, text: int) -> bytes:
        assert name == "eglQueryString"
        return {0x3053: b"Vendor", 0x3054: b"1.5"}[text]


class Context:
    """Stands for a GlContext."""

    max_texture_size = 16384
    vendor = "V"

    def __init__(self, name: str, display: EglDisplay) -> None:
        self.software = "software" in display.name
        self.gl: Any = type(
            "Gl",
            (),
            {"info": {"GL_VERSION": "4.6", "GL_RENDERER": "R", "GL_VENDOR": self.vendor}, "version_code": 460},
        )
        self.closed = False

    def run(self, function: Callable[[], Any]) -> Any:
        return function()

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch):
    """Make a machine of devices, hardware, and devices that do not start; returns the facts of the check."""
    monkeypatch.delenv(devices.ENVIRONMENT, raising=False)

    def look(*found: GpuDevice, hardware: Hardware = NOTHING, dead: tuple[int, ...] = ()) -> dict[str, Fact]:
        def display(library: Any, device: int, name: str) -> EglDisplay:
            if device in dead:
                raise GpuError(f"{name}: {FAILS}")
            return EglDisplay(library, device, name, frozenset())

        monkeypatch.setattr(gpu, "find_hardware", lambda: hardware)
        monkeypatch.setattr(egl, "library", Library)
        monkeypatch.setattr(devices, "list_devices", lambda library=None: found)
        monkeypatch.setattr(EglDisplay, "open", display)
        monkeypatch.setattr("graphkit.gpu.GlContext", Context)
        return {fact.label: fact for fact in gpu.check()}

    return look


def test_here() -> None:
    found = {fact.label: fact for fact in gpu.check()}
    assert found["moderngl"].status is Status.OK
    assert "EGL" in found


def test_a_card_and_mesa(machine) -> None:
    found = machine(CARD, MESA, hardware=NVIDIA)
    assert {fact.status for fact in found.values()} == {Status.OK}
    assert found["EGL"].found == "2 devices"
    assert found["device 0"].found == "NVIDIA /dev/dri/card0, cuda:0 (Vendor, EGL 1.5)"
    assert found["device 1"].found == "software (Mesa) (Vendor, EGL 1.5)"
    assert (
        found["taken"].found == "device 0, NVIDIA /dev/dri/card0: the first that works, hardware before software"
    )
    assert found["OpenGL"].found == "4.6, textures up to 16384x16384"
    assert found["renderer"].found == "R (V)"
    assert "tensors" not in found


@pytest.mark.parametrize(
    ("devices_of_cuda", "status", "told"),
    [
        pytest.param((1,), Status.OK, "read by cuda:1 where OpenGL writes them", id="cuda"),
        pytest.param((), Status.ABSENT, "copied through memory: CUDA may not use this device", id="hidden"),
        pytest.param(
            CudaUnavailableError("no driver"), Status.ABSENT, "copied through memory: no driver", id="none"
        ),
        pytest.param(CudaError("cudaGLGetDevices", 999, "odd"), Status.WARNING, "odd", id="failing"),
    ],
)
def test_tensors_on_a_card(
    machine, monkeypatch: pytest.MonkeyPatch, devices_of_cuda: Any, status: Status, told: str
) -> None:
    class Cuda:
        def gl_devices(self) -> tuple[int, ...]:
            if isinstance(devices_of_cuda, Exception):
                raise devices_of_cuda
            return devices_of_cuda

    monkeypatch.setattr(Context, "vendor", "NVIDIA Corporation")
    monkeypatch.setattr(CudaRuntime, "load", Cuda)
    fact = machine(CARD, hardware=NVIDIA)["tensors"]
    assert fact.status is status
    assert told in fact.found


def test_mesa_alone(machine) -> None:
    found = machine(MESA)
    assert found["taken"].found == "device 1, software (Mesa): software rendering; there is no other"
    assert found["renderer"].found == "R (V), software: the CPU draws"
    hardware = found["hardware"]
    assert (hardware.found, hardware.status) == ("no GPU is visible here", Status.ABSENT)
    assert "NVIDIA_DRIVER_CAPABILITIES=all" in hardware.fix


def test_a_device_that_was_asked_for(machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(devices.ENVIRONMENT, "software")
    found = machine(CARD, MESA, hardware=NVIDIA)
    assert found["taken"].found == "device 1, software (Mesa): GRAPHKIT_GPU_DEVICE=software asks for it"


def test_a_device_that_is_not_there(machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(devices.ENVIRONMENT, "cuda:3")
    taken = machine(CARD, MESA)["taken"]
    assert (taken.found, taken.status) == ('none: no GPU device answers to "cuda:3"', Status.WARNING)
    assert taken.fix.startswith("set GRAPHKIT_GPU_DEVICE to one of: 0: NVIDIA")


def test_a_card_that_does_not_start(machine) -> None:
    found = machine(CARD, MESA, hardware=CLOSED, dead=(11,))
    card = found["device 0"]
    assert (card.found, card.status) == (f"{CARD.name}, cuda:0: {CARD.name}: {FAILS}", Status.ABSENT)
    assert card.fix == "this user may not open it: sudo usermod -aG render,video $USER"
    assert found["taken"].found.endswith("software rendering; no hardware device works")


@pytest.mark.parametrize(
    ("hardware", "fix"),
    [
        pytest.param(CLOSED, "usermod -aG render,video $USER, then log in again", id="closed"),
        pytest.param(NVIDIA, "EGL does not know NVIDIA's library: install libnvidia-gl", id="nvidia"),
        pytest.param(RENDER, "apt-get install libgl1-mesa-dri", id="another"),
    ],
)
def test_hardware_that_is_not_used(hardware: Hardware, fix: str, machine) -> None:
    fact = machine(MESA, hardware=hardware)["hardware"]
    assert (fact.found, fact.status) == (f"{hardware} is there, but not used", Status.WARNING)
    assert fix in fact.fix


@pytest.mark.parametrize(
    ("found", "dead", "lack"),
    [
        pytest.param((), (), "EGL finds no device: no driver has registered one (/usr/share/", id="none"),
        pytest.param((MESA,), (12,), "no GPU device can be initialised: software (Mesa): ", id="none starts"),
    ],
)
def test_no_device(found: tuple[GpuDevice, ...], dead: tuple[int, ...], lack: str, machine) -> None:
    taken = machine(*found, dead=dead)["taken"]
    assert taken.found.startswith(f"none: {lack}")
    assert taken.status is Status.ABSENT
    assert taken.fix.startswith("apt-get install libegl-mesa0 libgl1-mesa-dri  # Mesa's driver")


@pytest.mark.parametrize(
    ("hardware", "status", "fix"),
    [
        pytest.param(Hardware(), Status.ABSENT, "apt-get install libegl1 libgl1-mesa-dri  # brings", id="no GPU"),
        pytest.param(NVIDIA, Status.WARNING, "apt-get install libegl1, and libnvidia-gl of the", id="nvidia"),
    ],
)
def test_no_egl(hardware: Hardware, status: Status, fix: str, machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise NoEglError("libEGL.so.1", "x") from OSError("file too short")

    machine()
    monkeypatch.setattr(egl, "library", missing)
    monkeypatch.setattr(gpu, "find_hardware", lambda: hardware)
    fact = {fact.label: fact for fact in gpu.check()}["EGL"]
    assert fact.found == "libEGL.so.1 cannot be loaded (file too short); graphs on the GPU do not run"
    assert fact.status is status
    assert fact.fix.startswith(fix)


def test_a_library_that_egl_needs_is_missing(machine, monkeypatch: pytest.MonkeyPatch) -> None:
    lack = "libGLdispatch.so.0: cannot open shared object file: No such file or directory"

    def missing() -> None:
        raise NoEglError("libEGL.so.1", lack) from OSError(lack)

    machine()
    monkeypatch.setattr(egl, "library", missing)
    fact = {fact.label: fact for fact in gpu.check()}["EGL"]
    assert fact.found == f"libEGL.so.1 cannot be loaded ({lack}); graphs on the GPU do not run"
    assert fact.fix == "apt-get install libglvnd0"


def test_a_library_that_is_no_egl(machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def odd() -> None:
        raise AttributeError("undefined symbol: eglGetProcAddress")

    machine()
    monkeypatch.setattr(egl, "library", odd)
    fact = {fact.label: fact for fact in gpu.check()}["EGL"]
    assert (fact.found, fact.status) == (
        "AttributeError: undefined symbol: eglGetProcAddress",
        Status.ABSENT,
    )


@pytest.mark.parametrize(
    ("error", "found"),
    [
        pytest.param(None, "not installed (no module moderngl)", id="missing"),
        pytest.param(
            ModuleNotFoundError("No module named 'moderngl.mgl'", name="moderngl.mgl"),
            "not installed (no module moderngl.mgl)",
            id="without its compiled part",
        ),
        pytest.param(OSError("no X11"), "OSError: no X11", id="broken"),
    ],
)
def test_moderngl_that_cannot_be_imported(
    error: Exception | None, found: str, machine, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    monkeypatch.setitem(sys.modules, "moderngl", None)
    if isinstance(error, ModuleNotFoundError):
        monkeypatch.setitem(sys.modules, "moderngl", ModuleType("moderngl"))
        monkeypatch.setitem(sys.modules, str(error.name), None)
    elif error is not None:
        monkeypatch.delitem(sys.modules, "moderngl")
        monkeypatch.delitem(sys.modules, "moderngl.mgl", raising=False)
        (tmp_path / "moderngl.py").write_text(f"raise {error!r}")
        monkeypatch.syspath_prepend(tmp_path)
    facts = machine(MESA)
    assert (facts["moderngl"].found, facts["moderngl"].status) == (found, Status.WARNING)
    assert "moderngl" in facts["moderngl"].fix
    assert "taken" in facts
    assert "OpenGL" not in facts


def test_a_driver_that_is_too_old(machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, display: EglDisplay) -> None:
        raise GlVersionError(display.name, "3.3", "only 2.1")

    machine(MESA)
    monkeypatch.setattr("graphkit.gpu.GlContext", refuse)
    fact = {fact.label: fact for fact in gpu.check()}["OpenGL"]
    assert fact.status is Status.WARNING
    assert fact.found.startswith("GlVersionError: software (Mesa) makes no OpenGL 3.3 core context (only 2.1)")


def test_the_message_that_is_split_has_two_sentences() -> None:
    assert ". " in str(NoGpuDeviceError("none"))


def test_a_card_that_starts_and_makes_no_context(machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is split up, say: the device that graphs take is told, and why not the card."""

    def begin(self: Context, name: str, display: EglDisplay) -> None:
        if "NVIDIA" in display.name:
            raise GlVersionError(display.name, "3.3", "eglCreateContext failed: EGL_BAD_MATCH 0x3009")
        original(self, name, display)

    original = Context.__init__
    monkeypatch.setattr(Context, "__init__", begin)
    found = machine(CARD, MESA, hardware=NVIDIA)
    assert found["taken"].found == "device 1, software (Mesa): software rendering; no hardware device works"
    fact = found["not taken"]
    assert fact.status is Status.WARNING
    assert fact.found.startswith("NVIDIA /dev/dri/card0 makes no OpenGL 3.3 core context (eglCreateContext failed")
    assert "split up (MIG)" in fact.found
    assert "software: the CPU draws" in found["renderer"].found
