from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import zipfile
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from graphkit import CalculatorGraph, Packet
from graphkit.errors import FormatError, OutputError
from graphkit.formats import Image, ImageFrame
from graphkit.jobs import Ending, Target
from graphkit.jobs._sinks.npz import NpzSink
from graphkit.jobs._sinks.png import PngSink

if TYPE_CHECKING:
    from pathlib import Path

    from graphkit.jobs._sinks.pictures import PictureSink

rng = np.random.default_rng(0)


def opened(kind: type[PictureSink], name: Path) -> PictureSink:
    graph = CalculatorGraph("""
        input_stream: "in"
        node { calculator: "PassThroughCalculator" input_stream: "in" output_stream: "mask" name: "maker" }""")
    sink = kind(Target("mask", str(name), graph.plan))
    sink.open()
    return sink


def created(kind: type[PictureSink], name: Path) -> PictureSink:
    sink = kind(Target("mask", str(name), None))  # type: ignore[arg-type]
    sink.create()
    return sink


def mask() -> ImageFrame:
    return ImageFrame(rng.random((4, 6), np.float32))


def test_an_npz_holds_the_pictures_as_they_are(tmp_path: Path) -> None:
    dump = opened(NpzSink, tmp_path / "a.npz")
    flow = ImageFrame(rng.normal(size=(8, 6, 2)).astype(np.float32))
    pictures = {0: ImageFrame(np.full((4, 6, 3), 7, np.uint8)), 40_000: flow}
    for at, picture in pictures.items():
        dump.take(Packet(Image(picture) if at == 40_000 else picture, at))
    dump.close(Ending())
    dump.close(Ending())
    assert dump.packets == 2
    with np.load(dump.path) as archive:
        assert archive.files == ["0", "40000"]
        for at, picture in pictures.items():
            assert archive[str(at)].dtype == picture.data.dtype
            np.testing.assert_array_equal(archive[str(at)], picture.data)


def test_masks_have_255_steps(tmp_path: Path) -> None:
    sink = created(NpzSink, tmp_path / "a.npz")
    sink.write_picture(ImageFrame(np.array([[-1, 0, 0.1, 0.5, 1, 2]], np.float32)), 0)
    sink.finish()
    with np.load(tmp_path / "a.npz") as archive:
        assert archive["0"].dtype == np.uint8
        assert archive["0"].tolist() == [[0, 0, 26, 128, 255, 255]]


def test_pictures_of_any_layout_are_written(tmp_path: Path) -> None:
    sink = created(NpzSink, tmp_path / "a.npz")
    padded = np.arange(48, dtype=np.uint8).reshape(4, 12)[:, :6]
    sink.write_picture(ImageFrame(padded), 0)
    sink.finish()
    with np.load(tmp_path / "a.npz") as archive:
        np.testing.assert_array_equal(archive["0"], padded)


def test_a_sequence_has_the_times_in_its_names(tmp_path: Path) -> None:
    dump = opened(PngSink, tmp_path / "new" / "m_%08d.png")
    values = np.array([[-1, 0, 0.5, 2]], np.float32)
    for at in (0, 40_000, 123_456_789_000):
        dump.take(Packet(ImageFrame(values.copy()), at))
    dump.close(Ending())
    files = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert files == ["m_00000000.png", "m_00040000.png", "m_123456789000.png"]
    assert (dump.packets, dump.path) == (3, tmp_path / "new" / "m_%08d.png")
    read = cv2.imread(str(tmp_path / "new" / files[1]), cv2.IMREAD_UNCHANGED)
    assert read.tolist() == [[0, 0, 128, 255]]


def test_what_is_no_picture_is_refused_and_the_rest_is_whole(tmp_path: Path) -> None:
    dump = opened(NpzSink, tmp_path / "a.npz")
    dump.take(Packet(mask(), 0))
    with pytest.raises(
        FormatError, match=r'the packet at 1 of stream "mask" \(node "maker"\) cannot .* found int'
    ):
        dump.take(Packet(5, 1))
    dump.close(Ending())
    with np.load(tmp_path / "a.npz") as archive:
        assert archive.files == ["0"]


def test_a_format_without_colours_is_said(tmp_path: Path) -> None:
    dump = opened(PngSink, tmp_path / "%d.png")
    dump.take(Packet(ImageFrame(np.zeros((2, 2, 2), np.float32)), 0))
    with pytest.raises(FormatError, match=r"VEC32F2\) cannot be shown as a \.png; dump the stream as \.npz"):
        dump.close(Ending())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_goes_away_is_said(tmp_path: Path) -> None:
    sink = created(PngSink, tmp_path / "gone" / "%d.png")
    (tmp_path / "gone").rmdir()
    with pytest.raises(OutputError, match=r"gone/7\.png: cannot be written: No such file"):
        sink.write_picture(mask(), 7)


def run_with_a_small_disk(code: str, folder: Path) -> str:
    """Run code in a process whose files may have 10 kB; what it prints."""
    head = """
        import resource
        import numpy as np
        from pathlib import Path
        from graphkit.errors import OutputError
        from graphkit.formats import ImageFrame
        from graphkit.jobs import Target
        from graphkit.jobs._sinks.npz import NpzSink
        from graphkit.jobs._sinks.png import PngSink
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
        noise = np.random.default_rng(0).integers(0, 255, (50, 60), np.uint8)
    """
    program = textwrap.dedent(head) + textwrap.dedent(code)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.mark.skipif(os.name == "nt", reason="needs resource limits")
def test_an_npz_on_a_full_disk_keeps_what_went_before(tmp_path: Path) -> None:
    code = """
        sink = NpzSink(Target("mask", "a.npz", None))
        sink.create()
        try:
            for at in range(9):
                sink.write_picture(ImageFrame(noise.copy()), at)
        except OutputError as error:
            print(at, error)
        sink.finish()
    """
    assert run_with_a_small_disk(code, tmp_path) == "3 a.npz: cannot be written: File too large.\n"
    with np.load(tmp_path / "a.npz") as archive:
        assert archive.files == ["0", "1", "2"]
        assert all(archive[name].shape == (50, 60) for name in archive.files)
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        assert archive.testzip() is None


@pytest.mark.skipif(os.name == "nt", reason="needs resource limits")
def test_an_npz_whose_contents_do_not_fit_any_more(tmp_path: Path) -> None:
    code = """
        sink = NpzSink(Target("mask", "a.npz", None))
        sink.create()
        for at in range(3):
            sink.write_picture(ImageFrame(noise.copy()), at)
        size = Path("a.npz").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, 10_000))
        try:
            sink.finish()
        except OutputError as error:
            print(error)
        sink.finish()
    """
    assert run_with_a_small_disk(code, tmp_path) == "a.npz: cannot be finished: File too large.\n"


@pytest.mark.skipif(os.name == "nt", reason="needs resource limits")
def test_no_half_picture_is_left_on_a_full_disk(tmp_path: Path) -> None:
    code = """
        sink = PngSink(Target("mask", "./%d.png", None))
        sink.create()
        sink.write_picture(ImageFrame(noise.copy()), 0)
        try:
            sink.write_picture(ImageFrame(np.tile(noise, (3, 3))[::-1]), 1)
        except OutputError as error:
            print(error)
    """
    assert run_with_a_small_disk(code, tmp_path) == "1.png: cannot be written: File too large.\n"
    assert [path.name for path in tmp_path.iterdir()] == ["0.png"]
