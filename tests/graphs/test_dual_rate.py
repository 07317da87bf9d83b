"""The dual-rate graph: frames are shown on time, hands are looked for when the machine has time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from graphkit import Calculator, CalculatorGraph, Input, Output, Resources, SideInput, calculator
from graphkit.formats import ImageFrame, NormalizedLandmarkList
from graphkit.framework import CLOCK
from graphkit.gpu import GPU_SERVICE
from graphkit.testing import ManualClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphkit import CalculatorContext, CalculatorContract, Packet
    from graphkit.gpu import GpuResources

PERIOD_US = 33_333
INFERENCE_US = 90_000
HANDLESS = 6 * PERIOD_US
"""The frame on which the test's hand is gone."""


@calculator("TestDualSlowHands")
class SlowHands(Calculator):
    """Stands in for hand tracking: takes 90 ms of the graph's clock; the hand moves right with time."""

    blocking = True

    image = Input(ImageFrame, "IMAGE")
    num_hands = SideInput(int, "NUM_HANDS")
    hands = Output(list[NormalizedLandmarkList], "LANDMARKS")

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        cc.use_service(CLOCK)

    def process(self, cc: CalculatorContext) -> None:
        clock = cc.service(CLOCK)
        assert clock is not None
        clock.sleep_until(clock.now_us() + INFERENCE_US)
        if cc.input_timestamp != HANDLESS:
            points = np.full((21, 3), 0.5, np.float32)
            points[:, 0] = cc.input_timestamp / 1e6
            self.hands.send(cc, [NormalizedLandmarkList.from_xyz(points)])


class Stage:
    """The shipped graph with the stand-in, on a clock that the test moves."""

    def __init__(self, gpu: GpuResources) -> None:
        path = Resources().resolve("mediapipe/graphs/mixed/dual_rate_hand_tracking.pbtxt")
        self.gpu = gpu
        self.clock = ManualClock()
        self.graph = CalculatorGraph(
            path.read_text(encoding="utf-8").replace('"HandLandmarkTrackingCpu"', '"TestDualSlowHands"')
        )
        self.graph.set_service(GPU_SERVICE, gpu)
        self.graph.set_service(CLOCK, self.clock)
        self._rendered = threading.Semaphore(0)
        self.times: list[int] = []
        self.shown_at_us: list[int] = []
        self.hand_of: dict[int, float] = {}
        self.graph.observe_output_stream("output_video", self._on_frame)
        self.graph.observe_output_stream("shown_drawing", self._on_drawing)

    def _on_frame(self, packet: Packet[Any]) -> None:
        self.times.append(int(packet.timestamp))
        self.shown_at_us.append(self.clock.now_us())
        self._rendered.release()

    def _on_drawing(self, packet: Packet[Any]) -> None:
        (drawing,) = packet.payload
        points = [a.data for a in drawing.render_annotations if hasattr(a.data, "x")]
        self.hand_of[int(packet.timestamp)] = round(points[0].x * 1e6)

    def show_frame(self, index: int) -> None:
        """Feed a frame and let the clock reach its time; return when it was rendered."""
        time_us = index * PERIOD_US
        pixels = np.full((48, 64, 3), 90, np.uint8)
        self.graph.add_packet_to_input_stream(
            "input_video", self.gpu.upload(ImageFrame(pixels)), timestamp=time_us
        )
        self._advance_to(time_us)
        assert self._rendered.acquire(timeout=60)

    def _advance_to(self, time_us: int) -> None:
        if time_us > self.clock.now_us():
            self.clock.wait_for_sleepers(1 + self.is_looking, timeout=60)
            self.clock.advance(time_us - self.clock.now_us())

    is_looking = False

    def begin_looking(self) -> None:
        """Wait until the stand-in has a frame."""
        self.clock.wait_for_sleepers(1, timeout=60)
        self.is_looking = True

    def end_looking(self, begun_us: int) -> None:
        """Let the stand-in finish, and its result reach the other path."""
        self.clock.advance(begun_us + INFERENCE_US - self.clock.now_us())
        self.graph.wait_until_idle(60)
        self.is_looking = False


@pytest.fixture
def stage(gpu: GpuResources) -> Iterator[Stage]:
    made = Stage(gpu)
    made.graph.start_run()
    yield made
    made.clock.advance(10**9)
    made.graph.close_all_input_streams()
    made.graph.wait_until_done(60)


def play(stage: Stage, frames: int) -> None:
    """Play frames at 30 a second; inference of 90 ms takes every third, and ends between two frames."""
    for index in range(frames):
        stage.show_frame(index)
        if index % 3 == 0:
            stage.begin_looking()
        if index % 3 == 2:
            stage.end_looking((index - 2) * PERIOD_US)


def test_every_frame_is_shown_at_its_time(stage: Stage) -> None:
    play(stage, 12)
    assert stage.times == [k * PERIOD_US for k in range(12)]
    assert stage.shown_at_us == stage.times


def test_frames_show_the_newest_result_there_is(stage: Stage) -> None:
    play(stage, 15)
    first_that_was_looked_at = {k: 3 * (k // 3) - 3 for k in range(3, 15)}
    expected = {k * PERIOD_US: seen * PERIOD_US for k, seen in first_that_was_looked_at.items() if seen != 6}
    assert stage.hand_of == expected  # nothing before the first result, and nothing while the hand was gone


def test_frames_are_shown_while_inference_hangs(stage: Stage) -> None:
    stage.show_frame(0)
    stage.begin_looking()
    stage.clock.wait_for_sleepers(1)
    for index in (1, 2):  # up to 66 ms: the stand-in sleeps until 90
        stage.show_frame(index)
    assert stage.times == [0, PERIOD_US, 2 * PERIOD_US]
    assert stage.hand_of == {}


def test_the_two_paths_draw_in_contexts_of_their_own(stage: Stage) -> None:
    play(stage, 3)
    assert {context.name for context in stage.gpu.group.contexts} == {"shared", "inference"}
    # The slow path read back the small picture, not the frame; nobody read the frames that were shown.
    assert stage.gpu.transfers.readbacks == {(32, 24): 1}
