"""What is to be done: the clips of a batch against what its manifests say."""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from graphkit.errors import ManifestError, UsageError
from graphkit.jobs._batch.contents import stat_of, state_of
from graphkit.jobs._batch.manifest import ManifestLines, manifests_in
from graphkit.jobs._batch.places import place_of, size_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from graphkit.jobs._batch.clips import Clip
    from graphkit.jobs._batch.entry import ClipEntry, ClipState
    from graphkit.jobs._batch.recipe import Recipe


class Reason(enum.Enum):
    """Why a clip is to be done, or not."""

    NEW = "new"
    RECIPE = "done with other settings"
    CLIP = "the clip has changed"
    OUTPUTS = "outputs are missing or have changed"
    DAMAGED = "damaged, which counts otherwise now"
    RETRY = "failed before"
    DONE = "done"
    FAILED = "failed before, and passed over"

    @property
    def is_work(self) -> bool:
        """Whether the clip is to be done."""
        return self not in (Reason.DONE, Reason.FAILED)


class Known(NamedTuple):
    """What a manifest says of a clip, as far as it decides; ten thousand of them take little room."""

    recipe: str
    state: ClipState
    outputs: tuple[tuple[str, int], ...]
    failed: bool
    damaged: bool
    ended: str

    @classmethod
    def of(cls, entry: ClipEntry) -> Known:
        """Return it for an entry."""
        outputs = tuple((file.path, file.size) for file in entry.outputs)
        return cls(entry.recipe, entry.state, outputs, not entry.done, entry.damaged, entry.ended)


@dataclass(slots=True)
class Past:
    """What the manifests of a folder say.

    Attributes:
        known: by the name of a clip.
        heads: what the recipes stood for.
        recipes: that each manifest ended with.
    """

    known: dict[str, Known] = field(default_factory=dict)
    heads: dict[str, dict[str, Any]] = field(default_factory=dict)
    recipes: dict[Path, str] = field(default_factory=dict)


def past_of(folder: Path, graph: str, clips: Collection[str]) -> Past:
    """Return what the manifests of a folder of outputs say of these clips; of several entries the newest counts.

    Raises:
        ManifestError: one cannot be read, or is of another graph.
    """
    past = Past()
    names: dict[str, str] = {}
    for path in manifests_in(folder):
        lines = ManifestLines(path)
        for entry in lines:
            before = past.known.get(entry.clip)
            if entry.clip in clips and (before is None or before.ended <= entry.ended):
                known = Known.of(entry)
                past.known[entry.clip] = known._replace(recipe=names.setdefault(known.recipe, known.recipe))
        if lines.graph not in ("", graph):
            raise ManifestError(
                f"it is of the graph {lines.graph}, and this batch runs {graph}. Choose another folder.",
                path=path,
            )
        past.heads.update(lines.heads)
        past.recipes[path] = lines.recipe
    return past


@dataclass(slots=True)
class BatchPlan:
    """What a batch has to do.

    Attributes:
        work: the clips that are to be done, and why.
        counts: numbers of clips, by the reason why they are done or not.
        same: clips whose contents are as they were, though size or time differ, with their state now.
        changed: what is different about the recipe that most of the clips were done with.
    """

    work: list[tuple[Clip, Reason]] = field(default_factory=list)
    counts: Counter[Reason] = field(default_factory=Counter)
    same: list[tuple[Clip, ClipState]] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)


def plan_for(
    clips: Sequence[Clip],
    past: Past,
    recipe: str,
    folder: Path,
    *,
    retry_failed: bool = False,
    strict: bool = False,
) -> BatchPlan:
    """Return what there is to do.

    Args:
        clips: all of them.
        past: what was done before.
        recipe: stands for the recipe now.
        folder: of the outputs.
        retry_failed: do again what failed before.
        strict: damaged clips count as failed.
    """
    plan = BatchPlan()
    for clip in clips:
        why = _why(clip, past.known.get(clip.name), recipe, folder, plan)
        if why in (Reason.DONE, Reason.FAILED) and _counts_otherwise(past.known[clip.name], strict=strict):
            why = Reason.DAMAGED
        if why is Reason.FAILED and retry_failed:
            why = Reason.RETRY
        plan.counts[why] += 1
        if why.is_work:
            plan.work.append((clip, why))
    return plan


def _why(clip: Clip, known: Known | None, recipe: str, folder: Path, plan: BatchPlan) -> Reason:
    if known is None:
        return Reason.NEW
    if known.recipe != recipe:
        return Reason.RECIPE
    state = known.state
    if stat_of(Path(clip.path)) != (state.size, state.modified_ns):
        now = state_of(Path(clip.path))
        if now.sha256 != state.sha256:
            return Reason.CLIP
        plan.same.append((clip, now))
    if known.failed:
        return Reason.FAILED
    if any(size_of(folder / path) != size for path, size in known.outputs):
        return Reason.OUTPUTS
    return Reason.DONE


def _counts_otherwise(known: Known, *, strict: bool) -> bool:
    """Return whether a damaged clip failed for that and would be done now, or is done and would fail."""
    return known.damaged and known.failed != strict


def touched(folder: Path, plan: BatchPlan) -> list[ClipEntry]:
    """Return the entries of clips whose contents are as they were, with size and time as they are now."""
    states = {clip.name: (clip.path, state) for clip, state in plan.same}
    newest: dict[str, ClipEntry] = {}
    for path in manifests_in(folder) if states else ():
        for entry in ManifestLines(path):
            before = newest.get(entry.clip)
            if entry.clip in states and (before is None or before.ended <= entry.ended):
                newest[entry.clip] = entry
    return [entry.seen_as(*states[name]) for name, entry in newest.items()]


def check_places(recipe: Recipe, clips: Sequence[Clip], folder: Path) -> None:
    """Make sure that every output of every clip has a file of its own.

    Raises:
        UsageError: a pattern maps two clips to one file, two patterns one clip, or one a clip to a clip.
    """
    taken: dict[str, str] = {}
    read = {clip.path: clip.name for clip in clips}
    for clip in clips:
        for parameter, pattern, target in _targets(recipe, clip.name):
            if str(folder / target) in read:
                raise UsageError(
                    f"{pattern}: {folder / target} is a clip itself. Choose another folder.", parameter=parameter
                )
            other = taken.setdefault(target, clip.name)
            if other != clip.name:
                raise UsageError(_one_file(pattern, target, other, clip.name), parameter=parameter)


def _targets(recipe: Recipe, clip: str) -> Iterator[tuple[str, str, str]]:
    """Yield parameter, pattern and target of each output of a clip."""
    settings = recipe.settings
    given = [] if settings.output is None else [("output", str(settings.output), str(settings.output))]
    given += [("dumps", f"{stream}={pattern}", str(pattern)) for stream, pattern in settings.dumps.items()]
    seen: dict[str, str] = {}
    for parameter, shown, pattern in given:
        target = place_of(pattern, clip, parameter).target.as_posix()
        if target in seen:
            raise UsageError(f"{shown}: this file is that of {seen[target]} already.", parameter=parameter)
        seen[target] = shown
        yield parameter, shown, target


def _one_file(pattern: str, target: str, one: str, other: str) -> str:
    if "{clip}" not in pattern and "{file}" not in pattern:
        return f"{pattern}: every clip would be written to {target}. Put {{clip}}, the name of the clip, into it."
    if "{file}" not in pattern:
        return f"{pattern}: {one} and {other} would both be written to {target}. {{file}} has the ending in it."
    return f"{pattern}: {one} and {other} would both be written to {target}. Choose another name."
