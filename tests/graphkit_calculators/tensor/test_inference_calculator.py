"""InferenceCalculator and its names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from graphkit import CalculatorGraph, Resources
from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import Model, OpResolver, Tensor
from graphkit.framework import INFERENCE, InferenceSettings
from graphkit.inference import unload_all
from graphkit.inference._loader import loaded_sessions
from graphkit.testing import CalculatorRunner
from graphkit_calculators.tensor._inference_options import (
    Delegate,
    InferenceCalculatorOptions,
    provider_of,
    threads_of,
)
from graphkit_calculators.tensor.inference_calculator import InferenceCalculator, in_their_places

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIST = 'input_stream: "TENSORS:in" output_stream: "TENSORS:out"'
ON_CPU = InferenceSettings(provider="cpu")


@pytest.fixture(autouse=True)
def no_sessions() -> Iterator[None]:
    unload_all()
    yield
    unload_all()


def adder() -> bytes:
    """Inputs x and state; outputs sum = x + state, minus = -x and next = x + state; all (1, 2)."""
    shapes = {name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 2]) for name in
              ("x", "state", "sum", "minus", "next")}  # fmt: skip
    nodes = [
        helper.make_node("Add", ["x", "state"], ["sum"]),
        helper.make_node("Neg", ["x"], ["minus"]),
        helper.make_node("Identity", ["sum"], ["next"]),
    ]
    graph = helper.make_graph(
        nodes, "adder", [shapes["x"], shapes["state"]], [shapes["sum"], shapes["minus"], shapes["next"]]
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(made.SerializeToString())


def tensor(*values: float) -> Tensor:
    return Tensor(np.array([values], np.float32))


def runner(streams: str = LIST, options: str = "", *, name: str = "InferenceCalculator") -> CalculatorRunner:
    run = CalculatorRunner(
        f"""
        calculator: "{name}" {streams} input_side_packet: "MODEL:model"
        options {{ [mediapipe.InferenceCalculatorOptions.ext] {{ {options} }} }}
        """
    )
    run.side_packets["MODEL"] = Model(adder())
    run.set_service(INFERENCE, ON_CPU)
    return run


def values(tensors: list[Tensor]) -> list[list[float]]:
    return [one.data.ravel().tolist() for one in tensors]


@pytest.mark.parametrize("name", ["InferenceCalculator", "InferenceCalculatorCpu", "InferenceCalculatorXnnpack"])
def test_runs_a_model_on_a_list(name: str) -> None:
    run = runner(name=name)
    run.add("TENSORS", [tensor(1, 2), tensor(10, 20)], 3)
    run.run()
    (packet,) = run.outputs["TENSORS"]
    assert packet.timestamp == 3
    assert values(packet.payload) == [[11, 22], [-1, -2], [11, 22]]


def test_runs_a_model_on_single_tensors() -> None:
    streams = """
        input_stream: "TENSOR:0:x" input_stream: "TENSOR:1:state"
        output_stream: "TENSOR:0:sum" output_stream: "TENSOR:1:minus"
    """
    run = runner(streams)
    run.add(("TENSOR", 0), tensor(1, 2), 0)
    run.add(("TENSOR", 1), tensor(10, 20), 0)
    run.add(("TENSOR", 0), tensor(1, 2), 1)
    run.set_bound(("TENSOR", 1), 2)
    run.run()
    assert values([packet.payload for packet in run.outputs["TENSOR", 0]]) == [[11, 22]]
    assert values([packet.payload for packet in run.outputs["TENSOR", 1]]) == [[-1, -2]]


def test_model_path_is_looked_up_on_the_resource_path(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "adder.onnx").write_bytes(adder())
    run = CalculatorRunner(
        f"""
        calculator: "InferenceCalculator" {LIST}
        options {{ [mediapipe.InferenceCalculatorOptions.ext] {{ model_path: "models/adder.onnx" }} }}
        """,
        resources=Resources([tmp_path]),
    )
    run.add("TENSORS", [tensor(1, 2), tensor(1, 1)], 0)
    run.run()
    assert values(run.outputs["TENSORS"][0].payload)[0] == [2, 3]


@pytest.mark.parametrize(
    ("config", "given", "expected"),
    [
        pytest.param(
            "input_tensor_indices_map { model_tensor_indices: [1, 0] }",
            [(10, 20), (1, 2)],
            [[11, 22], [-1, -2], [11, 22]],
            id="inputs by index",
        ),
        pytest.param(
            'input_tensor_names_map { tensor_names: ["state", "x"] }',
            [(10, 20), (1, 2)],
            [[11, 22], [-1, -2], [11, 22]],
            id="inputs by name",
        ),
        pytest.param(
            'output_tensor_names_map { tensor_names: ["minus", "sum", "next"] }',
            [(1, 2), (10, 20)],
            [[-1, -2], [11, 22], [11, 22]],
            id="outputs by name",
        ),
    ],
)
def test_wiring(config: str, given: list[tuple[float, ...]], expected: list[list[float]]) -> None:
    run = runner(options=f"input_output_config {{ {config} }}")
    run.add("TENSORS", [tensor(*row) for row in given], 0)
    run.run()
    assert values(run.outputs["TENSORS"][0].payload) == expected


def test_an_output_can_be_an_input_of_the_next_run() -> None:
    link = 'feedback_tensor_links { from_output_tensor_name: "next" to_input_tensor_name: "state" }'
    run = runner(options=f"input_output_config {{ {link} }}")
    for timestamp in range(3):
        run.add("TENSORS", [tensor(1, 2)], timestamp)
    run.run()
    found = [values(packet.payload) for packet in run.outputs["TENSORS"]]
    assert found == [[[1, 2], [-1, -2]], [[2, 4], [-1, -2]], [[3, 6], [-1, -2]]]


def test_outputs_nobody_reads_are_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(InferenceCalculator, "outputs", (1,))
    monkeypatch.setattr(InferenceCalculator, "output_count", 3)
    run = runner()
    run.add("TENSORS", [tensor(1, 2), tensor(0, 0)], 0)
    run.run()
    assert values(run.outputs["TENSORS"][0].payload) == [[], [-1, -2], []]


def test_tensors_go_to_their_places() -> None:
    found = in_their_places([tensor(5)], (2,), 0)
    assert values(found) == [[], [], [5]]


def test_every_kind_of_tensor_is_looked_at() -> None:
    """One that fits does not let another pass."""
    run = runner()
    for timestamp in range(3):
        run.add("TENSORS", [tensor(1, 2), tensor(0, 0)], timestamp)
    run.add("TENSORS", [tensor(1, 2), Tensor(np.zeros((1, 2), np.int32))], 3)
    with pytest.raises(CalculatorError, match=r"but got \(1, 2\) int32"):
        run.run()
    assert len(run.outputs["TENSORS"]) == 3


def test_side_packets_of_other_graphs_are_accepted() -> None:
    run = runner(LIST + ' input_side_packet: "OP_RESOLVER:ops"')
    run.side_packets["OP_RESOLVER"] = OpResolver()
    run.add("TENSORS", [tensor(1, 2), tensor(0, 0)], 0)
    run.run()
    assert len(run.outputs["TENSORS"]) == 1


@pytest.mark.parametrize(
    ("settings", "options", "delegate", "expected"),
    [
        pytest.param({}, {}, None, "cpu", id="nothing said"),
        pytest.param({}, {}, "xnnpack", "cpu", id="xnnpack"),
        pytest.param({}, {}, "tflite", "cpu", id="tflite"),
        pytest.param({}, {}, "gpu", "auto", id="gpu"),
        pytest.param({}, {"use_gpu": True}, None, "auto", id="use_gpu"),
        pytest.param({"provider": "tensorrt"}, {}, "xnnpack", "tensorrt", id="the program comes first"),
        pytest.param({"provider": "cpu"}, {}, "gpu", "cpu", id="the program comes first, cpu"),
    ],
)
def test_provider(settings: Any, options: Any, delegate: str | None, expected: str) -> None:
    asked = (
        None
        if delegate is None
        else Delegate(**{delegate: getattr(Delegate, delegate.title(), Delegate.TfLite)()})
    )
    chosen = InferenceCalculatorOptions(**options)
    assert provider_of(InferenceSettings(**settings), chosen, asked, on_gpu=False) == expected


@pytest.mark.parametrize(
    ("delegate", "expected"),
    [
        pytest.param(None, "auto", id="none"),
        pytest.param(Delegate(gpu=Delegate.Gpu()), "auto", id="gpu"),
        pytest.param(Delegate(xnnpack=Delegate.Xnnpack()), "cpu", id="xnnpack"),
    ],
)
def test_provider_in_a_graph_that_draws_on_the_gpu(delegate: Delegate | None, expected: str) -> None:
    assert provider_of(InferenceSettings(), InferenceCalculatorOptions(), delegate, on_gpu=True) == expected


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        pytest.param("InferenceCalculator", "delegate { gpu {} }", True, id="gpu, though the program says cpu"),
        pytest.param("InferenceCalculator", "use_gpu: true", True, id="use_gpu"),
        pytest.param("InferenceCalculator", "delegate { xnnpack {} }", False, id="xnnpack"),
        pytest.param("InferenceCalculator", "delegate { litert {} }", False, id="litert"),
        pytest.param("InferenceCalculator", "delegate { litert { gpu {} } }", True, id="litert on the gpu"),
        pytest.param("InferenceCalculator", "", False, id="nothing said"),
        pytest.param("InferenceCalculatorCpu", "delegate { gpu {} }", False, id="another name"),
    ],
)
def test_tensors_for_the_gpu(name: str, options: str, expected: bool) -> None:
    run = runner(options=options, name=name)
    run.add("TENSORS", [tensor(1, 2), tensor(0, 0)], 0)
    (packet,) = run.run().outputs["TENSORS"]
    assert {one.for_gpu for one in packet.payload} == {expected}


@pytest.mark.parametrize(
    ("settings", "options", "delegate", "expected"),
    [
        pytest.param({}, {}, None, None, id="the budget"),
        pytest.param({}, {"cpu_num_thread": 2}, None, 2, id="option"),
        pytest.param({}, {"cpu_num_thread": 2}, 3, 3, id="delegate"),
        pytest.param({"threads": 4}, {"cpu_num_thread": 2}, 3, 4, id="program"),
        pytest.param({}, {"cpu_num_thread": -1}, -1, None, id="minus one is not a number of threads"),
    ],
)
def test_threads(settings: Any, options: Any, delegate: int | None, expected: int | None) -> None:
    asked = None if delegate is None else Delegate(xnnpack=Delegate.Xnnpack(num_threads=delegate))
    assert threads_of(InferenceSettings(**settings), InferenceCalculatorOptions(**options), asked) == expected


@pytest.mark.parametrize(
    ("streams", "options", "message"),
    [
        pytest.param(
            'output_stream: "TENSORS:out"', "", "tensors come in on TENSORS or on TENSOR:0", id="no input"
        ),
        pytest.param(
            'input_stream: "TENSORS:in" output_stream: "TENSORS:out" output_stream: "TENSOR:one"',
            "",
            "tensors come out on TENSORS or on TENSOR:0",
            id="two outputs",
        ),
        pytest.param(
            LIST, 'model_path: "a.tflite"', "the model is the side packet MODEL or the option", id="two models"
        ),
    ],
)
def test_bad_configs(streams: str, options: str, message: str) -> None:
    with pytest.raises(GraphValidationError, match=message):
        runner(streams, options).run()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        pytest.param(
            'input_tensor_names_map { tensor_names: ["x", "stat"] }',
            r'the model has no tensor "stat"; it has x, state. Did you mean',
            id="unknown name",
        ),
        pytest.param(
            "input_tensor_indices_map { model_tensor_indices: [0, 0] }",
            r"wires the inputs \[0, 0\] of <bytes>; each of these is needed once: 0: 'x' \(1, 2\) float32, 1: ",
            id="twice",
        ),
        pytest.param(
            "output_tensor_indices_map { model_tensor_indices: [5] }",
            r"wires the outputs \[5\] of <bytes>; each of these may be given once: 0: ",
            id="no such output",
        ),
    ],
)
def test_bad_wiring(config: str, message: str) -> None:
    run = runner(options=f"input_output_config {{ {config} }}")
    with pytest.raises(CalculatorError, match=message):
        run.run()


def test_too_few_tensors() -> None:
    run = runner()
    run.add("TENSORS", [tensor(1, 2)], 0)
    with pytest.raises(CalculatorError, match=r"1 tensor came in; <bytes> takes 2: 'x' \(1, 2\) float32, 'state'"):
        run.run()


def test_messages_name_the_file_that_other_nodes_have_read(tmp_path: Path) -> None:
    path = tmp_path / "adder.onnx"
    path.write_bytes(adder())
    graph = CalculatorGraph(
        """
        input_stream: "tensors"
        node {
          calculator: "ResourceProviderCalculator"
          output_side_packet: "RESOURCE:resource"
          node_options {
            [type.googleapis.com/mediapipe.ResourceProviderCalculatorOptions] { resource_id: "adder.onnx" }
          }
        }
        node {
          calculator: "TfLiteModelCalculator"
          input_side_packet: "MODEL_RESOURCE:resource"
          output_side_packet: "MODEL:model"
        }
        node {
          calculator: "InferenceCalculator"
          input_stream: "TENSORS:tensors"
          input_side_packet: "MODEL:model"
          output_stream: "TENSORS:results"
        }
        """,
        resources=Resources([tmp_path]),
    )
    graph.set_service(INFERENCE, ON_CPU)
    with pytest.raises(CalculatorError) as caught, graph:
        graph.add_packet_to_input_stream("tensors", [tensor(1, 2, 3), tensor(1, 2)], 0)
    expected = (
        f"{path} takes 'x' (1, 2) float32, but got (1, 3) float32. Give it a tensor of that shape; "
        "input_output_config says which tensor is which input."
    )
    assert str(caught.value.cause) == expected


@pytest.mark.parametrize(
    ("settings", "options", "reason"),
    [
        pytest.param(InferenceSettings(), "delegate { xnnpack {} }", "the graph asks for it", id="the graph"),
        pytest.param(InferenceSettings(), "", "the graph names no delegate", id="nobody"),
        pytest.param(ON_CPU, "delegate { xnnpack {} }", "it was asked for", id="the program"),
    ],
)
def test_the_reason_says_who_wants_the_cpu(settings: InferenceSettings, options: str, reason: str) -> None:
    run = runner(options=options)
    run.set_service(INFERENCE, settings)
    run.add("TENSORS", [tensor(1, 2), tensor(1, 1)], 0)
    run.run()
    assert [session.provider_reason for session in loaded_sessions()] == [reason]
