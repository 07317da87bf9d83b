from __future__ import annotations

import pytest

from graphkit.errors import UsageError
from graphkit.jobs._streams import (
    decoded_stream,
    fed_pictures,
    is_file_to_file,
    known_stream,
    labels_for,
    landmark_streams,
    video_input,
    video_output,
)


def image_node(source: str, result: str, name: str = "SampleInvert") -> str:
    return f'node {{ calculator: "{name}" input_stream: "{source}" output_stream: "{result}" }}'


def hands_node(prefix: str = "") -> str:
    return (
        f'node {{ calculator: "SampleHands" input_stream: "frames" output_stream: "LANDMARKS:{prefix}landmarks" '
        f'output_stream: "HANDEDNESS:{prefix}handedness" }}'
    )


ADD = 'node { calculator: "SampleAdd" input_stream: "A:a" input_stream: "B:b" output_stream: "sum" }'
THROUGH = 'node { calculator: "PassThroughCalculator" input_stream: "any_in" output_stream: "any_out" }'


def test_the_image_input_is_found_by_type(make_graph) -> None:
    plan = make_graph(image_node("frames", "shown"), inputs=["frames"], outputs=["shown"]).plan
    assert video_input(plan) == "frames"
    assert video_output(plan) == "shown"


def test_an_open_type_will_do_where_nothing_is_typed(make_graph) -> None:
    plan = make_graph(THROUGH, inputs=["any_in"], outputs=["any_out"]).plan
    assert video_input(plan) == "any_in"
    assert video_output(plan) == "any_out"


def test_output_video_wins_among_several(make_graph) -> None:
    nodes = [image_node("frames", "a"), image_node("frames", "output_video")]
    plan = make_graph(*nodes, inputs=["frames"], outputs=["a", "output_video"]).plan
    assert video_output(plan) == "output_video"
    assert video_output(plan, "a") == "a"


@pytest.mark.parametrize(
    ("nodes", "inputs", "message"),
    [
        pytest.param(
            [ADD],
            ["a", "b"],
            r'no input stream for images \(its input streams: a, b\)\. "a" carries float, as SampleAdd '
            r"\(sample_calculators\.py:\d+\) declares\. .* Frames of a video are ImageFrame\. Feed each of them",
            id="none",
        ),
        pytest.param(
            [image_node("x", "p"), image_node("y", "q")],
            ["x", "y"],
            r"several input streams for images \(x, y\)",
            id="several",
        ),
        pytest.param(
            [image_node("x", "p"), ADD], ["x", "a", "b"], 'feeds "x", but the graph has more .*: a, b', id="unfed"
        ),
    ],
)
def test_no_input_for_a_video(make_graph, nodes: list[str], inputs: list[str], message: str) -> None:
    plan = make_graph(*nodes, inputs=inputs, outputs=[]).plan
    with pytest.raises(UsageError, match=message):
        video_input(plan)


@pytest.mark.parametrize(
    ("outputs", "wanted", "message"),
    [
        pytest.param(["p", "q"], "", "several output streams with images: p, q", id="several"),
        pytest.param(["sum"], "", "no output stream with images", id="none"),
        pytest.param(["p"], "pp", 'no stream "pp".*', id="unknown"),
        pytest.param(["p"], "sum", 'stream "sum" carries float, not images', id="wrong type"),
    ],
)
def test_no_output_for_a_video(make_graph, outputs: list[str], wanted: str, message: str) -> None:
    nodes = [image_node("x", "p"), image_node("x", "q"), ADD]
    plan = make_graph(*nodes, inputs=["x", "a", "b"], outputs=outputs).plan
    with pytest.raises(UsageError, match=message):
        video_output(plan, wanted)


def test_known_stream_offers_close_names(make_graph) -> None:
    plan = make_graph(ADD, inputs=["a", "b"], outputs=["sum"]).plan
    assert known_stream(plan, "sum", "dumps") == "sum"
    message = r'dumps: the graph has no stream "sun"\. Did you mean \'sum\'\? Streams inside of a subgraph'
    with pytest.raises(UsageError, match=message):
        known_stream(plan, "sun", "dumps")
    with pytest.raises(UsageError, match=r"It declares: sum\."):
        known_stream(plan, "zzzz", "dumps")


