"""Machines with one card, several, and cards that start and draw nothing: which is taken, and what is said."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from graphkit.errors import CudaError, GlVersionError, NoGpuDeviceError
from graphkit.gpu import list_devices
from graphkit.gpu._devices import ENVIRONMENT, take_device
from graphkit.gpu._egl import Egl, EglContext, EglDisplay, EglFault
from graphkit.gpu._visible import ENVIRONMENT as VISIBLE
from graphkit.gpu._visible import number_in_cuda

NVIDIA = "EGL_NV_device_cuda EGL_EXT_device_query_name EGL_EXT_device_persistent_id"
UUIDS = [UUID(int=0xA0000000000000000000000000000000 + i) for i in range(4)]
NO_CONTEXT = "eglCreateContext failed: EGL_BAD_MATCH 0x3009"
DRAWS_NOTHING = "A card that is split up (MIG), and one with a driver for computing only, draws nothing."


@dataclass
class Device:
    """A device of a machine.

    Attributes:
        name: of what draws.
        cuda: its number among all, None for Mesa's.
        starts, makes: whether its display starts and makes contexts.
        renders: what OpenGL calls what draws.
    """

    name: str
    cuda: int | None = None
    starts: bool = True
    makes: bool = True
    renders: str = "a card"

    @property
    def extensions(self) -> str:
        if self.name.startswith("software"):
            return "EGL_MESA_device_software"
        return NVIDIA if self.cuda is not None else "EGL_EXT_device_query_name"


MESA = Device("software", renders="llvmpipe (LLVM 19)")
"""What Mesa offers on every machine."""


class Machine(Egl):
    """EGL of a machine of devices, as a vendor-neutral library shows them."""

    def __init__(self, *devices: Device, extensions: frozenset[str] = frozenset()) -> None:
        self.devices, self.more = devices, extensions
        self.configs: list[tuple[Any, ...]] = []

    def has(self, name: str) -> bool:
        return True

    def error(self) -> EglFault:
        return EglFault(0x3009)

    def extensions(self, display: int | None = None) -> frozenset[str]:
        return self.more or frozenset({"EGL_KHR_surfaceless_context", "EGL_KHR_no_config_context"})

    def call(self, name: str, *arguments: Any) -> Any:
        return getattr(self, f"_{name}", lambda *_: 1)(*arguments)

    def _eglQueryDevicesEXT(self, limit: int, handles: Any, count: Any) -> int:  # noqa: N802
        for i in range(len(self.devices)):
            handles[i] = i + 1
        count._obj.value = len(self.devices)
        return 1

    def _eglQueryDeviceStringEXT(self, handle: int, name: int) -> bytes:  # noqa: N802
        device = self.devices[handle - 1]
        return (device.extensions if name == 0x3055 else device.name).encode()

    def _eglQueryDeviceAttribEXT(self, handle: int, name: int, value: Any) -> int:  # noqa: N802
        value._obj.value = self.devices[handle - 1].cuda
        return 1

    def _eglQueryDeviceBinaryEXT(self, handle: int, name: int, room: int, value: Any, size: Any) -> int:  # noqa: N802
        assert (name, room) == (0x335C, 16)
        value.raw = UUIDS[self.devices[handle - 1].cuda or 0].bytes
        size._obj.value = 16
        return 1

    def _eglGetPlatformDisplayEXT(self, platform: int, handle: int, attributes: Any) -> int:  # noqa: N802
        return handle

    def _eglInitialize(self, handle: int, major: Any, minor: Any) -> int:  # noqa: N802
        return int(self.devices[handle - 1].starts)

    def _eglChooseConfig(self, display: int, wanted: Any, found: Any, room: int, count: Any) -> int:  # noqa: N802
        found[0], count._obj.value = 0xC0, 1
        return 1

    def _eglCreateContext(self, display: int, config: Any, share: Any, wanted: Any) -> int:  # noqa: N802
        self.configs.append((config, *wanted))
        return int(self.devices[display - 1].makes)


class Drawn:
    """A context on a device of a `Machine`."""

    ended: list[str] = []  # noqa: RUF012 - emptied by the fixture

    def __init__(self, display: EglDisplay) -> None:
        EglContext(display)
        machine: Any = display.egl
        self.device: Device = machine.devices[display.handle - 1]
        self.software = "llvmpipe" in self.device.renders

    def close(self) -> None:
        self.ended.append(self.device.name)


@pytest.fixture(autouse=True)
def _as_if_nobody_chose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    monkeypatch.delenv(VISIBLE, raising=False)
    Drawn.ended.clear()


MIG = Device("NVIDIA H100", cuda=0, makes=False)
DEAD = Device("NVIDIA T4", cuda=0, starts=False)
CARD = Device("NVIDIA L4", cuda=0)
SECOND = Device("NVIDIA A100", cuda=1)
NOUVEAU = Device("GV100", renders="llvmpipe (LLVM 19)")


@pytest.mark.parametrize(
    ("machine", "wish", "taken", "told"),
    [
        pytest.param((CARD, MESA), None, CARD, "", id="a card"),
        pytest.param((MESA, CARD), None, CARD, "", id="a card behind Mesa"),
        pytest.param((CARD, SECOND, MESA), None, CARD, "", id="the first of two"),
        pytest.param((SECOND, CARD), "cuda:0", CARD, "", id="in another order than CUDA's"),
        pytest.param((MIG, MESA), None, MESA, NO_CONTEXT, id="starts and makes no context"),
        pytest.param((DEAD, MESA), None, MESA, "eglInitialize failed", id="does not start"),
        pytest.param((MIG, SECOND, MESA), None, SECOND, "", id="the one that draws"),
        pytest.param((NOUVEAU, CARD, MESA), None, CARD, "", id="Mesa on the card's node"),
        pytest.param(
            (NOUVEAU, MESA), None, NOUVEAU, "its driver draws there", id="Mesa on the card's node, alone"
        ),
        pytest.param((MESA,), None, MESA, "", id="no card"),
    ],
)
def test_which_is_taken(
    machine: tuple[Device, ...], wish: str | None, taken: Device, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "graphkit.gpu"):
        found = take_device(Drawn, wish, Machine(*machine))
    assert found.drawing.device is taken
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == bool(told)
    assert all(line.startswith("OpenGL draws on the CPU (") and told in line for line in lines)
    others = [device.name for device in machine if "llvmpipe" in device.renders and device is not taken]
    assert set(Drawn.ended) <= set(others), "what was tried and not taken is ended"


def test_a_card_that_was_asked_for_and_does_not_draw() -> None:
    with pytest.raises(GlVersionError) as caught:
        take_device(Drawn, "cuda:0", Machine(MIG, MESA))
    assert str(caught.value).startswith(
        f"NVIDIA H100 makes no OpenGL 3.3 core context ({NO_CONTEXT}). {DRAWS_NOTHING} Update its driver"
    )


def test_several_that_do_not_draw() -> None:
    with pytest.raises(NoGpuDeviceError, match=r"initialised: NVIDIA T4: eglInitialize .*; NVIDIA H100 makes no"):
        take_device(Drawn, "nvidia", Machine(DEAD, MIG, MESA))


@pytest.mark.parametrize(
    ("visible", "numbers"),
    [
        pytest.param(None, [0, 1, 2], id="all"),
        pytest.param("2,0", [1, None, 0], id="in another order"),
        pytest.param("1", [None, 0, None], id="one"),
        pytest.param(" 1 , 2 ", [None, 0, 1], id="with spaces"),
        pytest.param("1,-1,2", [None, 0, None], id="none after -1"),
        pytest.param("", [None, None, None], id="none"),
        pytest.param(f"GPU-{UUIDS[2]},GPU-{UUIDS[0]}", [1, None, 0], id="by UUID"),
        pytest.param("MIG-5c3d", [None, None, None], id="a part of one"),
    ],
)
def test_numbers_in_cuda(visible: str | None, numbers: list[int | None], monkeypatch: pytest.MonkeyPatch) -> None:
    if visible is not None:
        monkeypatch.setenv(VISIBLE, visible)
    assert [number_in_cuda(number, str(UUIDS[number])) for number in range(3)] == numbers


def test_the_choice_is_by_the_number_that_the_program_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(CARD, SECOND, MESA)
    monkeypatch.setenv(VISIBLE, "1,0")
    assert [device.cuda for device in list_devices(machine)] == [1, 0, None]
    assert take_device(Drawn, "cuda:0", machine).drawing.device is SECOND
    monkeypatch.setenv(VISIBLE, "1")
    assert str(list_devices(machine)[0]) == "0: NVIDIA L4"
    with pytest.raises(NoGpuDeviceError, match='no GPU device answers to "cuda:1"'):
        take_device(Drawn, "cuda:1", machine)


@pytest.mark.parametrize(
    ("extensions", "config"),
    [
        pytest.param({"EGL_KHR_surfaceless_context", "EGL_KHR_no_config_context"}, None, id="neither"),
        pytest.param({"EGL_KHR_surfaceless_context", "EGL_MESA_configless_context"}, None, id="Mesa's name"),
        pytest.param({"EGL_KHR_surfaceless_context"}, 0xC0, id="a config"),
        pytest.param({"EGL_KHR_no_config_context"}, 0xC0, id="a surface"),
        pytest.param({"EGL_KHR_fence_sync"}, 0xC0, id="both"),
    ],
)
def test_with_and_without_surface_and_config(extensions: set[str], config: int | None) -> None:
    machine = Machine(CARD, extensions=frozenset(extensions))
    take_device(Drawn, None, machine)
    assert machine.configs[0][0] == config


@pytest.mark.parametrize("version", [(4, 6), (4, 5), (4, 3), (3, 3)], ids=lambda pair: f"{pair[0]}.{pair[1]}")
@pytest.mark.parametrize("tells", [True, False], ids=["tells of resets", "does not"])
def test_the_newest_version_that_there_is(version: tuple[int, int], tells: bool) -> None:
    class Older(Machine):
        def _eglCreateContext(self, display: int, config: Any, share: Any, wanted: Any) -> int:  # noqa: N802
            asked = (wanted[1], wanted[3])
            return int(asked <= version and (tells or 0x31BD not in tuple(wanted)))

    machine = Older(CARD)
    context = EglContext(EglDisplay.open(machine, 1, "card"))
    assert context.tells_of_resets is tells


@pytest.mark.parametrize(
    ("function", "code", "mends"),
    [
        pytest.param("cudaGLGetDevices", 304, True, id="operating system"),
        pytest.param("cudaGLGetDevices", 999, True, id="unknown"),
        pytest.param("cudaGLGetDevices", 35, False, id="old driver"),
        pytest.param("cudaGraphicsMapResources", 999, False, id="another call"),
    ],
)
def test_cuda_that_does_not_find_opengl_says_what_mends_it(function: str, code: int, mends: bool) -> None:
    error = CudaError(function, code, "as planned")
    assert ("apt-get install libgl1 libopengl0" in error.fix) is mends
