"""Calculators and options that the tests of this folder name in their configs."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import pytest

from graphkit import (
    AnyType,
    Calculator,
    GraphService,
    Input,
    OneOf,
    Options,
    Output,
    SameAs,
    SideInput,
    SideOutput,
    calculator,
    option,
    options,
)

if TYPE_CHECKING:
    from pathlib import Path


class ImageFrame:
    """Stands for a picture on the CPU."""


class GpuBuffer:
    """Stands for a picture on the GPU."""


class CfgMode(enum.IntEnum):
    OFF = 0
    FAST = 1
    BEST = 4


@options("cfgtest.CfgOptions.Range")
class CfgRange:
    low: float = option(1, "float", default=0.0)
    high: float | None = option(2, "float")


@options("cfgtest.CfgOptions", extension=510000001)
class CfgOptions:
    count: int = option(1, default=7)
    ratio: float = option(2, "double", default=0.5)
    label: str = option(3, default="none")
    enabled: bool | None = option(4)
    mode: CfgMode = option(5, default=CfgMode.FAST)
    window: CfgRange | None = option(6)
    windows: list[CfgRange] = option(7)
    strides: list[int] = option(8)
    names: list[str] = option(9)
    modes: list[CfgMode] = option(10)
    data: bytes = option(11, default=b"")
    color: object = option(12, "mediapipe.Color")
    big: int | None = option(13, "uint64")


@options("cfgtest.CfgGraphOptions", extension=510000002)
class CfgGraphOptions:
    count: int | None = option(1)
    label: str | None = option(2)
    strides: list[int] = option(3)
    window: CfgRange | None = option(4)
    inner: CfgOptions | None = option(5)


LAMP = GraphService[str]("lamp")


@calculator
class CfgPass(Calculator):
    """Passes one stream of any type."""

    source = Input(AnyType)
    result = Output(SameAs(source))
    options = Options(CfgOptions)


@calculator
class CfgInt(Calculator):
    """A source of ints."""

    out = Output(int, "OUT")


@calculator
class CfgFrames(Calculator):
    """A source of CPU frames."""

    out = Output(ImageFrame, "OUT")


@calculator
class CfgGpuFrames(Calculator):
    """A source of GPU frames."""

    out = Output(GpuBuffer, "OUT")


@calculator
class CfgEither(Calculator):
    """Takes CPU or GPU frames and gives the same."""

    image = Input(OneOf(ImageFrame, GpuBuffer), "IMAGE")
    out = Output(SameAs(image), "IMAGE")


@calculator
class CfgCpuSink(Calculator):
    """Reads CPU frames."""

    image = Input(ImageFrame, "IMAGE")
    text = Input(str, "TEXT", optional=True)


@calculator
class CfgGpuSink(Calculator):
    """Reads GPU frames."""

    image = Input(GpuBuffer, "IMAGE")


@calculator
class CfgJoin(Calculator):
    """Joins any number of ints, with settings from side packets."""

    values = Input(int, "VALUE", repeated=True)
    size = SideInput(int, "SIZE", value_optional=True)
    model = SideInput(str, "MODEL")
    out = Output(int, "OUT", optional=True)
    ready = SideOutput(bool, "READY", optional=True)
    options = Options(CfgOptions)
    input_stream_handler = "ImmediateInputStreamHandler"


@calculator
class CfgModel(Calculator):
    """Makes a side packet."""

    model = SideOutput(str, "MODEL")

    @classmethod
    def update_contract(cls, cc):
        cc.use_service(LAMP, optional=cc.node_name == "calm")


@calculator
class CfgLoop(Calculator):
    """Closes cycles."""

    main = Input(AnyType, "MAIN")
    loop = Input(AnyType, "LOOP")
    out = Output(SameAs(main), "OUT")


@calculator
class CfgBroken(Calculator):
    """Refuses every config."""

    @classmethod
    def update_contract(cls, cc):
        raise RuntimeError("not today")


@calculator
class CfgPicky(Calculator):
    """Refuses configs without a picture."""

    rgb = Input(ImageFrame, "RGB", optional=True)

    @classmethod
    def update_contract(cls, cc):
        if not cc.inputs.count("RGB"):
            raise RuntimeError("no picture")


@calculator
def CfgFunction(image: ImageFrame, *, strength: float = 1.5) -> ImageFrame:  # noqa: N802
    """A calculator made from a function."""
    return image


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working folder; returns a function that writes a file into it."""
    monkeypatch.chdir(tmp_path)

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write