def test_handedness_is_the_dumped_one_or_the_neighbour(make_graph) -> None:
    nodes = [hands_node(), hands_node("far__")]
    plan = make_graph(*nodes, inputs=["frames"], outputs=["landmarks"]).plan
    assert labels_for(plan, "landmarks", []) == ("handedness", "handedness")
    assert labels_for(plan, "far__landmarks", []) == ("far__handedness", "handedness")
    assert labels_for(plan, "landmarks", ["landmarks", "far__handedness"]) == ("far__handedness", "handedness")
    assert labels_for(plan, "landmarks", ["handedness", "far__handedness"]) == ("handedness", "handedness")
    alone = make_graph(ADD, inputs=["a", "b"], outputs=["sum"]).plan
    assert labels_for(alone, "sum", []) is None


def test_ids_beside_landmarks_come_first(make_graph) -> None:
    ids = 'node { calculator: "PassThroughCalculator" input_stream: "ids" output_stream: "tracking_ids" }'
    plan = make_graph(hands_node(), ids, inputs=["frames", "ids"], outputs=["landmarks"]).plan
    assert labels_for(plan, "landmarks", []) == ("tracking_ids", "id")
    assert labels_for(plan, "landmarks", ["handedness"]) == ("tracking_ids", "id")


def test_landmark_streams_are_named_once(make_graph) -> None:
    plan = make_graph(hands_node(), inputs=["frames"], outputs=["landmarks"]).plan
    assert landmark_streams(plan, ["landmarks", "handedness", "landmarks"]) == ["landmarks"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param(["size", "world", "pose"], ["pose"], id="those in the image speak for the world's"),
        pytest.param(["size", "world"], ["world"], id="the world's alone"),
        pytest.param(["size"], [], id="none"),
    ],
)
def test_one_pose_a_packet_is_found_too(make_graph, names: list[str], expected: list[str]) -> None:
    nodes = [
        'node { calculator: "ImagePropertiesCalculator" input_stream: "IMAGE:frames" output_stream: "SIZE:size" }',
        'node { calculator: "LandmarkProjectionCalculator" input_stream: "NORM_LANDMARKS:in_rect" '
        'input_stream: "NORM_RECT:rect" output_stream: "NORM_LANDMARKS:pose" }',
        'node { calculator: "WorldLandmarkProjectionCalculator" input_stream: "LANDMARKS:turned" '
        'input_stream: "NORM_RECT:rect" output_stream: "LANDMARKS:world" }',
    ]
    plan = make_graph(*nodes, inputs=["frames", "in_rect", "turned", "rect"], outputs=[]).plan
    assert landmark_streams(plan, names) == expected


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        pytest.param(["frames"], "frames", id="one"),
        pytest.param(["frames", "others"], None, id="which of two"),
    ],
)
def test_the_pictures_that_a_graph_works_on(make_graph, inputs: list[str], expected: str | None) -> None:
    nodes = [image_node(name, f"shown_{name}") for name in inputs]
    assert fed_pictures(make_graph(*nodes, inputs=inputs, outputs=[]).plan) == expected


def test_a_graph_that_reads_its_video_itself(make_graph) -> None:
    decoder = (
        'node { calculator: "OpenCvVideoDecoderCalculator" input_side_packet: "INPUT_FILE_PATH:input_video_path" '
        'output_stream: "VIDEO:video" }'
    )
    plan = make_graph(decoder, image_node("video", "shown"), inputs=[], outputs=[]).plan
    assert is_file_to_file(plan)
    assert decoded_stream(plan) == "video"
    assert fed_pictures(plan) == "video"
    fed = make_graph(image_node("frames", "shown"), inputs=["frames"], outputs=[]).plan
    assert not is_file_to_file(fed)
    assert decoded_stream(fed) is None
