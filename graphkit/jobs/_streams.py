"""Which streams of a graph a job feeds, shows as a video and dumps: found by type and name, or by name alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from graphkit.errors import StatusCode, UsageError, did_you_mean
from graphkit.formats import ClassificationList, Image, ImageFrame, LandmarkList, NormalizedLandmarkList
from graphkit.framework import OneOf
from graphkit.framework._packet_type import Kind, compatible
from graphkit.gpu import GpuBuffer
from graphkit.jobs._declared import declared_types

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from graphkit.config import GraphPlan, StreamPlan
    from graphkit.framework import PacketType

IMAGES: Final = OneOf(ImageFrame, Image, GpuBuffer)
_LANDMARKS: Final = OneOf(NormalizedLandmarkList, list[NormalizedLandmarkList])
_WORLD_LANDMARKS: Final = OneOf(LandmarkList, list[LandmarkList])
_HANDEDNESS: Final = OneOf(list[ClassificationList])
_IDS: Final = OneOf(list[int])

# Side packets with the files of upstream's file-to-file graphs.
INPUT_PATH_SIDE_PACKET: Final = "input_video_path"
OUTPUT_PATH_SIDE_PACKET: Final = "output_video_path"


def stream_type(plan: GraphPlan, name: str) -> PacketType:
    """Return the resolved type of a stream."""
    return plan.streams[plan.stream_ids[name]].packet_type


def known_stream(plan: GraphPlan, name: str, parameter: str) -> str:
    """Return *name* if it is a stream of the expanded graph.

    Args:
        plan: the graph.
        name: of the stream.
        parameter: what names it, for the message.

    Raises:
        UsageError: it is not; close names are offered.
    """
    if name in plan.stream_ids:
        return name
    close = did_you_mean(name, plan.stream_ids) or f" It declares: {_listing(plan.graph_outputs.names)}."
    raise UsageError(
        f'the graph has no stream "{name}".{close} Streams inside of a subgraph are called <node>__<stream>.',
        parameter=parameter,
        status=StatusCode.NOT_FOUND,
    )


def check_images(place: str, carried: PacketType) -> None:
    """Make sure that pictures may go into a stream.

    Raises:
        UsageError: it carries something else.
    """
    if not compatible(carried, IMAGES):
        raise UsageError(f"{place}: the stream carries {carried}, which cannot be read from images.")


def video_input(plan: GraphPlan) -> str:
    """Return the graph input stream that takes the frames of a video.

    Raises:
        UsageError: the graph takes no images, several streams do, or other inputs would stay unfed.
    """
    names = plan.graph_inputs.names
    found = _carrying(plan, names, IMAGES)
    if len(found) != 1:
        what = (
            "no input stream for images" if not found else f"several input streams for images ({_listing(found)})"
        )
        has = "" if found else f" (its input streams: {_listing(names)})"
        why = "" if found else f"{declared_types(plan, names)} Frames of a video are ImageFrame."
        raise UsageError(f"the graph has {what}{has}.{why} Feed each of them: {{inputs}}.", remedies=("inputs",))
    unfed = [name for name in names if name != found[0]]
    if unfed:
        raise UsageError(
            f'the video feeds "{found[0]}", but the graph has more input streams: {_listing(unfed)}. '
            "Feed each of them: {{inputs}}.",
            remedies=("inputs",),
        )
    return found[0]


def video_output(plan: GraphPlan, wanted: str = "") -> str:
    """Return the stream whose images make the output video.

    Args:
        plan: the graph.
        wanted: the stream the user asked for, any of the expanded graph; "" to look at the declared ones.

    Raises:
        UsageError: the wanted one is unknown or carries something else, or no or several streams would do.
    """
    if wanted:
        carried = stream_type(plan, known_stream(plan, wanted, "output_stream"))
        if not compatible(carried, IMAGES):
            raise UsageError(f'stream "{wanted}" carries {carried}, not images.', parameter="output_stream")
        return wanted
    names = plan.graph_outputs.names
    found = _carrying(plan, names, IMAGES)
    if "output_video" in found:
        return "output_video"
    if len(found) == 1:
        return found[0]
    what = f"several output streams with images: {_listing(found)}" if found else "no output stream with images"
    raise UsageError(f"the graph has {what}. Choose one: {{output_stream}}.", remedies=("output_stream",))


def wants_camera(plan: GraphPlan) -> bool:
    """Return whether a graph takes a stream of images and nothing else, so that a camera can feed it."""
    names = plan.graph_inputs.names
    if len(names) != 1:
        return False
    carried = stream_type(plan, names[0])
    return carried.kind is Kind.ONE_OF and compatible(carried, IMAGES)


def is_file_to_file(plan: GraphPlan) -> bool:
    """Return whether the graph opens the video by itself, from side packet ``input_video_path``."""
    declared = plan.side_packets.get(INPUT_PATH_SIDE_PACKET)
    return not plan.graph_inputs.names and declared is not None and declared.producer < 0


def decoded_stream(plan: GraphPlan) -> str | None:
    """Return the image stream that a source node of the graph makes: the frames of its own decoder."""
    for stream in _made_by_sources(plan):
        if stream.packet_type.kind is Kind.ONE_OF and compatible(stream.packet_type, IMAGES):
            return stream.name
    return None


def own_frames(plan: GraphPlan) -> str | None:
    """Return the stream whose packets are the frames of a graph that feeds itself: images, else any other."""
    made = _made_by_sources(plan)
    return decoded_stream(plan) or (made[0].name if made else None)


def _made_by_sources(plan: GraphPlan) -> list[StreamPlan]:
    return [stream for stream in plan.streams if stream.producer >= 0 and plan.nodes[stream.producer].is_source]


def fed_pictures(plan: GraphPlan) -> str | None:
    """Return the stream of the frames that a graph works on: its one input of images, or its own decoder's.

    None if there are several, or none: then it is unknown which of them a landmark is a fraction of.
    """
    names = plan.graph_inputs.names
    if not names:
        return decoded_stream(plan)
    typed = [n for n in names if stream_type(plan, n).kind is Kind.ONE_OF]
    images = [n for n in typed if compatible(stream_type(plan, n), IMAGES)]
    return images[0] if len(images) == 1 else None


def top_level_streams(plan: GraphPlan) -> list[str]:
    """Return the streams that are not inside of a subgraph."""
    return [stream.name for stream in plan.streams if "__" not in stream.name]


def landmark_streams(plan: GraphPlan, names: Iterable[str]) -> list[str]:
    """Return those of *names* that carry landmark lists, one or a vector of them, each once.

    World landmarks repeat what the landmarks in the image tell, so they count only if those are not among the
    names: taking a stream makes the graph compute it.
    """
    typed = {n: stream_type(plan, n) for n in names if stream_type(plan, n).kind is Kind.ONE_OF}
    in_image = [name for name, carried in typed.items() if compatible(carried, _LANDMARKS)]
    return in_image or [name for name, carried in typed.items() if compatible(carried, _WORLD_LANDMARKS)]


class Labels(NamedTuple):
    """The stream that tells whose the landmarks of a stream are.

    Attributes:
        stream: carries one for each thing.
        column: what a table calls it.
    """

    stream: str
    column: str


def labels_for(plan: GraphPlan, landmarks: str, dumped: Collection[str]) -> Labels | None:
    """Return what tells whose the landmarks in stream *landmarks* are, None if nothing does.

    Ids are in the stream called ``tracking_ids`` next to it. Left or right of hands is in the one stream of that
    type among the dumped ones, else in the stream called ``handedness`` next to it.
    """
    scope, separator, _ = landmarks.rpartition("__")
    beside = f"{scope}{separator}tracking_ids"
    if _is_there(plan, beside, _IDS):
        return Labels(beside, "id")
    typed = [n for n in dumped if stream_type(plan, n).kind is Kind.ONE_OF]
    dumped_ones = [n for n in typed if compatible(stream_type(plan, n), _HANDEDNESS)]
    if len(dumped_ones) == 1:
        return Labels(dumped_ones[0], "handedness")
    beside = f"{scope}{separator}handedness"
    return Labels(beside, "handedness") if _is_there(plan, beside, _HANDEDNESS) else None


def _is_there(plan: GraphPlan, name: str, wanted: PacketType) -> bool:
    return name in plan.stream_ids and compatible(stream_type(plan, name), wanted)


def _carrying(plan: GraphPlan, names: Iterable[str], wanted: PacketType) -> list[str]:
    """Return the streams typed as *wanted*; if there is none, those of an open type."""
    open_or_fitting = [n for n in names if compatible(stream_type(plan, n), wanted)]
    typed = [n for n in open_or_fitting if stream_type(plan, n).kind is Kind.ONE_OF]
    return typed or open_or_fitting


def _listing(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
