"""The unit of work: one clip through a graph, its outputs in place, an entry for the manifest.

It does not depend on the engine: any process that has graphkit and sees the files may do it.
"""

from __future__ import annotations

import os
import platform
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from graphkit.errors import FileError, GraphkitError, OutputError
from graphkit.jobs._batch.contents import stat_of, state_of
from graphkit.jobs._batch.entry import ClipEntry, ClipFailure, ClipState, OutputFile
from graphkit.jobs._batch.faults import fails_every_clip, is_out_of_room
from graphkit.jobs._batch.places import Place, finish, place_of, size_of
from graphkit.jobs._build import video_job
from graphkit.jobs._progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit.graph import CalculatorGraph
    from graphkit.jobs._batch.recipe import Recipe
    from graphkit.jobs._summary import Summary


@dataclass(frozen=True, slots=True)
class ClipTask:
    """A clip that is to be done.

    Attributes:
        clip: its name, as `ClipEntry` has it.
        path: where it is.
        folder: of the outputs.
        stage: a folder on the same file system, for this clip alone, in which its outputs are made.
        recipe: stands for the recipe in the entry.
    """

    clip: str
    path: str
    folder: str
    stage: str
    recipe: str


class _Frames(Progress):
    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell = tell

    def advanced(self, frames: int) -> None:
        self._tell(frames)


class ClipWorker:
    """Does one clip after the other by one recipe, with the graph and the models that it has loaded.

    Args:
        recipe: what is done with every clip.
        on_frames: told how many frames of the clip are done, from any thread.
    """

    def __init__(self, recipe: Recipe, on_frames: Callable[[int], None] = lambda frames: None) -> None:
        self.recipe = recipe
        self._frames = _Frames(on_frames)
        self._graph: CalculatorGraph | None = None

    def do(self, task: ClipTask) -> ClipEntry:
        """Do a clip. Its outputs appear whole when everything about it has succeeded, or not at all.

        Returns:
            Its outcome, a failure of the clip included.

        Raises:
            GraphkitError: what would fail for every clip: the graph, a model, a package, or no room on the disk.
        """
        begin = time.perf_counter()
        stage, names = Path(task.stage), _Names(self.recipe, task)
        try:
            attempt = _Attempt(self._opened(), self.recipe, task, names)
            shutil.rmtree(stage, ignore_errors=True)
            stage.mkdir(parents=True)
            entry = attempt.run(self._frames)
        except GraphkitError as error:
            self._graph = None  # the next clip must not depend on how this one ended
            if fails_every_clip(error):
                names.put_right(error)
                raise
            entry = failed(task, type(error).__name__, names.said(error))
        except OSError as error:
            if is_out_of_room(error):
                raise OutputError(f"cannot be written: {error.strerror}.", path=task.folder) from error
            entry = failed(task, type(error).__name__, str(error))
        finally:
            shutil.rmtree(stage, ignore_errors=True)
        return replace(entry, seconds=time.perf_counter() - begin)

    def _opened(self) -> CalculatorGraph:
        if self._graph is None:
            self._graph = self.recipe.load()
        return self._graph


class _Names:
    """The names of the outputs of a clip while they are made, and afterwards."""

    def __init__(self, recipe: Recipe, task: ClipTask) -> None:
        self._task = task
        settings = recipe.settings
        self.places: dict[str, Place] = {}  # by the part of the stage in which each is made
        if settings.output is not None:
            self.places["video"] = place_of(os.fspath(settings.output), task.clip, "output")
        for number, pattern in enumerate(settings.dumps.values()):
            self.places[str(number)] = place_of(os.fspath(pattern), task.clip)

    def shown(self, text: str) -> str:
        """Return a text with the names that the outputs will have."""
        for part, place in self.places.items():
            text = text.replace(f"{self._task.stage}/{part}", str(Path(self._task.folder) / place.target.parent))
        return text

    def said(self, error: GraphkitError) -> str:
        """Return the whole message of an error, without the clip: that is in the entry."""
        text = "\n".join([str(error), *getattr(error, "__notes__", ())])
        return self.shown(text.removeprefix(f"{self._task.path}: "))

    def put_right(self, error: GraphkitError) -> None:
        """Give those names to an error."""
        if isinstance(error, FileError):
            error.path = self.shown(error.path)
        error.__notes__ = [self.shown(note) for note in getattr(error, "__notes__", ())]


class _Attempt:
    """One clip on its way through the graph."""

    def __init__(self, graph: CalculatorGraph, recipe: Recipe, task: ClipTask, names: _Names) -> None:
        self._graph, self._recipe, self._task, self._names = graph, recipe, task, names
        self._places = names.places

    def run(self, progress: Progress) -> ClipEntry:
        task, stage = self._task, Path(self._task.stage)
        before = stat_of(Path(task.path))
        for part in self._places:
            (stage / part).mkdir()
        summary = self._job(progress)
        state = state_of(Path(task.path))
        if before is None or (state.size, state.modified_ns) != before:
            message = "the clip changed while it was read. Do it again when it is whole."
            return replace(failed(task, "Changed", message, state), frames=summary.frames)
        if self._recipe.strict and summary.damaged:
            message = " ".join(self._notes(summary)) or "part of it is missing or damaged."
            return replace(failed(task, "Damaged", message, state), frames=summary.frames, damaged=True)
        finish(self._places, stage, Path(task.folder))
        return ClipEntry(
            task.clip,
            task.path,
            task.recipe,
            state=state,
            host=platform.node(),
            outputs=tuple(self._outputs(summary)),
            frames=summary.frames,
            found={count.stream: count.frames for count in summary.landmarks},
            damaged=summary.damaged,
            notes=tuple(self._notes(summary)),
        )

    def _job(self, progress: Progress) -> Summary:
        settings, stage = self._recipe.settings, Path(self._task.stage)
        staged = {part: place.staged(stage / part) for part, place in self._places.items()}
        here = replace(
            settings,
            output=staged.get("video"),
            dumps={stream: staged[str(number)] for number, stream in enumerate(settings.dumps)},
            progress=progress,
        )
        return video_job(self._graph, self._task.path, here).run()

    def _outputs(self, summary: Summary) -> list[OutputFile]:
        folder, stage = Path(self._task.folder), Path(self._task.stage)
        found = []
        for file in summary.files:
            part = file.path.relative_to(stage).parts[0]
            target = self._places[part].target
            size = size_of(folder / target)
            found.append(OutputFile(file.stream, target.as_posix(), file.items, file.unit, size))
        return found

    def _notes(self, summary: Summary) -> list[str]:
        notes = [self._names.shown(note) for note in summary.notes]
        if summary.truncated:
            notes.insert(0, f"Input: {summary.truncated}")
        if summary.timestamps_repaired:
            count = summary.timestamps_repaired
            notes.append(f"{count} timestamp{'s' if count > 1 else ''} missing, equal or backward; repaired.")
        return notes


def failed(task: ClipTask, kind: str, message: str, state: ClipState | None = None) -> ClipEntry:
    """Return the entry of a clip that failed; its contents are looked at if they are not given."""
    entry = ClipEntry(task.clip, task.path, task.recipe, host=platform.node())
    return replace(entry, state=state or state_of(Path(task.path)), error=ClipFailure(kind, message))
