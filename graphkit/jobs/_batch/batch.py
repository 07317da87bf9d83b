"""Batch: many clips through one graph, each done once, whatever happens meanwhile."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections import Counter
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from graphkit.errors import OutputError
from graphkit.jobs._batch.clips import find_clips
from graphkit.jobs._batch.fingerprint import Fingerprint, fingerprint
from graphkit.jobs._batch.local import LocalEngine
from graphkit.jobs._batch.manifest import Manifest, manifest_name, stages_of
from graphkit.jobs._batch.planning import BatchPlan, Past, Reason, check_places, past_of, plan_for, touched
from graphkit.jobs._batch.preflight import check_recipe
from graphkit.jobs._batch.progress import BatchProgress, BatchSummary
from graphkit.jobs._batch.unit import ClipTask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from graphkit.jobs._batch.clips import Clip
    from graphkit.jobs._batch.engine import Engine
    from graphkit.jobs._batch.entry import ClipEntry
    from graphkit.jobs._batch.recipe import Recipe
    from graphkit.jobs._batch.shard import Shard

    PathLike = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """How a batch is done; none of it changes what is made of a clip.

    Attributes:
        engine: does the clips; None for processes of this machine.
        root: names of clips are paths below this folder; "" for the folder that is named.
        retry_failed: do again what failed before.
        shard: the part of the clips that is done here; None for all.
    """

    engine: Engine | None = None
    root: str = ""
    retry_failed: bool = False
    shard: Shard | None = None


class Batch:
    """Runs one graph over many clips. Runs once.

    What is done already is not done again, unless the clip, the graph, a model, an option, a module or graphkit
    itself has changed. A clip that fails is noted and passed over. Outputs appear whole or not at all, and the
    manifest in the folder of outputs records the outcome of each clip.

    ::

        recipe = Recipe("hands.pbtxt", JobSettings(dumps={"landmarks": "{clip}.csv"}))
        summary = Batch(recipe, ["clips"], "landmarks", on_entry=lambda entry: print(entry.clip)).run()

    Args:
        recipe: what is done with every clip.
        clips: files, folders and patterns.
        folder: of the outputs; made if need be.
        settings: how it is done.
        progress: gets the progress of the batch.
        on_entry: gets the entry of each clip, as it comes.
    """

    def __init__(
        self,
        recipe: Recipe,
        clips: Sequence[PathLike],
        folder: PathLike,
        settings: BatchSettings | None = None,
        *,
        progress: BatchProgress | None = None,
        on_entry: Callable[[ClipEntry], None] = lambda entry: None,
    ) -> None:
        self.summary = BatchSummary()
        self._recipe = recipe
        self._folder = Path(os.path.abspath(folder))  # noqa: PTH100 - Path.absolute keeps ".."
        self._places = [os.fspath(place) for place in clips]
        self._settings = settings or BatchSettings()
        self._engine = self._settings.engine or LocalEngine()
        self._progress, self._on_entry = progress or BatchProgress(), on_entry
        self._stopped = self._cancelled = False

    def stop(self) -> None:
        """Begin no more clips, and finish those under way; from any thread or a signal handler."""
        self._stopped = True

    def cancel(self) -> None:
        """Drop the clips under way, too; what was done before stays. From any thread or a signal handler."""
        self._stopped = self._cancelled = True
        self._engine.cancel()

    def plan(self) -> BatchPlan:
        """Return what there is to do, without doing or changing anything; raises as ``run``."""
        return self._planned(self._checked())[0]

    def run(self) -> BatchSummary:
        """Do what there is to do.

        Returns:
            The summary; clips that failed are in it.

        Raises:
            UsageError: no clips, two of one name, or outputs that do not fit.
            ManifestError: the manifest is of another graph, damaged or in use.
            GraphkitError: what would fail for every clip; what is done until then is kept.
        """
        begin = time.perf_counter()
        try:
            self._run()
        finally:
            self._progress.finished()
            self.summary.seconds = time.perf_counter() - begin
            self.summary.interrupted, self.summary.cancelled = self._stopped, self._cancelled
        return self.summary

    def _run(self) -> None:
        prints = self._checked()
        clips = self._clips()  # before there is a folder of outputs that could hold some
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise OutputError(f"cannot be made: {exc.strerror}.", path=self._folder) from exc
        shard = self._settings.shard
        name = manifest_name(None if shard is None else (shard.number, shard.of))
        with Manifest(self._folder / name) as manifest:
            plan, past = self._planned(prints, clips)
            self.summary.manifest = manifest.path
            self._count(plan)
            self._progress.started(plan)
            if past.recipes.get(manifest.path) != prints.recipe:
                manifest.head(Path(self._recipe.graph).name, prints)
            for entry in touched(self._folder, plan):
                manifest.add(entry)
            stages = stages_of(manifest.path)
            shutil.rmtree(stages, ignore_errors=True)
            try:
                self._do(plan.work, stages / secrets.token_hex(4), prints.recipe, manifest)
            finally:
                shutil.rmtree(stages, ignore_errors=True)
                with suppress(OSError):  # other shards are at work
                    stages.parent.rmdir()

    def _do(self, work: list[tuple[Clip, Reason]], stages: Path, recipe: str, manifest: Manifest) -> None:
        work.reverse()
        tasks = self._tasks(work, stages, recipe)
        entries = self._engine.entries(self._recipe, tasks, self._progress.advanced)
        try:
            for entry in entries:
                manifest.add(entry)
                self.summary.add(entry)
                self._progress.finished_clip(entry)
                self._on_entry(entry)
        finally:
            if isinstance(entries, Generator):
                entries.close()  # what is under way ends now, though a traceback may keep the generator

    def _tasks(self, work: list[tuple[Clip, Reason]], stages: Path, recipe: str) -> Iterator[ClipTask]:
        number = 0
        while work and not self._stopped:
            clip, _ = work.pop()
            yield ClipTask(clip.name, clip.path, str(self._folder), str(stages / str(number)), recipe)
            number += 1

    def _checked(self) -> Fingerprint:
        """Return the fingerprint of the recipe; raises what is wrong with it."""
        graph = self._recipe.load()
        check_recipe(self._recipe, graph.plan)
        return fingerprint(self._recipe, graph.plan)

    def _clips(self) -> list[Clip]:
        clips = find_clips(self._places, self._folder, root=self._settings.root)
        check_places(self._recipe, clips, self._folder)
        shard = self._settings.shard
        return clips if shard is None else shard.of_clips(clips)

    def _planned(self, prints: Fingerprint, clips: list[Clip] | None = None) -> tuple[BatchPlan, Past]:
        clips = self._clips() if clips is None else clips
        past = past_of(self._folder, Path(self._recipe.graph).name, {clip.name for clip in clips})
        retry, strict = self._settings.retry_failed, self._recipe.strict
        plan = plan_for(clips, past, prints.recipe, self._folder, retry_failed=retry, strict=strict)
        before = Counter(known.recipe for known in past.known.values() if known.recipe != prints.recipe)
        if before:
            plan.changed = prints.changed_since(past.heads.get(before.most_common(1)[0][0], {}))
        return plan, past

    def _count(self, plan: BatchPlan) -> None:
        self.summary.clips = plan.counts.total()
        self.summary.up_to_date = plan.counts[Reason.DONE]
        self.summary.passed_over = plan.counts[Reason.FAILED]
