"""mp.CalculatorGraph, packets, images and timestamps, as programs of mediapipe call them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from graphkit.compat import mediapipe as mp
from graphkit.compat.mediapipe.framework.formats import classification_pb2, landmark_pb2

if TYPE_CHECKING:
    from pathlib import Path

create, get = mp.packet_creator, mp.packet_getter
PASS = """
input_stream: "in" output_stream: "out" max_queue_size: 1
node { calculator: "PassThroughCalculator" input_stream: "in" output_stream: "out" }
"""
SIDE = """
node { calculator: "StringToUint64Calculator" input_side_packet: "string" output_side_packet: "number" }
"""


def _started(graph: Any) -> list[Any]:
    seen: list[Any] = []
    graph.observe_output_stream("out", lambda name, packet: seen.append((name, packet)))
    graph.start_run()
    return seen


def test_a_run() -> None:
    graph = mp.CalculatorGraph(graph_config=PASS)
    seen = _started(graph)
    hello = create.create_string("hello")
    graph.add_packet_to_input_stream("in", hello, 0)
    graph.add_packet_to_input_stream(stream="in", packet=hello.at(1))
    graph.wait_until_idle()
    graph.close()
    assert [(name, packet.timestamp, get.get_str(packet)) for name, packet in seen] == [
        ("out", 0, "hello"),
        ("out", 1, "hello"),
    ]
    assert not graph.has_error()
    assert (graph.max_queue_size, graph.get_combined_error_message()) == (1, "")
    assert graph.graph_input_stream_add_mode is mp.GraphInputStreamAddMode.WAIT_TILL_NOT_FULL
    graph.graph_input_stream_add_mode = mp.GraphInputStreamAddMode.ADD_IF_NOT_FULL
    assert graph.graph_input_stream_add_mode is mp.GraphInputStreamAddMode.ADD_IF_NOT_FULL


def test_a_timestamp_that_goes_back_fails_the_run() -> None:
    graph = mp.CalculatorGraph(graph_config=PASS)
    _started(graph)
    packet = create.create_int(1)
    graph.add_packet_to_input_stream("in", packet, 5)
    graph.add_packet_to_input_stream("in", packet, 5)
    with pytest.raises(ValueError, match="Current minimum expected timestamp is 6 but received 5"):
        graph.wait_until_idle()
    assert graph.has_error()
    assert "minimum expected timestamp" in graph.get_combined_error_message()


def test_bounds_and_waiting_for_output() -> None:
    graph = mp.CalculatorGraph(graph_config=PASS)
    seen: list[Any] = []
    graph.observe_output_stream("out", lambda _, packet: seen.append(packet.is_empty()), True)
    graph.start_run()
    graph.add_packet_to_input_stream("in", create.create_bool(True), 3)
    graph.wait_for_observed_output()
    graph.close_input_stream("in")
    graph.wait_until_done()
    assert seen[0] is False
    with pytest.raises(IndexError, match="Graph is done"):
        graph.wait_for_observed_output()


def test_side_packets() -> None:
    graph = mp.CalculatorGraph(graph_config=SIDE)
    graph.start_run({"string": create.create_string("42")})
    graph.wait_until_done()
    assert get.get_uint(graph.get_output_side_packet("number")) == 42


def test_a_validated_config() -> None:
    validated = mp.ValidatedGraphConfig()
    assert not validated.initialized()
    with pytest.raises(RuntimeError, match="is not initialized"):
        _ = validated.text_config
    with pytest.raises(ValueError, match="'validated_graph_config' is not initialized"):
        mp.CalculatorGraph(validated_graph_config=validated)
    validated.initialize(binary_graph_path="mediapipe/modules/hand_landmark/hand_landmark_tracking_cpu.binarypb")
    assert validated.registered_stream_type_name("image") == "::mediapipe::ImageFrame"
    assert validated.registered_stream_type_name("multi_hand_landmarks") == (
        "::std::vector<::mediapipe::NormalizedLandmarkList>"
    )
    assert validated.registered_side_packet_type_name("num_hands") == "int"
    with pytest.raises(RuntimeError, match='no stream "none"'):
        validated.registered_stream_type_name("none")
    with pytest.raises(RuntimeError, match='no side packet "none"'):
        validated.registered_side_packet_type_name("none")
    again = mp.CalculatorGraph(graph_config=validated.text_config)
    assert (
        again.binary_config
        == validated.binary_config
        == mp.CalculatorGraph(validated_graph_config=validated).binary_config
    )


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        pytest.param({}, ValueError, "provide one of 'binary_graph_path'", id="nothing"),
        pytest.param({"binary_graph_path": "/none.binarypb"}, FileNotFoundError, "/none", id="file"),
        pytest.param({"graph_config": "node {"}, RuntimeError, "Failed to parse: <text>:1:7", id="text"),
    ],
)
def test_graphs_that_are_none(arguments: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        mp.CalculatorGraph(**arguments)


@pytest.mark.parametrize(
    ("kind", "value", "reader"),
    [
        pytest.param("bool", True, "bool", id="bool"),
        *[pytest.param(f"int{n}", 2 ** (n - 1) - 1, "int", id=f"int{n}") for n in (8, 16, 32, 64)],
        *[pytest.param(f"uint{n}", 2**n - 1, "uint", id=f"uint{n}") for n in (8, 16, 32, 64)],
        pytest.param("int", np.intc(-7), "int", id="numpy"),
        pytest.param("float", 0.5, "float", id="float"),
        pytest.param("double", np.double(0.25), "float", id="double"),
        pytest.param("string", "abc", "str", id="text"),
        pytest.param("string", b"abc", "bytes", id="bytes"),
        pytest.param("int_vector", [1, 2], "int_list", id="ints"),
        pytest.param("int_array", [1, 2], "int_list", id="int array"),
        pytest.param("bool_vector", [True, False], "bool_list", id="bools"),
        pytest.param("float_vector", [0.5, 1.0], "float_list", id="floats"),
        pytest.param("float_array", [0.5], "float_list", id="float array"),
        pytest.param("string_vector", ["a", "b"], "str_list", id="texts"),
    ],
)
def test_values_come_out_as_they_went_in(kind: str, value: Any, reader: str) -> None:
    packet = getattr(create, f"create_{kind}")(value).at(100)
    assert packet.timestamp == 100
    assert getattr(get, f"get_{reader}")(packet) == value


def test_packets_of_packets() -> None:
    inner = {"a": create.create_int(1), "b": create.create_string("x")}
    assert get.get_str_to_packet_dict(create.create_string_to_packet_map(inner)) == inner
    assert get.get_packet_list(create.create_packet_vector(inner.values())) == list(inner.values())


def test_messages() -> None:
    landmarks = landmark_pb2.NormalizedLandmarkList()
    landmarks.landmark.add(x=0.25, y=0.5, z=0.0)
    assert get.get_proto(create.create_proto(landmarks)) == landmarks
    assert get.get_proto_list(create.create_proto_vector([landmarks])) == [landmarks]
    sides = classification_pb2.ClassificationList()
    sides.classification.add(index=1, score=0.5, label="Left")
    packet = create.create_proto(sides).at(7)
    assert repr(packet) == "<mediapipe.Packet with timestamp: 7 and C++ type: ::mediapipe::ClassificationList>"
    assert get.get_proto(packet).classification[0].label == "Left"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        pytest.param(
            lambda: create.create_int8(128), OverflowError, "execeeds the maximum value of int8", id="above"
        ),
        pytest.param(
            lambda: create.create_uint8(-1), OverflowError, "below the minimum value of uint8", id="below"
        ),
        pytest.param(lambda: create.create_int(1.5), TypeError, "it takes int, found 1.5", id="fraction"),
        pytest.param(lambda: create.create_float("1"), TypeError, "it takes a number, found '1'", id="text"),
        pytest.param(lambda: create.create_string(1), TypeError, "it takes str or bytes, found 1", id="number"),
        pytest.param(lambda: get.get_int(mp.Packet()), ValueError, "Packet is empty", id="empty"),
        pytest.param(
            lambda: get.get_int(create.create_string("1")), ValueError, "doesn't contain int but str", id="kind"
        ),
        pytest.param(
            lambda: get.get_str_list(create.create_int_vector([1])),
            ValueError,
            "list of str: it holds 1",
            id="list",
        ),
        pytest.param(lambda: get.get_proto(create.create_int(1)), ValueError, "message but int", id="proto"),
        pytest.param(lambda: get.get_uint(create.create_int(-1)), ValueError, "unsigned number: -1", id="sign"),
        pytest.param(
            lambda: create.create_image_frame(np.zeros((2, 2, 3), np.uint8)),
            ValueError,
            "image_format",
            id="format",
        ),
        pytest.param(
            lambda: create.create_image(
                np.zeros((2, 2, 3), np.uint8), image_format=mp.ImageFormat.SRGB, copy=False
            ),
            ValueError,
            "still writable",
            id="reference",
        ),
    ],
)
def test_packets_that_cannot_be(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_images_are_copied_unless_read_only() -> None:
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    copied = mp.Image(image_format=mp.ImageFormat.SRGB, data=pixels)
    pixels.flags.writeable = False
    referred = get.get_image_frame(create.create_image_frame(pixels, image_format=mp.ImageFormat.SRGB))
    assert not np.shares_memory(copied.numpy_view(), pixels)
    assert np.shares_memory(referred.numpy_view(), pixels)
    assert (copied.width, copied.height, copied.channels, copied.step) == (3, 2, 3, 9)
    assert (referred.byte_depth, referred.is_empty(), copied.uses_gpu()) == (1, False, False)
    assert copied[1, 2, 0] == 15
    assert copied.is_contiguous()
    assert not copied.is_aligned(16)
    with pytest.raises(ValueError, match="read-only"):
        copied.numpy_view()[0, 0, 0] = 1


@pytest.mark.parametrize(
    ("where", "message"),
    [
        pytest.param((0, 0), "index dimension mismatch", id="too few"),
        pytest.param((0, 3, 0), "out of bounds", id="out"),
    ],
)
def test_samples_that_are_not_there(where: Any, message: str) -> None:
    image = mp.Image(image_format=mp.ImageFormat.SRGB, data=np.zeros((2, 3, 3), np.uint8))
    with pytest.raises(IndexError, match=message):
        _ = image[where]


@pytest.mark.parametrize(
    ("pixels", "error", "message"),
    [
        pytest.param(np.zeros((2, 2, 4), np.uint8), ValueError, "SRGB has 3 channels", id="channels"),
        pytest.param(np.zeros((2, 2, 3), np.float32), TypeError, "Cannot cast array data", id="dtype"),
    ],
)
def test_pixels_that_do_not_fit(pixels: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        mp.ImageFrame(image_format=mp.ImageFormat.SRGB, data=pixels)


@pytest.mark.parametrize(("channels", "expected"), [(1, 3), (3, 3), (4, 4)])
def test_an_image_from_a_file(channels: int, expected: int, tmp_path: Path) -> None:
    pixels = np.full((4, 5, channels), 7, np.uint8)
    pixels[..., 0] = 9
    cv2.imwrite(str(tmp_path / "a.png"), pixels)
    image = mp.Image.create_from_file(str(tmp_path / "a.png"))
    assert (image.channels, image[0, 0, 2]) == (expected, 9)


def test_an_image_from_no_file(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="Image decoding failed"):
        mp.Image.create_from_file(str(tmp_path / "none.png"))


@pytest.mark.parametrize("name", ["UNSET", "UNSTARTED", "PRESTREAM", "MIN", "MAX", "POSTSTREAM", "DONE"])
def test_timestamps_with_a_name(name: str) -> None:
    assert repr(getattr(mp.Timestamp, name)) == f"<mediapipe.Timestamp with value: {name}>"


def test_timestamps() -> None:
    time = mp.Timestamp.from_seconds(1.5)
    assert time == 1_500_000 == time.microseconds()
    assert time.seconds() == 1.5
    assert mp.Timestamp(1) < mp.Timestamp(2) <= 2
    assert mp.Timestamp(time) == time != mp.Timestamp(3)
    assert (mp.Timestamp.MIN.is_range_value(), mp.Timestamp.DONE.is_special_value()) == (True, True)
    assert not mp.Timestamp.DONE.is_allowed_in_stream()
