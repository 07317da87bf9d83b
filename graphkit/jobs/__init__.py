"""The work of the command line, for programs: sources, a graph, sinks.

`run_video` runs a graph over a clip, `run_camera` over live pictures; `iterate` gives a program what comes out,
row by row, or as a table. `video_job` and `files_job` make jobs
that can be stopped while they run and that report their progress. A new kind of input is a `Source`, a new kind of
file a `FileSink`; any other place for results is a `Sink`.

A `Batch` does the same for many clips, in processes that may die.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any, Final

from graphkit.jobs._build import files_job, video_job
from graphkit.jobs._calls import run_camera, run_video
from graphkit.jobs._collector import Row
from graphkit.jobs._iteration import RowIterator, iterate
from graphkit.jobs._job import GraphJob
from graphkit.jobs._leases import Lease
from graphkit.jobs._progress import Progress
from graphkit.jobs._settings import JobSettings, Limits
from graphkit.jobs._side_values import convert_pairs, split_pairs, typed_value
from graphkit.jobs._sink import Ending, FileSink, Pacing, Sink, Tap, Target
from graphkit.jobs._sinks.preview import Page, PreviewSink
from graphkit.jobs._sinks.video import VideoSink
from graphkit.jobs._source import InputSet, JobControl, Origin, Source
from graphkit.jobs._sources.live import LiveSource
from graphkit.jobs._sources.video import VideoSource
from graphkit.jobs._summary import GpuUse, LandmarkCount, Summary, WrittenFile

if TYPE_CHECKING:
    from graphkit.jobs._batch.batch import Batch, BatchSettings
    from graphkit.jobs._batch.clips import Clip
    from graphkit.jobs._batch.collecting import merge_manifests, newest_entries
    from graphkit.jobs._batch.engine import Engine
    from graphkit.jobs._batch.entry import ClipEntry, ClipFailure, ClipState, OutputFile
    from graphkit.jobs._batch.local import ClipLimits, LocalEngine
    from graphkit.jobs._batch.planning import BatchPlan, Reason
    from graphkit.jobs._batch.progress import BatchProgress, BatchSummary
    from graphkit.jobs._batch.ray_cluster import Share
    from graphkit.jobs._batch.ray_engine import RayEngine
    from graphkit.jobs._batch.recipe import Recipe
    from graphkit.jobs._batch.shard import Shard
    from graphkit.jobs._batch.tables import collect_table
    from graphkit.jobs._batch.unit import ClipTask, ClipWorker

__all__ = [
    # in one call, and row by row
    "Row",
    "RowIterator",
    "iterate",
    "run_camera",
    "run_video",
    # jobs
    "GraphJob",
    "JobSettings",
    "Lease",
    "Limits",
    "Progress",
    "files_job",
    "video_job",
    # what goes in
    "InputSet",
    "JobControl",
    "LiveSource",
    "Origin",
    "Source",
    "VideoSource",
    "convert_pairs",
    "split_pairs",
    "typed_value",
    # what comes out
    "Ending",
    "FileSink",
    "Pacing",
    "Page",
    "PreviewSink",
    "Sink",
    "Tap",
    "Target",
    "VideoSink",
    "GpuUse",
    "LandmarkCount",
    "Summary",
    "WrittenFile",
    # many clips
    "Batch",
    "BatchPlan",
    "BatchProgress",
    "BatchSettings",
    "BatchSummary",
    "Clip",
    "ClipEntry",
    "ClipFailure",
    "ClipLimits",
    "ClipState",
    "ClipTask",
    "ClipWorker",
    "Engine",
    "LocalEngine",
    "OutputFile",
    "RayEngine",
    "Reason",
    "Recipe",
    "Shard",
    "Share",
    "collect_table",
    "merge_manifests",
    "newest_entries",
]

_OF_BATCHES: Final = {
    "Batch": "batch",
    "BatchPlan": "planning",
    "BatchProgress": "progress",
    "BatchSettings": "batch",
    "BatchSummary": "progress",
    "Clip": "clips",
    "ClipEntry": "entry",
    "ClipFailure": "entry",
    "ClipLimits": "local",
    "ClipState": "entry",
    "ClipTask": "unit",
    "ClipWorker": "unit",
    "Engine": "engine",
    "LocalEngine": "local",
    "OutputFile": "entry",
    "RayEngine": "ray_engine",
    "Reason": "planning",
    "Recipe": "recipe",
    "Shard": "shard",
    "Share": "ray_cluster",
    "collect_table": "tables",
    "merge_manifests": "collecting",
    "newest_entries": "collecting",
}


def __getattr__(name: str) -> Any:
    """Import on its first use what a single job does not need."""
    if name not in _OF_BATCHES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = _import_module(f"graphkit.jobs._batch.{_OF_BATCHES[name]}")
    value = globals()[name] = getattr(module, name)
    return value
