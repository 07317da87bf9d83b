from __future__ import annotations

import ctypes
from typing import Any

import pytest

from graphkit.errors import GlContextLostError, GlVersionError, GpuError, NoEglError, NoGpuDeviceError
from graphkit.gpu import list_devices
from graphkit.gpu._devices import ENVIRONMENT, candidates, open_display
from graphkit.gpu._egl import Egl, EglContext, EglDisplay, EglFault

SOFTWARE = "EGL_MESA_device_software"
NVIDIA = "EGL_NV_device_cuda EGL_EXT_device_query_name"


class FakeEgl(Egl):
    """EGL with devices made of their extensions; hardware may refuse to start."""

    def __init__(self, *devices: str, broken: tuple[int, ...] = (), contexts: bool = True) -> None:
        self._devices, self._broken, self._contexts = devices, broken, contexts

    def has(self, name: str) -> bool:
        return True

    def error(self) -> EglFault:
        return EglFault(0x3001)

    def extensions(self, display: int | None = None) -> frozenset[str]:
        return frozenset({"EGL_KHR_surfaceless_context", "EGL_KHR_no_config_context"})

    def call(self, name: str, *arguments: Any) -> Any:
        return getattr(self, f"_{name}", lambda *_: 1)(*arguments)

    def _eglQueryDevicesEXT(self, limit: int, handles: Any, count: Any) -> int:  # noqa: N802
        for i in range(len(self._devices)):
            handles[i] = i + 1
        count._obj.value = len(self._devices)
        return 1

    def _eglQueryDeviceStringEXT(self, handle: int, name: int) -> bytes | None:  # noqa: N802
        return self._devices[handle - 1].encode() if name == 0x3055 else b"NVIDIA H100"

    def _eglQueryDeviceAttribEXT(self, handle: int, name: int, value: Any) -> int:  # noqa: N802
        value._obj.value = 3
        return 1

    def _eglGetPlatformDisplayEXT(self, platform: int, handle: int, attributes: Any) -> int:  # noqa: N802
        return handle

    def _eglInitialize(self, handle: int, major: Any, minor: Any) -> int:  # noqa: N802
        return int(handle - 1 not in self._broken)

    def _eglCreateContext(self, *arguments: Any) -> int:  # noqa: N802
        return int(self._contexts)


def test_a_missing_library_says_what_to_install() -> None:
    with pytest.raises(NoEglError, match=r"libNoSuchEGL\.so\.9 cannot be loaded .* apt-get install libegl1"):
        Egl("libNoSuchEGL.so.9")


def test_no_device_says_what_to_install() -> None:
    with pytest.raises(NoGpuDeviceError, match=r"EGL finds no device.*Fix: install a driver"):
        open_display(egl=FakeEgl())


@pytest.fixture(autouse=True)
def _no_choice_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT, raising=False)


def test_devices_are_described() -> None:
    software, nvidia = list_devices(FakeEgl(SOFTWARE, NVIDIA))
    assert (software.name, software.software, software.cuda) == ("software (Mesa)", True, None)
    assert str(nvidia) == "1: NVIDIA H100, cuda:3"


@pytest.mark.parametrize(
    ("wish", "index"),
    [
        pytest.param(None, 1, id="hardware first"),
        pytest.param("0", 0, id="by number"),
        pytest.param("software", 0, id="software"),
        pytest.param("nvidia", 1, id="by name"),
        pytest.param("cuda:3", 1, id="by CUDA number"),
    ],
)
def test_choice(wish: str | None, index: int) -> None:
    assert open_display(wish, FakeEgl(SOFTWARE, NVIDIA))[0].index == index


def test_choice_of_the_environment_gives_way_to_the_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    egl = FakeEgl(SOFTWARE, NVIDIA)
    monkeypatch.setenv(ENVIRONMENT, "software")
    assert candidates(egl=egl)[0].index == 0
    assert candidates("cuda:3", egl)[0].index == 1


def test_an_unknown_choice_lists_the_devices() -> None:
    with pytest.raises(NoGpuDeviceError) as caught:
        open_display("cuda:7", FakeEgl(SOFTWARE, NVIDIA))
    assert 'no GPU device answers to "cuda:7"' in str(caught.value)
    assert "\n  0: software (Mesa)\n  1: NVIDIA H100, cuda:3" in str(caught.value)


def test_hardware_that_does_not_start_gives_way_to_software() -> None:
    assert open_display(egl=FakeEgl(NVIDIA, SOFTWARE, broken=(0,)))[0].index == 1


def test_no_device_that_starts_says_why() -> None:
    with pytest.raises(NoGpuDeviceError, match=r"eglInitialize failed \(EGL_NOT_INITIALIZED 0x3001\)"):
        open_display(egl=FakeEgl(NVIDIA, broken=(0,)))


def test_a_driver_that_is_too_old_is_named() -> None:
    egl = FakeEgl(NVIDIA, contexts=False)
    display = EglDisplay.open(egl, 1, "NVIDIA H100")
    with pytest.raises(GlVersionError, match=r"NVIDIA H100 makes no OpenGL 3\.3 core context .*Update its driver"):
        EglContext(display)


def test_the_device_at_hand_makes_a_context(egl: None) -> None:
    device, display = open_display()
    assert device in list_devices()
    context = EglContext(display)
    assert context.load_opengl_function("glFenceSync")
    context.make_current()
    assert ctypes.c_void_p(display.egl.call("eglGetCurrentContext")).value == context.handle
    context.destroy()
    assert not display.egl.call("eglGetCurrentContext")


@pytest.mark.parametrize(
    ("code", "error", "message"),
    [
        pytest.param(0x300E, GlContextLostError, r'"card" was lost \(EGL_CONTEXT_LOST 0x300e\)', id="lost"),
        pytest.param(0x3003, GpuError, r"^card: eglMakeCurrent failed \(EGL_BAD_ALLOC 0x3003\)$", id="refused"),
        pytest.param(0x4000, GpuError, r"\(error 0x4000\)$", id="no name"),
    ],
)
def test_why_a_context_cannot_be_made_current(
    code: int, error: type[GpuError], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    egl = FakeEgl("")
    context = EglContext(EglDisplay(egl, 1, "card", egl.extensions()))
    monkeypatch.setattr(egl, "error", lambda: EglFault(code))
    monkeypatch.setattr(egl, "call", lambda name, *arguments: int(name != "eglMakeCurrent"))
    with pytest.raises(error, match=message) as caught:
        context.make_current()
    assert type(caught.value) is error
