"""What a job remembers of a graph that stood still when the job was stopped, and what the command line says."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from graphkit import CalculatorGraph
from graphkit.app.cli.insights import Insights, Wanted
from graphkit.jobs import GraphJob, InputSet, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

GRAPH = """
input_stream: "a" input_stream: "b"
node { name: "join" calculator: "PassThroughCalculator" input_stream: "a" input_stream: "b"
       output_stream: "c" output_stream: "d" }
"""
STALLED = 'Node "join" (PassThroughCalculator) has 1 packet of "a" from 0 on and waits for "b" up to 0'


class OneAndThenNothing(Source):
    """Feeds stream "a" once and waits for somebody to stop it; nothing is said about stream "b"."""

    is_live = True

    def __init__(self, graph: CalculatorGraph) -> None:
        self._graph = graph
        self.fed, self.stopped = threading.Event(), threading.Event()

    def __iter__(self) -> Iterator[InputSet]:
        self._graph.add_packet_to_input_stream("a", 1, 0)
        self.fed.set()
        assert self.stopped.wait(60)
        yield from ()

    def stop(self) -> None:
        self.stopped.set()


@pytest.fixture
def stopped() -> tuple[CalculatorGraph, GraphJob]:
    """A job that was stopped while its graph waited."""
    graph = CalculatorGraph(GRAPH)
    source = OneAndThenNothing(graph)
    job = GraphJob(graph, [source])
    thread = threading.Thread(target=job.run)
    thread.start()
    assert source.fed.wait(60)
    graph.wait_until_idle(60)
    job.stop()
    thread.join(60)
    assert not thread.is_alive()
    return graph, job


def test_the_job_knows_what_its_graph_waited_for(stopped: tuple[CalculatorGraph, GraphJob]) -> None:
    _, job = stopped
    assert job.when_stopped is not None
    assert job.when_stopped.state == "idle"
    assert [finding.stream for finding in job.when_stopped.stalled] == ["b"]


@pytest.mark.parametrize("explain", [pytest.param(None, id="unasked"), pytest.param("", id="asked")])
def test_the_command_line_tells_it_once(
    stopped: tuple[CalculatorGraph, GraphJob], explain: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    graph, job = stopped
    Insights(graph, Wanted(explain, None, None, watch=False, watchdog=0)).tell(job)
    assert capsys.readouterr().err.count(STALLED) == 1
