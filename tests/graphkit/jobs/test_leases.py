"""What a job lends its graph, and that the graph is left as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphkit import CalculatorGraph
from graphkit.framework import FLOW_CONTROL, IDLE_CORES, INFERENCE, FlowControl, InferenceSettings
from graphkit.inference import Session
from graphkit.jobs import Summary, run_video
from graphkit.jobs._leases import FlowLease, InferenceLease

MEDIA = Path(__file__).parents[3] / "examples" / "media"
INVERT = 'node { calculator: "SampleInvert" input_stream: "input_video" output_stream: "output_video" }'


@pytest.fixture
def graph(make_graph) -> CalculatorGraph:
    return make_graph(INVERT)


def test_a_line_for_each_provider(graph: CalculatorGraph) -> None:
    lease = InferenceLease(graph)
    lease.lend()
    settings = graph.service(INFERENCE)
    assert settings is not None
    sessions = [
        Session.__new__(Session),
        Session.__new__(Session),
        Session.__new__(Session),
    ]
    reasons = [("cpu", "no driver"), ("cuda", "found"), ("cpu", "no driver")]
    for session, (provider, reason) in zip(sessions, reasons, strict=True):
        session.provider, session.provider_reason = provider, reason
        settings.opened(session)
        settings.opened(session)  # by another node with the same model
    summary = Summary()
    lease.report(summary)
    assert summary.providers == ["2 models on the CPU (no driver)", "1 model on CUDA (found)"]


def test_what_the_program_said_of_models_holds(graph: CalculatorGraph) -> None:
    given = InferenceSettings(provider="cpu", threads=3)
    graph.set_service(INFERENCE, given)
    lease = InferenceLease(graph)
    lease.lend()
    lent = graph.service(INFERENCE)
    assert lent is not None
    assert (lent.provider, lent.threads) == ("cpu", 3)
    lease.give_back()
    assert graph.service(INFERENCE) is given


@pytest.mark.parametrize("before", [None, FlowControl(drop=True)])
def test_a_graph_gets_its_services_back(graph: CalculatorGraph, clip: Path, before: FlowControl | None) -> None:
    graph.set_service(FLOW_CONTROL, before)
    run_video(graph, clip)
    assert graph.service(FLOW_CONTROL) is before


def test_no_core_is_idle_while_frames_overlap(graph: CalculatorGraph, clip: Path) -> None:
    told: list[int] = []

    def ask(packet: object) -> None:
        idle = graph.service(IDLE_CORES)
        assert idle is not None
        told.append(idle())

    graph.observe_output_stream("output_video", ask)
    run_video(graph, clip)
    assert set(told) == {-1}
    assert graph.service(IDLE_CORES) is None


def test_limiters_are_told_what_the_job_wants(graph: CalculatorGraph) -> None:
    lease = FlowLease(graph, drop=False)
    lease.lend()
    assert graph.service(FLOW_CONTROL) == FlowControl(drop=False)


def test_the_models_of_a_run_are_told_and_no_others() -> None:
    hands = CalculatorGraph("hand_tracking/hand_tracking_desktop_live.pbtxt")
    hands.set_service(INFERENCE, InferenceSettings(provider="cpu"))
    clip = MEDIA / "hand_cup.mp4"
    assert [line[:20] for line in run_video(hands, clip, max_frames=1).providers] == ["2 models on the CPU "]
    plain = CalculatorGraph('input_stream: "a" output_stream: "b" node { calculator: "ScaleImageCalculator" '
                            'input_stream: "a" output_stream: "b" }')  # fmt: skip
    assert run_video(plain, clip, max_frames=1).providers == []
