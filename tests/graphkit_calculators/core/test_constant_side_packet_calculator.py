from __future__ import annotations

import numpy as np
import pytest

from graphkit.errors import GraphkitError
from graphkit.formats import Classification, ClassificationList, LandmarkList
from graphkit.testing import CalculatorRunner


def constant(packets, outputs):
    names = " ".join(f'output_side_packet: "PACKET:{i}:p{i}"' for i in range(outputs))
    return CalculatorRunner(
        f'calculator: "ConstantSidePacketCalculator" {names} '
        f"options {{ [mediapipe.ConstantSidePacketCalculatorOptions.ext] {{ {packets} }} }}"
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("int_value: -2", -2, id="int"),
        pytest.param("uint64_value: 18446744073709551615", 2**64 - 1, id="uint64"),
        pytest.param("int64_value: -9000000000", -9_000_000_000, id="int64"),
        pytest.param("float_value: 0.5", 0.5, id="float"),
        pytest.param("double_value: 0.1", 0.1, id="double"),
        pytest.param("bool_value: false", False, id="false"),
        pytest.param("bool_value: true", True, id="true"),
        pytest.param('string_value: ""', "", id="empty-string"),
        pytest.param('string_value: "a.tflite"', "a.tflite", id="string"),
        pytest.param("float_vector_value { float_value: [0.5, 2] }", [0.5, 2.0], id="floats"),
        pytest.param("int_vector_value { int_value: [-3, 2] }", [-3, 2], id="ints"),
        pytest.param("int_vector_value { }", [], id="no ints"),
        pytest.param('string_vector_value { string_value: "a" string_value: "b" }', ["a", "b"], id="strings"),
        pytest.param(
            'classification_list_value { classification { index: 1 score: 0.5 label: "x" } }',
            ClassificationList([Classification(1, 0.5, "x")]),
            id="classes",
        ),
        pytest.param(
            "landmark_list_value { landmark { x: 1 y: 2 z: 3 } }",
            LandmarkList.from_xyz(np.array([[1, 2, 3]])),
            id="landmarks",
        ),
    ],
)
def test_kinds(value, expected):
    made = constant(f"packet {{ {value} }}", 1).run().output_side_packets["PACKET"]
    assert made == expected
    assert type(made) is type(expected)


def test_matrix_and_header():
    runner = constant(
        "packet { matrix_data_value { rows: 1 cols: 2 packed_data: 3 packed_data: 4 } } "
        "packet { time_series_header_value { sample_rate: 44100 } }",
        2,
    ).run()
    assert runner.output_side_packets["PACKET", 0].tolist() == [[3.0, 4.0]]
    assert runner.output_side_packets["PACKET", 1].sample_rate == 44100


def test_several_in_order():
    made = constant("packet { int_value: 1 } packet { bool_value: true }", 2).run().output_side_packets
    assert [made["PACKET", 0], made["PACKET", 1]] == [1, True]


@pytest.mark.parametrize(
    ("packets", "outputs", "message"),
    [
        pytest.param("packet { int_value: 1 }", 2, "2 output side packets but 1 packets", id="too-few"),
        pytest.param("packet { }", 1, "packet 0 of the options has no value, not one", id="no-value"),
    ],
)
def test_bad_options(packets, outputs, message):
    with pytest.raises(GraphkitError, match=message):
        constant(packets, outputs).run()


def test_side_packets_under_other_tags_are_never_set() -> None:
    run = CalculatorRunner(
        'calculator: "ConstantSidePacketCalculator" output_side_packet: "PACKET:a" output_side_packet: "OTHER:b" '
        "options { [mediapipe.ConstantSidePacketCalculatorOptions.ext] { packet { int_value: 2 } } }"
    )
    run.run()
    assert run.output_side_packets["PACKET"] == 2
    assert "OTHER" not in run.output_side_packets
