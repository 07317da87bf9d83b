from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from graphkit import Calculator, CalculatorGraph, GraphService, Input, Output, calculator
from graphkit.errors import CalculatorError, GraphStateError
from graphkit.framework import Executor, ThreadPoolExecutor

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit import CalculatorContext, CalculatorContract
    from graphkit.config import NodePlan


class Device:
    """A resource with a thread of its own."""

    made: list[Device]

    def __init__(self) -> None:
        self.closed = 0
        self.prepared_calls = 0
        self.made.append(self)

    def close(self) -> None:
        self.closed += 1


class DeviceExecutor(ThreadPoolExecutor):
    def __init__(self, device: Device, name: str) -> None:
        super().__init__(1, thread_name_prefix=name)
        self._device = device

    def prepared(self, call: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def run(argument: Any) -> Any:
            self._device.prepared_calls += 1
            return call(argument)

        return run


def place(device: Device, plan: NodePlan) -> tuple[str, Executor]:
    name = plan.contract.service_settings.get(DEVICE, "device")
    return name, DeviceExecutor(device, name)


DEVICE: GraphService[Device] = GraphService("device", Device, close=Device.close, executor=place)
BARE: GraphService[object] = GraphService("bare")


@calculator("TestServiceThread")
class ThreadNames(Calculator):
    """Emits the thread it is called on; notes those of open and close."""

    tick = Input(int)
    thread = Output(str)
    ends: list[str]

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        cc.use_service(DEVICE)

    def open(self, cc: CalculatorContext) -> None:
        self.ends.append(threading.current_thread().name)

    def process(self, cc: CalculatorContext) -> None:
        self.thread.send(cc, threading.current_thread().name)

    def close(self, cc: CalculatorContext) -> None:
        self.ends.append(threading.current_thread().name)


@calculator("TestServiceSettings")
class WithSettings(ThreadNames):
    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        cc.use_service(DEVICE, settings="another")


@calculator("TestServiceFailsToOpen")
class FailsToOpen(ThreadNames):
    def open(self, cc: CalculatorContext) -> None:
        raise OSError("no")


@calculator("TestServiceFailsToBuild")
class FailsToBuild(ThreadNames):
    def __init__(self) -> None:
        raise OSError("no")


@calculator("TestServiceBare")
class NeedsBare(Calculator):
    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        cc.use_service(DEVICE)
        cc.use_service(BARE)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    Device.made = []
    ThreadNames.ends = []


def run(name: str, *, executor: str = "", given: Device | None = None) -> list[str]:
    graph = CalculatorGraph(f"""
        input_stream: "a" executor {{ name: "mine" type: "ThreadPoolExecutor" }}
        node {{ calculator: "{name}" input_stream: "a" output_stream: "b" {executor} }}
    """)
    if given is not None:
        graph.set_service(DEVICE, given)
    threads: list[str] = []
    graph.observe_output_stream("b", lambda packet: threads.append(packet.payload))
    with graph:
        graph.add_packet_to_input_stream("a", 1, timestamp=0)
    return threads


def test_a_service_places_its_nodes() -> None:
    assert run("TestServiceThread") == ["device-1"]
    assert ThreadNames.ends == ["device-1", "device-1"]
    (device,) = Device.made
    assert device.prepared_calls == 1  # process only


def test_settings_of_the_contract_reach_the_service() -> None:
    assert run("TestServiceSettings") == ["another-1"]


def test_a_node_that_names_an_executor_stays_there() -> None:
    (thread,) = run("TestServiceThread", executor='executor: "mine"')
    assert not thread.startswith("device")


def test_what_a_run_made_ends_with_it() -> None:
    run("TestServiceThread")
    run("TestServiceThread")
    assert [device.closed for device in Device.made] == [1, 1]


def test_what_the_program_gave_stays_open() -> None:
    device = Device()
    run("TestServiceThread", given=device)
    assert Device.made == [device]
    assert device.closed == 0


@pytest.mark.parametrize("name", ["TestServiceFailsToOpen", "TestServiceFailsToBuild"])
def test_a_run_that_does_not_start_ends_what_it_made(name: str) -> None:
    with pytest.raises(CalculatorError, match="OSError: no"):
        run(name)
    assert [device.closed for device in Device.made] == [1]


def test_a_service_that_nobody_gave_is_named_and_the_others_end() -> None:
    graph = CalculatorGraph('node { calculator: "TestServiceBare" }')
    with pytest.raises(GraphStateError, match=r'node "TestServiceBare" requires service "bare"; call set_service'):
        graph.run()
    assert [device.closed for device in Device.made] == [1] * len(Device.made)


@calculator("TestServiceLooks")
class Looks(Calculator):
    """Says whether the run has the service of others."""

    tick = Input(int)
    there = Output(bool)

    def process(self, cc: CalculatorContext) -> None:
        self.there.send(cc, cc.has_service("device"))


@pytest.mark.parametrize(
    ("neighbour", "there"),
    [
        pytest.param(
            'node { calculator: "TestServiceThread" input_stream: "a" output_stream: "c" }', True, id="there"
        ),
        pytest.param("", False, id="not there"),
    ],
)
def test_a_node_sees_the_services_of_others(neighbour: str, there: bool) -> None:
    graph = CalculatorGraph(f"""
        input_stream: "a"
        {neighbour}
        node {{ calculator: "TestServiceLooks" input_stream: "a" output_stream: "b" }}
    """)
    found: list[bool] = []
    graph.observe_output_stream("b", lambda packet: found.append(packet.payload))
    with graph:
        graph.add_packet_to_input_stream("a", 1, timestamp=0)
    assert found == [there]
