"""Files that feed a graph input stream: images, folders of images, .npy arrays, .jsonl dumps, clips."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from graphkit._process.threads import opencv
from graphkit.errors import FormatError, InputError, UsageError, did_you_mean
from graphkit.errors._base import shortened
from graphkit.formats import Image, ImageFrame, Tensor, decode_image, from_json, type_name
from graphkit.framework import UNITS_PER_SECOND
from graphkit.framework._packet_type import Kind, compatible
from graphkit.gpu import GpuBuffer
from graphkit.jobs._pixels import wrapper_for
from graphkit.jobs._streams import IMAGES
from graphkit.video import VideoReader

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

    from graphkit.framework import PacketType, PayloadType
    from graphkit.jobs._gpu import JobGpu
    from graphkit.jobs._pixels import Picture

    Series = Iterator[tuple[int, Any]]
    Wrapper = Callable[[Any], Picture]

_IMAGE_SUFFIXES: Final = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff")
CLIP_SUFFIXES: Final = (".mp4", ".m4v", ".mov", ".mkv", ".avi", ".webm")
_OTHER_SUFFIXES: Final = (".npy", ".jsonl")


def open_series(
    path: str | os.PathLike[str],
    packet_type: PacketType,
    rate: Fraction = Fraction(30),
    gpu: JobGpu | None = None,
) -> Series:
    """Return the timed payloads that a file or folder holds for a stream.

    What carries no time of its own (images of a folder, items of an array) gets times at *rate*, from 0.

    Args:
        path: an image, a folder of images (in the order of their names), a .npy, .jsonl or video file.
        packet_type: of the stream; decides what the contents become.
        rate: items a second.
        gpu: of the job, for streams that carry GpuBuffers.

    Returns:
        (timestamp in microseconds, payload) pairs, strictly increasing in time, read while they are asked for.

    Raises:
        UsageError: the kind of file is not known or cannot fill a stream of this type.
        InputError: the file is missing. While iterating: it is damaged or holds something else.
    """
    file = Path(path)
    if not file.exists():
        raise InputError(f"{path}: no such file or folder.{did_you_mean(file.name, _beside(file))}")
    wrap = wrapper_for(packet_type, gpu)
    if file.is_dir():
        _want_images(file, packet_type)
        return _timed(map(_image_reader(wrap), _images_in(file)), rate)
    suffix = file.suffix.lower()
    if suffix == ".jsonl":
        return _json_lines(file, packet_type)
    if suffix == ".npy":
        return _timed(_array_items(file, packet_type, wrap), rate)
    if suffix in _IMAGE_SUFFIXES:
        _want_images(file, packet_type)
        return _timed(map(_image_reader(wrap), [file]), rate)
    if suffix in CLIP_SUFFIXES:
        _want_images(file, packet_type)
        return _clip_frames(file, wrap)
    known = (*_IMAGE_SUFFIXES, *_OTHER_SUFFIXES, *CLIP_SUFFIXES)
    raise UsageError(f'{path}: unknown kind of input "{suffix}".{did_you_mean(suffix, known)} '
                     f"Known: {', '.join(known)}, and folders of images.")  # fmt: skip


def _beside(file: Path) -> list[str]:
    return [other.name for other in file.parent.iterdir()] if file.parent.is_dir() else []


def _timed(items: Iterator[Any], rate: Fraction) -> Series:
    for index, item in enumerate(items):
        yield round(index * UNITS_PER_SECOND / rate), item


# --- images -------------------------------------------------------------------------------------------


def _want_images(file: Path, packet_type: PacketType) -> None:
    if not compatible(packet_type, IMAGES):
        raise UsageError(f"{file}: the stream carries {packet_type}, which cannot be read from images.")


def _images_in(folder: Path) -> list[Path]:
    found = sorted(file for file in folder.iterdir() if file.suffix.lower() in _IMAGE_SUFFIXES)
    if not found:
        raise InputError(f"{folder}: holds no image ({', '.join(_IMAGE_SUFFIXES)}).")
    return found


def _image_reader(wrap: Wrapper) -> Callable[[Path], Picture]:
    def read(file: Path) -> Picture:
        # Not imread: OpenCV takes no names outside of the locale on some systems.
        cv2 = opencv()
        try:
            pixels = decode_image(file.read_bytes(), cv2.IMREAD_COLOR)
        except FormatError as exc:
            raise InputError(f"{file}: {exc}") from exc
        if pixels is None:
            raise InputError(f"{file}: is no image that can be decoded, or damaged.")
        return wrap(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))

    return read


def _clip_frames(file: Path, wrap: Wrapper) -> Series:
    with VideoReader(file) as reader:
        for frame in reader:
            yield frame.timestamp_us, wrap(frame.data)


# --- arrays -------------------------------------------------------------------------------------------


def _array_items(file: Path, packet_type: PacketType, wrap: Wrapper) -> Iterator[Any]:
    array = _load_array(file)
    kinds: tuple[Any, ...] = packet_type.types if packet_type.kind is Kind.ONE_OF else (np.ndarray,)
    for kind in kinds:
        if kind is ImageFrame or kind is Image or kind is GpuBuffer:
            return _pictures(file, array, wrap)
        if kind is Tensor:
            return iter([Tensor(array)])
        if kind == list[Tensor]:
            return iter([[Tensor(array)]])
        if kind is np.ndarray:
            return _split(array, array.ndim <= 2)
        if kind in (int, float, bool):
            return _numbers(file, array, kind)
    raise UsageError(f"{file}: the stream carries {packet_type}, which cannot be read from an array. Use .jsonl.")


def _load_array(file: Path) -> Any:
    try:
        array = np.load(file, allow_pickle=False)
    except Exception as exc:  # a header is Python source, and what it may raise has no end
        raise InputError(f"{file}: is no array that numpy.save wrote: {shortened(str(exc))}.") from exc
    if not isinstance(array, np.ndarray):
        raise InputError(f"{file}: is an archive of several arrays; give it one, as numpy.save writes it.")
    if array.dtype.kind not in "biuf":
        raise InputError(f"{file}: holds {shortened(str(array.dtype), 100)}; an array of numbers is needed.")
    array.setflags(write=False)  # so that its items need no copies
    return array


def _pictures(file: Path, array: Any, wrap: Wrapper) -> Iterator[Picture]:
    if array.ndim < 2:
        raise InputError(
            f"{file}: an array of shape {array.shape} holds no picture; (H, W), (H, W, C) or more are."
        )
    for number, item in enumerate(_split(array, _is_one_image(array))):
        try:
            yield wrap(item)
        except FormatError as exc:
            raise InputError(f"{file}: item {number}: {exc}") from exc


def _numbers(file: Path, array: Any, kind: type[int | float | bool]) -> Iterator[int | float | bool]:
    for number, value in enumerate(np.atleast_1d(array).ravel().tolist()):
        try:
            yield kind(value)
        except (ValueError, OverflowError) as exc:
            raise InputError(f"{file}: item {number} is {value}, which is no {kind.__name__}.") from exc


def _is_one_image(array: Any) -> bool:
    return array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 3, 4))


def _split(array: Any, single: bool) -> Iterator[Any]:
    """Return the array as the one item, or its items along the first axis."""
    return iter([array]) if single else iter(array)


# --- JSON lines ---------------------------------------------------------------------------------------


def _json_lines(file: Path, packet_type: PacketType) -> Series:
    kinds = packet_type.types if packet_type.kind is Kind.ONE_OF else ()
    last: int | None = None
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            place = f"{file}:{number}"
            timestamp_us, value = _parse_line(line, place)
            if last is not None and timestamp_us <= last:
                raise InputError(f"{place}: timestamp {timestamp_us} is not after {last}, the one before it.")
            last = timestamp_us
            yield timestamp_us, _payload(kinds, value, place)


def _parse_line(line: bytes, place: str) -> tuple[int, Any]:
    try:
        entry = json.loads(line.decode())
    except UnicodeDecodeError as exc:
        raise InputError(f"{place}: is not UTF-8 text: {exc}.") from exc
    except RecursionError as exc:
        raise InputError(f"{place}: is JSON that is nested too deep.") from exc
    except ValueError as exc:  # JSONDecodeError, and a number of too many digits
        raise InputError(f"{place}: is not JSON: {exc}.") from exc
    match entry:
        case {"timestamp": int(timestamp_us), "packet": value}:
            return timestamp_us, value
    raise InputError(f'{place}: expected {{"timestamp": <microseconds>, "packet": ...}}, as --dump writes it.')


def _payload(kinds: tuple[PayloadType, ...], value: Any, place: str) -> Any:
    """Return *value* as the first of *kinds* that it describes; as it is where any type will do."""
    if not kinds:
        return value
    reasons = []
    for kind in kinds:
        try:
            return from_json(kind, value)  # type: ignore[arg-type]
        except FormatError as exc:
            reasons.append(str(exc))
    raise InputError(f"{place}: is no {' or '.join(map(type_name, kinds))}: {'; '.join(reasons)}")
