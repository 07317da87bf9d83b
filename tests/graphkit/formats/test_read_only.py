"""Payloads do not change after they were made, and copy only where somebody else could change them."""

from __future__ import annotations

import numpy as np
import pytest

from graphkit import CalculatorGraph, Packet
from graphkit.errors import FormatError
from graphkit.formats import Anchors, Detection, ImageFrame, LandmarkList, NormalizedLandmarkList, Tensor


def _points(data):
    return Detection(relative_keypoints=data).relative_keypoints


# What is made of an array, the shape of one, and the array that is kept.
PAYLOADS = [
    pytest.param(lambda data: ImageFrame(data).data, (6, 4, 3), np.uint8, id="ImageFrame"),
    pytest.param(lambda data: ImageFrame(data).data, (6, 4), np.float32, id="mask"),
    pytest.param(lambda data: Tensor(data).data, (2, 8), np.float32, id="Tensor"),
    pytest.param(lambda data: Tensor(data, "NCHW").data, (2, 3, 4, 4), np.float32, id="Tensor NCHW"),
    pytest.param(lambda data: LandmarkList(data).data, (4, 5), np.float32, id="LandmarkList"),
    pytest.param(lambda data: NormalizedLandmarkList(data).data, (4, 5), np.float32, id="NormalizedLandmarkList"),
    pytest.param(_points, (4, 2), np.float32, id="Detection"),
    pytest.param(lambda data: Anchors(data).data, (4, 4), np.float32, id="Anchors"),
]


# The buffer of a program, and what it hands over of it.
VIEWS = [
    pytest.param(lambda buffer, rows: buffer[:rows], id="crop"),
    pytest.param(lambda buffer, rows: buffer[:rows, ..., ::-1], id="turned round"),
    pytest.param(lambda buffer, rows: buffer[:rows].view(), id="view of a view"),
    pytest.param(lambda buffer, rows: _protected(buffer[:rows]), id="read-only view"),
    pytest.param(lambda buffer, rows: np.asarray(memoryview(buffer)[:rows]), id="memoryview"),
    pytest.param(lambda buffer, rows: np.asarray(memoryview(buffer)[:rows].toreadonly()), id="read-only memory"),
    pytest.param(lambda buffer, rows: np.from_dlpack(buffer[:rows]), id="dlpack"),
]


def _protected(view):
    view.setflags(write=False)
    return view


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(("kept", "shape", "dtype"), PAYLOADS)
def test_what_is_written_to_the_buffer_later_does_not_arrive(kept, shape, dtype, view):
    buffer = np.zeros((2 * shape[0], *shape[1:]), dtype)
    data = kept(view(buffer, shape[0]))
    buffer[...] = 1
    assert data.shape == shape
    assert not data.any()
    assert not data.flags.writeable


@pytest.mark.parametrize(("kept", "shape", "dtype"), PAYLOADS)
def test_a_whole_array_is_kept_and_protected(kept, shape, dtype):
    whole = np.zeros(shape, dtype)
    assert kept(whole) is whole
    with pytest.raises(ValueError, match="read-only"):
        whole[...] = 1


@pytest.mark.parametrize(
    "owner",
    [
        pytest.param(bytearray, id="bytearray"),
        pytest.param(lambda data: memoryview(bytearray(data)), id="memoryview of a bytearray"),
    ],
)
def test_a_buffer_that_is_no_array_may_change_too(owner):
    buffer = owner(bytes(12))
    frame = ImageFrame(np.frombuffer(buffer, np.uint8).reshape(2, 2, 3))
    buffer[:] = b"\1" * 12
    assert not frame.data.any()


def test_a_file_that_is_mapped_into_memory_may_change(tmp_path):
    mapped = np.memmap(tmp_path / "pixels", np.uint8, "w+", shape=(2, 2, 3))
    tensor, frame = Tensor(mapped), ImageFrame(np.asarray(mapped))
    mapped[...] = 1
    assert not tensor.data.any()
    assert not frame.data.any()
    assert type(tensor.data) is np.ndarray


@pytest.mark.parametrize(
    "shared",
    [
        pytest.param(lambda: (np.frombuffer(bytes(2764800), np.uint8).reshape(720, 1280, 3),), id="bytes"),
        pytest.param(lambda: (np.zeros((720, 3, 1280), np.uint8).transpose(0, 2, 1),), id="view of a temporary"),
        pytest.param(lambda: (np.zeros((720, 1280, 3), np.uint8)[:, ::-1],), id="mirrored temporary"),
        pytest.param(lambda: (np.zeros((720, 1280, 1), np.uint8),), id="one channel"),
        pytest.param(
            lambda: (ImageFrame(np.zeros((720, 1280, 3), np.uint8)).data[:, :640],), id="crop of a frame"
        ),
    ],
)
def test_720p_that_nobody_else_can_write_to_is_not_copied(shared):
    (view,) = shared()
    assert np.shares_memory(ImageFrame(view).data, view)


