"""Small calculators that the tests of jobs and of the command line put into their graphs."""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from graphkit import AnyType, Calculator, Input, Options, Output, SideInput, Status, calculator, option, options
from graphkit.formats import (
    Classification,
    ClassificationList,
    ImageFrame,
    LandmarkList,
    NormalizedLandmarkList,
)

if TYPE_CHECKING:
    from graphkit import CalculatorContext


_SIGNALS = {"term": signal.SIGTERM, "hup": signal.SIGHUP}


@options("jobtest.SampleOptions", extension=510100001)
class SampleOptions:
    """at: index of the frame at which something happens; every: of so many frames, one is meant."""

    at: int = option(1, default=0)
    every: int = option(2, default=1)
    phase: str = option(3, default="process")


class _Image(Calculator):
    image = Input(ImageFrame)
    result = Output(ImageFrame)
    options = Options(SampleOptions)

    def open(self, cc: CalculatorContext) -> None:
        self.count = -1

    def process(self, cc: CalculatorContext) -> None:
        self.count += 1
        self.take(cc, self.count)

    def take(self, cc: CalculatorContext, index: int) -> None:
        self.result.send(cc, self.image(cc))


@calculator
class SampleInvert(_Image):
    def take(self, cc: CalculatorContext, index: int) -> None:
        self.result.send(cc, ImageFrame(255 - self.image(cc).data))


@calculator
class SampleGray(_Image):
    def take(self, cc: CalculatorContext, index: int) -> None:
        self.result.send(cc, ImageFrame(np.ascontiguousarray(self.image(cc).data[:, :, 0])))


@calculator
class SampleThin(_Image):
    """Lets one frame of `every` pass."""

    def take(self, cc: CalculatorContext, index: int) -> None:
        if index % self.options(cc).every == 0:
            self.result.send(cc, self.image(cc))


@calculator
class SampleWait(_Image):
    """Passes pictures on once there is a file "go_on", or "go_on_once", which lets one clip pass."""

    def take(self, cc: CalculatorContext, index: int) -> None:
        while not (Path("go_on").exists() or Path("go_on_once").exists()):
            time.sleep(0.01)
        self.result.send(cc, self.image(cc))

    def close(self, cc: CalculatorContext) -> None:
        super().close(cc)
        Path("go_on_once").unlink(missing_ok=True)


@calculator
class SampleFail(_Image):
    """Raises in open, in close, or at frame `at`."""

    def open(self, cc: CalculatorContext) -> None:
        super().open(cc)
        self.fail_in(cc, "open")

    def take(self, cc: CalculatorContext, index: int) -> None:
        if index == self.options(cc).at:
            self.fail_in(cc, "process")
        self.result.send(cc, self.image(cc))

    def close(self, cc: CalculatorContext) -> None:
        self.fail_in(cc, "close")

    def fail_in(self, cc: CalculatorContext, phase: str) -> None:
        if self.options(cc).phase == phase:
            raise ValueError("the sample failed")


@calculator
class SampleLag(_Image):
    """Answers a frame when `every` more have come, without any bound before."""

    timestamp_offset = None

    def open(self, cc: CalculatorContext) -> None:
        super().open(cc)
        self.held: deque[tuple[ImageFrame, int]] = deque()

    def take(self, cc: CalculatorContext, index: int) -> None:
        self.held.append((self.image(cc), cc.input_timestamp))
        if len(self.held) > self.options(cc).every:
            self.result.send(cc, *self.held.popleft())

    def close(self, cc: CalculatorContext) -> None:
        while self.held:
            self.result.send(cc, *self.held.popleft())


@calculator
class SampleSignal(_Image):
    """Sends this process a SIGINT at frame `at`, as Ctrl-C would."""

    def take(self, cc: CalculatorContext, index: int) -> None:
        if index == self.options(cc).at:
            os.kill(os.getpid(), _SIGNALS.get(self.options(cc).phase, signal.SIGINT))
        self.result.send(cc, self.image(cc))


