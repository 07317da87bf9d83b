from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
import pytest

from graphkit import OneOf
from graphkit.errors import FormatError
from graphkit.formats import (
    FACE_LANDMARK_NAMES,
    HAND_LANDMARK_NAMES,
    POSE_LANDMARK_NAMES,
    BinaryMask,
    BoundingBox,
    Classification,
    ClassificationList,
    ClassificationListCollection,
    Detection,
    DetectionList,
    Image,
    ImageFileProperties,
    ImageFrame,
    LandmarkList,
    NormalizedLandmarkList,
    NormalizedLandmarkListCollection,
    NormalizedRect,
    Rect,
    RelativeBoundingBox,
    Tensor,
    WholeImage,
)
from graphkit.framework import ANY, PacketType
from graphkit.gpu import GpuBuffer
from graphkit.jobs._sinks.tables import Table, can_be_table, kept_as_text, table_for, table_of_payload

FRAME = (640, 480)
BOX = RelativeBoundingBox(0.1, 0.2, 0.3, 0.4)


def points(count: int = 2, **known: bool) -> NormalizedLandmarkList:
    data = np.arange(count * 5, dtype=np.float32).reshape(count, 5) / 10
    return NormalizedLandmarkList(data, known.get("visibility", False), known.get("presence", False))


def world(count: int = 2) -> LandmarkList:
    return LandmarkList(points(count).data.copy())


def read(payload: Any, **given: Any) -> list[dict[str, str]]:
    """The rows of a packet at 40 ms, by the names of their columns."""
    table = table_of_payload(payload)
    text = table.header(label="handedness" if "labels" in given else "") + table.rows(40_000, payload, **given)
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize(
    ("kind", "header"),
    [
        pytest.param(
            NormalizedLandmarkList, "timestamp,index,name,x,y,z,visibility,presence,frame_width,frame_height",
            id="a pose",
        ),
        pytest.param(
            list[NormalizedLandmarkList],
            "timestamp,item,index,name,x,y,z,visibility,presence,frame_width,frame_height", id="hands",
        ),
        pytest.param(LandmarkList, "timestamp,index,name,x,y,z,visibility,presence", id="a pose in the world"),
        pytest.param(list[LandmarkList], "timestamp,item,index,name,x,y,z,visibility,presence", id="world"),
        pytest.param(
            Detection,
            "timestamp,label,score,xmin,ymin,width,height,keypoints,frame_width,frame_height", id="a detection",
        ),
        pytest.param(
            DetectionList,
            "timestamp,item,label,score,xmin,ymin,width,height,keypoints,frame_width,frame_height", id="boxes",
        ),
        pytest.param(
            NormalizedRect,
            "timestamp,x_center,y_center,width,height,rotation,rect_id,frame_width,frame_height", id="a rect",
        ),
        pytest.param(list[Rect], "timestamp,item,x_center,y_center,width,height,rotation,rect_id", id="in pixels"),
        pytest.param(ClassificationList, "timestamp,index,label,score", id="classes"),
        pytest.param(list[ClassificationList], "timestamp,item,index,label,score", id="classes of several"),
        pytest.param(ImageFrame, "timestamp,width,height,format", id="pictures"),
        pytest.param(list[float], "timestamp,item,value", id="numbers"),
    ],
)  # fmt: skip
def test_the_columns_of_a_stream(kind: Any, header: str) -> None:
    table = table_for(OneOf(kind))
    assert table is not None
    assert table.header() == header + "\n"


def test_the_column_of_handedness_stands_beside_the_item() -> None:
    assert Table(LandmarkList, many=True).header(label="handedness").startswith("timestamp,item,handedness,index,")


