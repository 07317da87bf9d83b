"""The work behind the command line, for programs: sources, a graph, sinks.

`run_video` runs a graph over a clip, `run_camera` over live pictures. `video_job` and `files_job` make jobs
that can be stopped while they run and that tell how far they are. A new kind of input is a `Source`, a new kind of
file a `FileSink`; any other place for results is a `Sink`.
"""

from graphkit.jobs._build import files_job, video_job
from graphkit.jobs._calls import run_camera, run_video
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

__all__ = [
    # in one call
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
]