def test_two_views_of_a_temporary_are_not_taken_for_one():
    left, right = np.hsplit(np.zeros((4, 8, 3), np.uint8), 2)
    frame = ImageFrame(left)
    right.base[...] = 1
    assert not frame.data.any()


def test_decoded_pictures_are_not_copied(hand_clip_or_made):
    import av

    with av.open(str(hand_clip_or_made)) as container:
        picture = next(container.decode(video=0))
    pixels = picture.to_ndarray(format="rgb24")
    assert np.shares_memory(ImageFrame(pixels).data, pixels)


@pytest.fixture
def hand_clip_or_made(tmp_path):
    import av

    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "rgb24")))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(lambda buffer: buffer[:, :, ::-1], id="BGR to RGB"),
        pytest.param(lambda buffer: buffer[:, :2], id="left half"),
    ],
)
def test_packets_under_way_hold_what_was_sent(view):
    graph = CalculatorGraph(
        'input_stream: "in" output_stream: "out" '
        'node { calculator: "PassThroughCalculator" input_stream: "in" output_stream: "out" }'
    )
    packets = []
    graph.observe_output_stream("out", packets.append)
    buffer = np.zeros((2, 4, 3), np.uint8)
    with graph:
        for time in range(3):
            buffer[...] = time
            graph.add_packet_to_input_stream("in", ImageFrame(view(buffer)), time)
    assert [int(packet.payload.data[0, 0, 0]) for packet in packets] == [0, 1, 2]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        pytest.param([[1, 2]], "list", id="list"),
        pytest.param(None, "NoneType", id="None"),
        pytest.param(b"\0\0", "bytes", id="bytes"),
        pytest.param(np.float32(1), "numpy.float32", id="scalar"),
        pytest.param(Anchors(np.zeros((0, 4), np.float32)), "graphkit.formats._anchor.Anchors", id="frame"),
    ],
)
@pytest.mark.parametrize(
    ("make", "name"),
    [
        pytest.param(ImageFrame, "ImageFrame", id="ImageFrame"),
        pytest.param(ImageFrame.lent, "ImageFrame", id="lent ImageFrame"),
        pytest.param(Tensor, "Tensor", id="Tensor"),
        pytest.param(lambda data: Tensor(data, "NCHW"), "Tensor", id="Tensor NCHW"),
        pytest.param(LandmarkList, "LandmarkList", id="LandmarkList"),
        pytest.param(NormalizedLandmarkList, "NormalizedLandmarkList", id="NormalizedLandmarkList"),
        pytest.param(_points, "relative_keypoints of a Detection", id="Detection"),
        pytest.param(Anchors, "Anchors", id="Anchors"),
    ],
)
def test_what_is_no_array_is_refused(make, name, value, found):
    with pytest.raises(FormatError) as caught:
        make(value)
    assert str(caught.value) == (
        f"{name}: found {found}, expected a numpy array; numpy.asarray() makes one of most."
    )


def test_a_masked_array_is_refused():
    with pytest.raises(FormatError, match=r"Tensor: found a masked array; give its masked elements a value"):
        Tensor(np.ma.array([1.0, 2.0], mask=[True, False]))


def test_a_matrix_is_kept_as_other_arrays_are():
    whole, buffer = np.eye(3, dtype=np.float32), np.zeros((2, 3, 3), np.float32)
    assert Packet(whole).payload is whole
    assert not whole.flags.writeable
    packet = Packet(buffer[0], 5).at(7)
    buffer[...] = 1
    assert not packet.payload.any()


def test_a_matrix_that_was_sent_does_not_change():
    graph = CalculatorGraph(
        'input_stream: "in" output_stream: "out" '
        'node { calculator: "PassThroughCalculator" input_stream: "in" output_stream: "out" }'
    )
    packets = []
    graph.observe_output_stream("out", packets.append)
    buffer = np.zeros((2, 4, 4), np.float32)
    with graph:
        for time in range(3):
            buffer[...] = time
            graph.add_packet_to_input_stream("in", buffer[0], time)
    assert [int(packet.payload[0, 0]) for packet in packets] == [0, 1, 2]