def test_a_row_a_landmark() -> None:
    first, second = read(points(), frame=FRAME)
    assert first == {
        "timestamp": "40000", "index": "0", "name": "", "x": "0.0", "y": "0.1", "z": "0.2",
        "visibility": "", "presence": "", "frame_width": "640", "frame_height": "480",
    }  # fmt: skip
    assert (second["index"], second["x"]) == ("1", "0.5")


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        pytest.param({"visibility": True}, ("0.3", ""), id="visibility"),
        pytest.param({"presence": True}, ("", "0.4"), id="presence"),
        pytest.param({"visibility": True, "presence": True}, ("0.3", "0.4"), id="both"),
    ],
)
def test_visibility_and_presence_are_written_where_known(known: dict[str, bool], expected: Any) -> None:
    row = read(points(**known))[0]
    assert (row["visibility"], row["presence"]) == expected


@pytest.mark.parametrize(
    ("count", "names"),
    [
        pytest.param(21, HAND_LANDMARK_NAMES, id="hand"),
        pytest.param(33, POSE_LANDMARK_NAMES, id="pose"),
        pytest.param(468, FACE_LANDMARK_NAMES[:468], id="face"),
        pytest.param(478, FACE_LANDMARK_NAMES, id="face with irises"),
        pytest.param(5, ("",) * 5, id="neither"),
    ],
)
def test_names(count: int, names: tuple[str, ...]) -> None:
    assert tuple(row["name"] for row in read(points(count))) == names


def test_items_are_numbered() -> None:
    rows = read([points(1), points(2)])
    assert [(row["item"], row["index"]) for row in rows] == [("0", "0"), ("1", "0"), ("1", "1")]


def test_labels_are_quoted_and_may_be_too_few() -> None:
    rows = read([points(1), points(1)], labels=['le"ft, or so'])
    assert [row["handedness"] for row in rows] == ['le"ft, or so', ""]


@pytest.mark.parametrize("payload", [pytest.param(points(), id="landmarks"), pytest.param(Detection(), id="box")])
def test_the_size_of_the_frame_is_empty_where_nobody_knows_it(payload: Any) -> None:
    row = read(payload)[0]
    assert (row["frame_width"], row["frame_height"]) == ("", "")


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        pytest.param(BOX, ["0.1", "0.2", "0.3", "0.4"], id="fractions"),
        pytest.param(BoundingBox(64, 48, 320, 240), ["0.1", "0.1", "0.5", "0.5"], id="pixels"),
        pytest.param(WholeImage(), ["0.0", "0.0", "1.0", "1.0"], id="everywhere"),
        pytest.param(BinaryMask(4, 4, ((0, 1, 2),)), ["", "", "", ""], id="no box"),
        pytest.param(None, ["", "", "", ""], id="nowhere"),
    ],
)
def test_the_box_of_a_detection_is_in_fractions(location: Any, expected: list[str]) -> None:
    (row,) = read(Detection((0.5,), location), frame=FRAME)
    assert [row[name] for name in ("xmin", "ymin", "width", "height")] == expected


def test_a_box_in_pixels_needs_the_frame() -> None:
    assert read(Detection((0.5,), BoundingBox(64, 48, 320, 240)))[0]["xmin"] == ""


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        pytest.param({"label": ("cup", "mug"), "label_id": (3, 4)}, "cup", id="label"),
        pytest.param({"display_name": ("a cup",), "label_id": (3,)}, "a cup", id="display name"),
        pytest.param({"label_id": (3,)}, "3", id="number"),
        pytest.param({}, "", id="nothing"),
    ],
)
def test_the_label_of_a_detection(named: dict[str, Any], expected: str) -> None:
    assert read(Detection((0.5, 0.25), BOX, **named))[0]["label"] == expected


def test_keypoints_of_a_detection() -> None:
    keypoints = np.array([[0.1, 0.2], [0.3, 0.4]], np.float32)
    row = read([Detection((0.75,), BOX, keypoints)])[0]
    assert (row["score"], row["keypoints"]) == ("0.75", "0.1 0.2;0.3 0.4")
    assert read(Detection((), BOX))[0]["keypoints"] == ""


