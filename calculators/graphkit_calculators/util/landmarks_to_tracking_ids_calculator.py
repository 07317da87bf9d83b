"""LandmarksToTrackingIdsCalculator: who is who, from frame to frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import numpy as np

from graphkit import Calculator, Input, Options, Output, SideInput, calculator, option, options
from graphkit.errors import ContractError, FormatError
from graphkit.formats import ImageSize, NormalizedLandmarkList, NormalizedRect
from graphkit_calculators.util._identities import Identities, Sighting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphkit import CalculatorContext, CalculatorContract

Pixels: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

_MICROSECONDS: Final = 1e6


@options("graphkit.LandmarksToTrackingIdsCalculatorOptions")
class LandmarksToTrackingIdsCalculatorOptions:
    """What is one thing, and when it is lost."""

    landmark_indices: list[int] = option(1)
    max_distance: float = option(2, default=0.5)
    same_distance: float = option(3, default=0.1)
    lost_seconds: float = option(4, default=2.0)
    new_distance: float = option(5, default=0.18)


class _Found(NamedTuple):
    """A thing in a frame: its place in the lists, its points, and where it was looked for."""

    at: int
    points: Pixels
    certainty: float
    sighting: Sighting


@calculator
class LandmarksToTrackingIdsCalculator(Calculator):
    """Gives each of several things an id that it keeps from frame to frame, 1 and up.

    Emits at every timestamp with IMAGE_SIZE: TRACKING_IDS, smallest first, and INDICES, for each of them which
    element of the inputs it is; empty lists where nothing was found. Of a thing that was found twice, because
    regions drifted together, one is left. PickVectorItemsCalculator brings lists into this order.

    A thing is where its landmarks are, and is expected where its motion takes it. Two that cross are told apart
    by how each moved before they met, also when one was hidden meanwhile. Who is not found for longer than a
    time is forgotten, and gets a new id on coming back.

    Inputs: NORM_LANDMARKS, a list; NORM_RECTS, the region in which each of these was looked for, with the id of
    the one who was followed there as ``rect_id``; IMAGE_SIZE. Side packet LOST_SECONDS, a float, overrides the
    option.

    Knobs: ``landmark_indices``, of which the mean is the place of a thing (all, if there are none: choose those
    that move least, such as shoulders and hips). ``max_distance``, in sides of the region, that somebody may be
    from where they should be. ``same_distance``, in sides of the region: lists whose points are nearer than
    that, on average, are one thing; so is what was just detected with its place nearer than ``new_distance`` to
    another. ``lost_seconds``.

    Example::

        node {
          calculator: "LandmarksToTrackingIdsCalculator"
          input_stream: "NORM_LANDMARKS:poses"
          input_stream: "NORM_RECTS:pose_rects"
          input_stream: "IMAGE_SIZE:image_size"
          output_stream: "TRACKING_IDS:pose_ids"
          output_stream: "INDICES:pose_indices"
          node_options {
            [type.googleapis.com/graphkit.LandmarksToTrackingIdsCalculatorOptions] {
              landmark_indices: [11, 12, 23, 24]
              lost_seconds: 2.0
            }
          }
        }
    """

    landmarks = Input(list[NormalizedLandmarkList], "NORM_LANDMARKS")
    rects = Input(list[NormalizedRect], "NORM_RECTS")
    image_size = Input(ImageSize, "IMAGE_SIZE")
    lost_seconds = SideInput(float, "LOST_SECONDS", value_optional=True)
    ids = Output(list[int], "TRACKING_IDS")
    indices = Output(list[int], "INDICES", optional=True)
    options = Options(LandmarksToTrackingIdsCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check the options."""
        chosen = cls.options(cc)
        for name in ("max_distance", "same_distance", "new_distance", "lost_seconds"):
            value = getattr(chosen, name)
            if not value >= 0:
                raise ContractError(f"{name} is {value:g}; it must be 0 or above.")
        if any(index < 0 for index in chosen.landmark_indices):
            raise ContractError(f"landmark_indices are {chosen.landmark_indices}; indexes begin with 0.")

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        self._chosen = chosen = self.options(cc)
        given = self.lost_seconds.get(cc)
        lost = chosen.lost_seconds if given is None else given
        if not lost >= 0:
            raise ContractError(f"the side packet LOST_SECONDS is {lost:g}; it must be 0 or above.")
        self._identities = Identities(chosen.max_distance, lost * _MICROSECONDS)

    def process(self, cc: CalculatorContext) -> None:
        """Emit the ids of a frame."""
        size = self.image_size.get(cc)
        if size is None:
            return
        found = self._found(self.landmarks.get(cc) or [], self.rects.get(cc) or [], size)
        kept = _without_doubles(found, self._chosen.same_distance, self._chosen.new_distance)
        ids = self._identities.update([each.sighting for each in kept], int(cc.input_timestamp))
        order = sorted(range(len(kept)), key=ids.__getitem__)
        self.ids.send(cc, [ids[i] for i in order])
        self.indices.send(cc, [kept[i].at for i in order])

    def _found(
        self, lists: Sequence[NormalizedLandmarkList], rects: Sequence[NormalizedRect], size: ImageSize
    ) -> list[_Found]:
        if len(rects) != len(lists):
            raise FormatError(
                f"NORM_RECTS has {len(rects)} elements and NORM_LANDMARKS {len(lists)}; each list needs the "
                "region it was found in."
            )
        return [self._one(i, each, rect, size) for i, (each, rect) in enumerate(zip(lists, rects, strict=True))]

    def _one(self, index: int, landmarks: NormalizedLandmarkList, rect: NormalizedRect, size: ImageSize) -> _Found:
        scale = np.array(size, np.float64)
        points = landmarks.xy * scale
        chosen = self._chosen.landmark_indices
        if max(chosen, default=0) >= len(points):
            raise FormatError(
                f"landmark_indices are {chosen}, and a list has {len(points)} landmarks: another model than the "
                "graph was made for?"
            )
        place = (points[chosen] if chosen else points).mean(axis=0)
        side = float(np.mean((rect.width, rect.height) * scale))
        certainty = float(landmarks.presence.mean()) if landmarks.has_presence else 0.0
        sources = frozenset(() if rect.rect_id is None else (rect.rect_id,))
        return _Found(index, points, certainty, Sighting(place, side, sources))


def _without_doubles(found: Sequence[_Found], nearer: float, nearer_if_new: float) -> list[_Found]:
    """Return the things of a frame, each once: those who are followed first, then the surest."""
    kept: list[_Found] = []
    for each in sorted(found, key=lambda one: (not one.sighting.sources, -one.certainty)):
        double = next((i for i, other in enumerate(kept) if _are_one(each, other, nearer, nearer_if_new)), None)
        if double is None:
            kept.append(each)
        else:
            other = kept[double]
            sources = other.sighting.sources | each.sighting.sources
            kept[double] = other._replace(sighting=Sighting(other.sighting.place, other.sighting.size, sources))
    return kept


def _are_one(new: _Found, other: _Found, nearer: float, nearer_if_new: float) -> bool:
    """Return whether two things are one: all points coincide, or *new* was detected on the other's place."""
    side = max(new.sighting.size, other.sighting.size, 1.0)
    if (
        not new.sighting.sources
        and np.linalg.norm(new.sighting.place - other.sighting.place) < nearer_if_new * side
    ):
        return True
    return bool(np.linalg.norm(new.points - other.points, axis=1).mean() < nearer * side)