@calculator
class SampleHands(Calculator):
    """Finds a hand in every frame but each `every`-th, two in frame `at`."""

    image = Input(ImageFrame)
    landmarks = Output(list[NormalizedLandmarkList], "LANDMARKS")
    handedness = Output(list[ClassificationList], "HANDEDNESS", optional=True)
    options = Options(SampleOptions)

    def open(self, cc: CalculatorContext) -> None:
        self.count = -1

    def process(self, cc: CalculatorContext) -> None:
        self.count += 1
        if self.count % self.options(cc).every == self.options(cc).every - 1:
            return
        hands = 2 if self.count == self.options(cc).at else 1
        points = np.zeros((21, 5), np.float32)
        points[:, 0] = np.arange(21) / 32
        self.landmarks.send(cc, [NormalizedLandmarkList(points.copy()) for _ in range(hands)])
        sides = [ClassificationList([Classification(i, 0.9, ("Left", "Right")[i])]) for i in range(hands)]
        self.handedness.send(cc, sides)


@calculator
class SampleScale(Calculator):
    """Multiplies by the side packet FACTOR."""

    value = Input(float)
    factor = SideInput(float, "FACTOR")
    result = Output(float)

    def process(self, cc: CalculatorContext) -> None:
        self.result.send(cc, self.value(cc) * self.factor(cc))


@calculator
class SampleAdd(Calculator):
    """Adds two numbers; one that is missing counts as 0."""

    first = Input(float, "A")
    second = Input(float, "B")
    total = Output(float)

    def process(self, cc: CalculatorContext) -> None:
        self.total.send(cc, (self.first.get(cc) or 0.0) + (self.second.get(cc) or 0.0))


@calculator
class SampleSource(Calculator):
    """Thirty pictures, 25 a second, each brighter than the one before."""

    image = Output(ImageFrame)

    def open(self, cc: CalculatorContext) -> None:
        self.count = 0

    def process(self, cc: CalculatorContext) -> Status | None:
        if self.count == 30:
            return Status.STOP
        picture = ImageFrame(np.full((48, 64, 3), 8 * self.count, np.uint8))
        self.image.send(cc, picture, self.count * 40_000)
        self.count += 1
        return None


@calculator
class SampleSlow(Calculator):
    """Tells the time of its input on a thread of its own, a little later."""

    image = Input(AnyType)
    time = Output(int)
    blocking = True

    def process(self, cc: CalculatorContext) -> None:
        time.sleep(0.004)
        self.time.send(cc, int(cc.input_timestamp))


@calculator
class SampleLatest(Calculator):
    """What came last on the slow stream, at the time of each picture."""

    picture = Input(ImageFrame, "PICTURE")
    slow = Input(int, "SLOW")
    latest = Output(int)
    timestamp_offset = None

    def open(self, cc: CalculatorContext) -> None:
        self.last = -1

    def process(self, cc: CalculatorContext) -> None:
        slow = self.slow.get(cc)
        self.last = self.last if slow is None else slow
        if self.picture.get(cc) is not None:
            self.latest.send(cc, self.last, int(cc.inputs.packets[0].timestamp))


class _Script(Calculator):
    """Emits at frame n what SCRIPT has under n."""

    image = Input(ImageFrame)
    script = SideInput(dict, "SCRIPT")

    def open(self, cc: CalculatorContext) -> None:
        self.count = -1

    def process(self, cc: CalculatorContext) -> None:
        self.count += 1
        if self.count in self.script(cc):
            self.result.send(cc, self.script(cc)[self.count])


@calculator
class SamplePose(_Script):
    result = Output(NormalizedLandmarkList)


@calculator
class SampleWorld(_Script):
    result = Output(LandmarkList)


@calculator
class SamplePeople(_Script):
    result = Output(list[NormalizedLandmarkList])


@calculator
class SampleWorlds(_Script):
    result = Output(list[LandmarkList])


@calculator
class SampleIds(_Script):
    result = Output(list[int])


@calculator
class SampleAnything(_Script):
    result = Output(AnyType)


@calculator
class SampleSides(_Script):
    result = Output(list[ClassificationList])