@pytest.mark.parametrize(
    ("rect", "expected"),
    [
        pytest.param(
            NormalizedRect(0.5, 0.25, 0.1, 0.2, 0.3, 7), ["0.5", "0.25", "0.1", "0.2", "0.3", "7"], id="f"
        ),
        pytest.param(Rect(5, 2, 1, 2, 0.3), ["5", "2", "1", "2", "0.3", ""], id="pixels"),
    ],
)
def test_a_row_a_rect(rect: Any, expected: list[str]) -> None:
    names = ("x_center", "y_center", "width", "height", "rotation", "rect_id")
    assert [read(rect)[0][name] for name in names] == expected


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(
            ClassificationList([Classification(1, 0.75, "Left"), Classification(0, 0.25)]), id="one thing"
        ),
        pytest.param(
            [ClassificationList([Classification(1, 0.75, "Left"), Classification(0, 0.25)])], id="several"
        ),
        pytest.param(
            ClassificationListCollection(
                [ClassificationList([Classification(1, 0.75, None, "Left"), Classification(0, 0.25)])]
            ),
            id="collection",
        ),
    ],
)
def test_a_row_a_class(payload: Any) -> None:
    rows = [(row["index"], row["label"], row["score"]) for row in read(payload)]
    assert rows == [("1", "Left", "0.75"), ("0", "", "0.25")]


def test_pictures_leave_their_size() -> None:
    frame = ImageFrame(np.zeros((3, 4), np.float32))
    expected = {"timestamp": "40000", "width": "4", "height": "3", "format": "VEC32F1"}
    assert read(frame) == [expected]
    assert read(Image(frame)) == [expected]


@pytest.mark.parametrize("value", [0.1, 7, True, "a,b"])
def test_numbers_and_texts(value: object) -> None:
    assert read(value)[0]["value"] == str(value)
    assert [(row["item"], row["value"]) for row in read([value])] == [("0", str(value))]


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param([], id="list"),
        pytest.param(NormalizedLandmarkListCollection([]), id="collection"),
    ],
)
def test_nothing_found_is_no_row(payload: Any) -> None:
    assert Table(NormalizedLandmarkList, many=True).rows(0, payload) == ""


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        pytest.param((ImageFrame, Image, GpuBuffer), Table(ImageFrame, many=False), id="the same columns"),
        pytest.param((list[NormalizedLandmarkList], list[LandmarkList]), None, id="other columns"),
        pytest.param((float, list[float]), None, id="one or several"),
        pytest.param((float, Tensor), None, id="something else too"),
    ],
)
def test_a_stream_of_several_types(types: tuple[Any, ...], expected: Table | None) -> None:
    assert table_for(OneOf(*types)) == expected
    assert can_be_table(OneOf(*types))


def test_what_can_be_a_table() -> None:
    assert can_be_table(ANY)
    assert table_for(ANY) is None
    assert not can_be_table(OneOf(Tensor, list[Tensor]))


@pytest.mark.parametrize(
    ("table", "payload", "found"),
    [
        pytest.param(Table(LandmarkList, many=True), 5, "int", id="no list"),
        pytest.param(Table(LandmarkList, many=True), [5], "list", id="a list of others"),
        pytest.param(Table(Detection, many=False), world(), "LandmarkList", id="another type"),
        pytest.param(Table(str, many=True), "text", "str", id="a text is no list of texts"),
    ],
)
def test_what_does_not_belong_into_a_table_is_said(table: Table, payload: object, found: str) -> None:
    with pytest.raises(FormatError, match=rf"a \.csv holds landmarks, .*; this packet holds {found}\. Dump"):
        table.rows(0, payload)


def test_a_payload_without_a_table_is_said() -> None:
    with pytest.raises(FormatError, match="this packet holds Tensor"):
        table_of_payload(Tensor(np.zeros(3, np.float32)))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        pytest.param(ImageFileProperties, "Write it as .jsonl", id="a payload"),
        pytest.param(
            Tensor,
            "Convert the tensors in the graph, as TensorsToFloatsCalculator and other TensorsTo... calculators "
            "do, and write what those emit",
            id="tensors",
        ),
        pytest.param(tuple, "Write it as .jsonl, if it holds no pictures", id="what may hold anything"),
    ],
)
def test_how_to_keep_what_is_no_table(kind: type, words: str) -> None:
    assert kept_as_text(PacketType.of(kind)) == words
