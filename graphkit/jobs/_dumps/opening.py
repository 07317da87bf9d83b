"""Dumps by the names of streams and files: checked first, all at once, and opened when the job can begin."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from graphkit.errors import UsageError
from graphkit.framework._packet_type import Kind, compatible
from graphkit.jobs._dumps.destinations import FileKind, check_file, check_naming, kind_of_file, naming_for
from graphkit.jobs._dumps.pictures import NpzSink, PictureDump, PngSink
from graphkit.jobs._dumps.tables import HOLDS, can_be_table, table_for
from graphkit.jobs._dumps.text_files import CsvDump, JsonlDump
from graphkit.jobs._streams import IMAGES, fed_pictures, known_stream, labels_for, stream_type

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping

    from graphkit.config import GraphPlan
    from graphkit.jobs._dumps.dump import Dump

    PathLike = str | os.PathLike[str]

_PICTURES: Final = (FileKind.NPZ, FileKind.PNG)


def check_dumps(plan: GraphPlan, dumps: Mapping[str, PathLike], inputs: Iterable[Path] = ()) -> None:
    """Make sure that every dump can be written, without creating or changing anything.

    Args:
        plan: the graph.
        dumps: file by stream name.
        inputs: files that are being read and must survive.

    Raises:
        UsageError: an unknown stream or file type, a stream that the file type cannot hold, one file
            asked for twice.
        OutputError: the file cannot be written, or pictures would mix with others.
    """
    taken: dict[Path, str] = {Path(path).absolute(): "the input" for path in inputs}
    for stream, name in dumps.items():
        flag = f"--dump {stream}={name}"
        if str(name) in plan.stream_ids and stream not in plan.stream_ids:
            raise UsageError(f"{flag}: the stream comes first: --dump {name}={stream}")
        known_stream(plan, stream, flag)
        kind = kind_of_file(name, flag)
        _check_carried(plan, stream, kind, flag)
        for place in _places(name, kind, flag):
            if place in taken:
                raise UsageError(f"{flag}: this file is {taken[place]} already. Choose another name.")
        taken[next(_places(name, kind, flag))] = f"the dump of {stream}"
        if kind is FileKind.PNG:
            check_naming(naming_for(name, flag), flag)
        else:
            check_file(name, flag)


def open_dumps(plan: GraphPlan, dumps: Mapping[str, PathLike]) -> list[Dump]:
    """Create the files of checked dumps.

    Raises:
        OutputError: one cannot be created; those before it are closed again.
    """
    opened: list[Dump] = []
    with ExitStack() as stack:
        for stream, name in dumps.items():
            opened.append(_open(plan, stream, name, dumps))
            stack.callback(opened[-1].close)
        stack.pop_all()
    return opened


def _open(plan: GraphPlan, stream: str, name: PathLike, dumps: Mapping[str, PathLike]) -> Dump:
    flag = f"--dump {stream}={name}"
    kind = kind_of_file(name, flag)
    match kind:
        case FileKind.NPZ:
            return PictureDump(stream, NpzSink(Path(name)))
        case FileKind.PNG:
            return PictureDump(stream, PngSink(naming_for(name, flag)))
    table = table_for(stream_type(plan, stream))
    of_several = table is not None and table.has_landmarks and table.many
    labels = labels_for(plan, stream, dumps) if of_several else None
    if kind is FileKind.JSONL:
        return JsonlDump(stream, Path(name), labels if labels is not None and labels.column == "id" else None)
    return CsvDump(
        stream,
        Path(name),
        table,
        labels=labels,
        frames=fed_pictures(plan),
    )


def _places(name: PathLike, kind: FileKind, flag: str) -> Iterator[Path]:
    """Yield what a dump must not share with others: its file; for pictures, their names, then their folder."""
    if kind is not FileKind.PNG:
        yield Path(name).absolute()
        return
    naming = naming_for(name, flag)
    yield naming.shown.absolute()
    yield naming.folder.absolute()


def _check_carried(plan: GraphPlan, stream: str, kind: FileKind, flag: str) -> None:
    """Refuse a stream whose type says that this kind of file cannot hold it."""
    carried = stream_type(plan, stream)
    if carried.kind is not Kind.ONE_OF:
        return
    pictures = compatible(carried, IMAGES)
    if kind in _PICTURES and not pictures:
        raise UsageError(
            f'{flag}: stream "{stream}" carries {carried}; '
            f"a {kind.value} holds pictures. Dump it as .jsonl{' or .csv' if can_be_table(carried) else ''}."
        )
    if kind is FileKind.JSONL and all(payload in IMAGES.types for payload in carried.types):
        raise UsageError(
            f'{flag}: stream "{stream}" carries images. Dump them as .npz, or into a folder of .png (a name that '
            "ends with /), their times and sizes as .csv, or write a video: "
            f"--output_stream {stream} --output_video_path FILE.mp4."
        )
    if kind is FileKind.CSV and not can_be_table(carried):
        raise UsageError(f'{flag}: stream "{stream}" carries {carried}; a .csv holds {HOLDS}. Dump it as .jsonl.')
