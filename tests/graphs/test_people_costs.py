"""What people cost, counted: a run of the landmark model each, and one of the detector while some are missing."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from graphkit import CalculatorGraph, Instrument
from graphkit.formats import ImageFrame
from graphkit.framework import INFERENCE, InferenceSettings
from graphkit.gpu import GPU_SERVICE

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit import CalculatorContext
    from graphkit.gpu import GpuResources

FRAMES = 10
PLACES = (200, 450, 320)
FRAME_US = 33_333


class Runs(Instrument):
    """Counts the runs of each model."""

    def __init__(self) -> None:
        self.counted: Counter[str] = Counter()

    def processing(self, cc: CalculatorContext) -> None:
        if cc.calculator_type == "InferenceCalculator":
            self.counted["detector" if "posedetection" in cc.node_name else "landmarks"] += 1


class Frame(NamedTuple):
    """How many were followed into a frame, how many regions were searched in it, how often each model ran."""

    followed: int
    searched: int
    detector: int
    landmarks: int


def costs(pictures: Any, num_poses: int, gpu: GpuResources | None = None) -> list[Frame]:
    side = "cpu" if gpu is None else "gpu"
    graph = CalculatorGraph(f"graphs/pose_tracking/multi_pose_tracking_{side}.pbtxt")
    graph.set_service(INFERENCE, InferenceSettings(provider="cpu"))
    if gpu is not None:
        graph.set_service(GPU_SERVICE, gpu)
    runs, seen = Runs(), Counter[str]()
    graph.add_instrument(runs)
    for name, stream in (("regions", f"multiposelandmark{side}__pose_rects"), ("followed", "rois_from_landmarks")):
        graph.observe_output_stream(stream, lambda packet, name=name: seen.update({name: len(packet.payload)}))
    frames = []
    graph.start_run({"num_poses": num_poses})
    with graph:
        for number, pixels in enumerate(pictures):
            followed = seen["followed"]
            seen.clear()
            runs.counted.clear()
            frame = ImageFrame(pixels.copy())
            graph.add_packet_to_input_stream(
                "input_video", frame if gpu is None else gpu.upload(frame), number * FRAME_US
            )
            graph.wait_until_idle()
            frames.append(Frame(followed, seen["regions"], runs.counted["detector"], runs.counted["landmarks"]))
    return frames


@pytest.mark.parametrize(("there", "num_poses"), [(1, 1), (2, 3), (3, 2)])
def test_a_landmark_model_each_and_the_detector_while_some_are_missing(
    crowd: Callable[..., Any], there: int, num_poses: int
) -> None:
    people = [(lambda _, x=x: x, 20, index == 1) for index, x in enumerate(PLACES[:there])]
    found = costs(crowd(FRAMES, people), num_poses)
    for frame in found:
        assert frame.landmarks == frame.searched <= num_poses
        assert frame.detector == (frame.followed < num_poses)
    last = found[-1]
    assert last.followed == last.landmarks == min(there, num_poses), "all were found"
    assert last.detector == (there < num_poses), "it rests where nobody is missing"


def test_the_same_on_the_gpu(gpu: GpuResources, crowd: Callable[..., Any]) -> None:
    pictures = crowd(4, [(lambda _: 200, 20), (lambda _: 450, 20, True)])
    assert costs(pictures, 2, gpu) == costs(pictures, 2)
