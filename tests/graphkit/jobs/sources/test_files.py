"""Feeding from files: what becomes of each kind of file for each type of stream."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from graphkit import OneOf
from graphkit.errors import InputError, UsageError, VideoOpenError
from graphkit.formats import Image, ImageFrame, NormalizedLandmarkList, NormalizedRect, Tensor
from graphkit.framework import ANY, PacketType
from graphkit.jobs import InputSet, JobSettings, Origin, Source, files_job
from graphkit.jobs._build import _kind_of
from graphkit.jobs._pixels import wrapper_for
from graphkit.jobs._source import merged
from graphkit.video import CameraSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RED = np.zeros((4, 6, 3), np.uint8)
RED[:, :, 0] = 200
FRAMES = PacketType.of(ImageFrame)
ADD = 'node { calculator: "SampleAdd" input_stream: "A:a" input_stream: "B:b" output_stream: "sum" }'


def opened(path: Path, carried: PacketType, rate: Fraction = Fraction(30)) -> Source:
    origin = Origin("x", str(path), carried, wrapper_for(carried), rate, 4, CameraSettings())
    return _kind_of(origin).opened(origin)


def open_series(path: Path, carried: PacketType, rate: Fraction = Fraction(30)) -> Iterator[tuple[int, Any]]:
    source = opened(path, carried, rate)
    for each in source:
        yield each.timestamp_us, each.payloads["x"]
    source.close()


def write_image(path: Path, rgb: np.ndarray = RED) -> Path:
    path.parent.mkdir(exist_ok=True)
    cv2.imwrite(str(path), rgb[:, :, ::-1])
    return path


def write_lines(path: Path, *lines: object) -> Path:
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


def test_an_image(tmp_path: Path) -> None:
    series = list(open_series(write_image(tmp_path / "bild ä.png"), FRAMES))
    assert [at for at, _ in series] == [0]
    assert series[0][1] == ImageFrame(RED.copy())


def test_a_stream_of_images_gets_images(tmp_path: Path) -> None:
    (_, payload), *_ = open_series(write_image(tmp_path / "a.png"), PacketType.of(Image))
    assert isinstance(payload, Image)


def test_a_folder_in_the_order_that_a_person_means(tmp_path: Path) -> None:
    for index in (10, 9, 100):
        write_image(tmp_path / "many" / f"frame_{index}.png", np.full((4, 4, 3), index, np.uint8))
    series = list(open_series(tmp_path / "many", FRAMES, Fraction(25)))
    assert [(at, int(frame.data[0, 0, 0])) for at, frame in series] == [(0, 9), (40_000, 10), (80_000, 100)]


def test_a_tiff_feeds_all_of_its_pages(tmp_path: Path) -> None:
    pages = [np.full((4, 6, 3), shade, np.uint8) for shade in (10, 20, 30)]
    cv2.imwritemulti(str(tmp_path / "stack.tif"), pages)
    series = list(open_series(tmp_path / "stack.tif", FRAMES, Fraction(10)))
    assert [(at, int(frame.data[0, 0, 0])) for at, frame in series] == [(0, 10), (100_000, 20), (200_000, 30)]


def test_a_clip_keeps_its_times(clip: Path) -> None:
    assert [at for at, _ in open_series(clip, FRAMES)] == [i * 40_000 for i in range(12)]


@pytest.mark.parametrize(
    ("array", "packet_type", "expected"),
    [
        pytest.param(RED, FRAMES, [ImageFrame(RED.copy())], id="one picture"),
        pytest.param(np.stack([RED, RED]), FRAMES, [ImageFrame(RED.copy())] * 2, id="two pictures"),
        pytest.param(RED[:, :, 0], FRAMES, [ImageFrame(RED[:, :, 0].copy())], id="gray picture"),
        pytest.param(np.array([1.5, 2]), PacketType.of(float), [1.5, 2.0], id="floats"),
        pytest.param(np.array(3), PacketType.of(int), [3], id="one int"),
    ],
)
def test_an_array(tmp_path: Path, array: np.ndarray, packet_type: PacketType, expected: list[Any]) -> None:
    np.save(tmp_path / "a.npy", array)
    assert [payload for _, payload in open_series(tmp_path / "a.npy", packet_type)] == expected


def test_an_array_as_tensors_and_matrices(tmp_path: Path) -> None:
    array = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
    np.save(tmp_path / "a.npy", array)
    [(_, tensor)] = open_series(tmp_path / "a.npy", PacketType.of(Tensor))
    assert np.array_equal(tensor.data, array)
    [(_, tensors)] = open_series(tmp_path / "a.npy", PacketType.of(list[Tensor]))
    assert np.array_equal(tensors[0].data, array)
    for packet_type in (PacketType.of(np.ndarray), ANY):
        matrices = [payload for _, payload in open_series(tmp_path / "a.npy", packet_type)]
        assert np.array_equal(matrices, array)


def test_json_lines_are_typed_by_the_stream(tmp_path: Path) -> None:
    landmarks = [{"landmark": [{"x": 0.5, "y": 0.25, "z": 0.0}]}]
    file = write_lines(tmp_path / "a.jsonl", {"timestamp": 7, "stream": "old name", "packet": landmarks}, "")
    [(at, payload)] = open_series(file, PacketType.of(list[NormalizedLandmarkList]))
    assert at == 7
    assert payload[0].data[0, :2].tolist() == [0.5, 0.25]
    assert list(open_series(file, ANY)) == [(7, landmarks)]


def test_the_first_type_that_fits_is_taken(tmp_path: Path) -> None:
    file = write_lines(tmp_path / "a.jsonl", {"timestamp": 1, "packet": 5})
    assert list(open_series(file, OneOf(NormalizedRect, int))) == [(1, 5)]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        pytest.param(["{"], r"a.jsonl:1: is not JSON", id="no JSON"),
        pytest.param([[1]], r'a.jsonl:1: expected {"timestamp": <microseconds>', id="no object"),
        pytest.param([{"timestamp": "1", "packet": 1}], "expected", id="text for a time"),
        pytest.param(
            [{"timestamp": 1, "packet": 1}, {"timestamp": 1, "packet": 2}],
            "a.jsonl:2: timestamp 1 is not after 1",
            id="same time",
        ),
        pytest.param([{"timestamp": 1, "packet": "x"}], "a.jsonl:1: is no int: ", id="wrong payload"),
    ],
)  # fmt: skip
def test_bad_json_lines(tmp_path: Path, lines: list[Any], message: str) -> None:
    file = write_lines(tmp_path / "a.jsonl", *lines)
    with pytest.raises(InputError, match=message):
        list(open_series(file, PacketType.of(int)))


@pytest.mark.parametrize(
    ("name", "packet_type", "error", "message"),
    [
        pytest.param("a.txt", FRAMES, VideoOpenError, r"a\.txt: the file is empty", id="what FFmpeg shall open"),
        pytest.param("a.txt", PacketType.of(int), UsageError, r'unknown kind of input "\.txt"\. Known', id="kind"),
        pytest.param("a.png", PacketType.of(int), UsageError, "cannot be read from images", id="type"),
        pytest.param("folder", FRAMES, InputError, "holds no image", id="no image"),
        pytest.param("a.npy", PacketType.of(NormalizedRect), UsageError, "be read from an array", id="array"),
    ],
)  # fmt: skip
def test_files_that_cannot_feed(tmp_path: Path, name, packet_type, error, message) -> None:
    write_image(tmp_path / "a.png")
    (tmp_path / "a.txt").touch()
    (tmp_path / "folder").mkdir()
    np.save(tmp_path / "a.npy", np.zeros(3))
    with pytest.raises(error, match=message):
        list(open_series(tmp_path / name, packet_type))


@pytest.mark.parametrize("content", [pytest.param(b"", id="empty"), pytest.param(b"no image", id="text")])
def test_damaged_images_and_arrays(tmp_path: Path, content: bytes) -> None:
    for name, message in (("a.png", "is no image that can be decoded"), ("a.npy", "is no array that numpy.save")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=message):
            list(open_series(tmp_path / name, FRAMES))


class Listed(Source):
    def __init__(self, stream: str, times: list[int]) -> None:
        self.stream, self.times = stream, times

    def __iter__(self) -> Iterator[InputSet]:
        return iter([InputSet(at, {self.stream: f"{self.stream}{at}"}) for at in self.times])


def test_sources_are_merged_by_time() -> None:
    sources = [Listed("a", [0, 2]), Listed("b", [1, 2, 3])]
    assert [(each.timestamp_us, dict(each.payloads)) for each in merged(sources)] == [
        (0, {"a": "a0"}),
        (1, {"b": "b1"}),
        (2, {"a": "a2", "b": "b2"}),
        (3, {"b": "b3"}),
    ]


def test_a_graph_is_fed_from_several_files(make_graph, tmp_path: Path) -> None:
    a = write_lines(tmp_path / "a.jsonl", {"timestamp": 0, "packet": 1.5}, {"timestamp": 20, "packet": 2.5})
    b = write_lines(tmp_path / "b.jsonl", {"timestamp": 10, "packet": 10.0}, {"timestamp": 20, "packet": 20.0})
    out = tmp_path / "sum.jsonl"
    graph = make_graph(ADD, inputs=["a", "b"], outputs=["sum"])
    summary = files_job(graph, {"a": a, "b": b}, JobSettings(dumps={"sum": out})).run()
    entries = [json.loads(line) for line in out.read_text().splitlines()]
    assert [(e["timestamp"], e["packet"]) for e in entries] == [(0, 1.5), (10, 10.0), (20, 22.5)]
    assert summary.frames == 3


def test_every_input_stream_needs_a_file(make_graph, tmp_path: Path) -> None:
    graph = make_graph(ADD, inputs=["a", "b"], outputs=["sum"])
    file = write_lines(tmp_path / "a.jsonl", {"timestamp": 0, "packet": 1.5})
    with pytest.raises(UsageError, match=r"input streams without a file: b"):
        files_job(graph, {"a": file}, JobSettings())
    with pytest.raises(UsageError, match=r'no input stream "zz"\. It has: a, b\.'):
        files_job(graph, {"zz": file}, JobSettings())


def test_a_folder_becomes_a_video(make_graph, tmp_path: Path, levels) -> None:
    for index in range(5):
        write_image(tmp_path / "many" / f"{index}.png", np.full((48, 64, 3), 50 * index, np.uint8))
    out = tmp_path / "out.mp4"
    graph = make_graph('node { calculator: "SampleInvert" input_stream: "x" output_stream: "y" }',
                       inputs=["x"], outputs=["y"])  # fmt: skip
    files_job(graph, {"x": tmp_path / "many"}, JobSettings(out, rate=Fraction(10))).run()
    written = levels(out)
    assert [at for at, _ in written] == [0, 100_000, 200_000, 300_000, 400_000]
    assert abs(written[4][1] - 55) <= 2


@pytest.mark.parametrize(
    ("line", "words"),
    [
        pytest.param(b"\xff{}", r":1: is not UTF-8 text: ", id="no text"),
        pytest.param(b"[" * 200_000, r":1: is JSON that is nested too deep", id="deep"),
        pytest.param(b'{"timestamp": ' + b"1" * 5000 + b"}", r":1: is not JSON: Exceeds the limit", id="digits"),
        pytest.param(b'{"timestamp": 1', r":1: is not JSON: ", id="cut"),
        pytest.param(b"[]", r':1: expected {"timestamp": <microseconds>', id="list"),
    ],
)
def test_lines_that_are_no_json(line: bytes, words: str, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(line + b"\n")
    with pytest.raises(InputError, match=words):
        list(open_series(file, PacketType.of(NormalizedRect)))


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("[" * 400 + "]" * 400, id="deep"),
        pytest.param('{"xCenter": 1e999}', id="number too large"),
        pytest.param('{"xCenter": {"a": []}}', id="another type"),
        pytest.param('{"rectId": "' + "9" * 5000 + '"}', id="digits"),
        pytest.param('{"\\ud800": 1}', id="half a character"),
    ],
)
def test_json_that_describes_nothing(value: str, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "a.jsonl", '{"timestamp": 0, "packet": ' + value + "}")
    with pytest.raises(InputError, match=r":1: is no NormalizedRect: ") as caught:
        list(open_series(file, PacketType.of(NormalizedRect)))
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    ("array", "kind", "words"),
    [
        pytest.param(np.array(["a"]), float, "holds <U1; an array of numbers is needed", id="text"),
        pytest.param(np.zeros(2, [("x", "f4")]), Tensor, "an array of numbers is needed", id="records"),
        pytest.param(np.array([1.0, np.nan]), int, "item 1 is nan, which is no int", id="nan"),
        pytest.param(np.array([np.inf]), int, "item 0 is inf, which is no int", id="infinity"),
        pytest.param(np.float32(1), ImageFrame, r"an array of shape \(\) holds no picture", id="no dimension"),
        pytest.param(np.zeros((2, 4, 4, 7)), ImageFrame, "item 0: no image format fits", id="channels"),
    ],
)
def test_arrays_of_something_else(array: np.ndarray, kind: type, words: str, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(InputError, match=words):
        list(open_series(tmp_path / "a.npy", PacketType.of(kind)))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\x93NUMPY\x01\x00\x10\x00" + b"(" * 16, id="header that is no Python"),
        pytest.param(b"\x93NUMPY\x02\x00\xff\xff\xff\x7f{", id="length of the header"),
        pytest.param(b"\x80\x04K\x01.", id="pickle"),
    ],
)
def test_files_that_are_no_array(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(data)
    with pytest.raises(InputError, match=r"is no array that numpy\.save wrote: "):
        list(open_series(tmp_path / "a.npy", PacketType.of(Tensor)))


def test_an_archive_in_the_place_of_an_array(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros(2))
    (tmp_path / "a.npz").rename(tmp_path / "a.npy")
    with pytest.raises(InputError, match="is an archive of several arrays; give it one"):
        list(open_series(tmp_path / "a.npy", PacketType.of(Tensor)))
