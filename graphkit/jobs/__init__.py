"""The work behind the command line, for programs: graphs over files.

`run_video` runs a graph over a clip, `run_camera` over live pictures. `video_job` and `files_job` make jobs
that can be stopped while they run and that tell how far they are.
"""

from graphkit.jobs._build import JobSettings, files_job, run_camera, run_video, video_job
from graphkit.jobs._feeds import Feed, MergedFeed, Moment, VideoFeed
from graphkit.jobs._job import GraphJob, Limits
from graphkit.jobs._live import LiveFeed, open_feed
from graphkit.jobs._outcome import Outputs
from graphkit.jobs._preview import Page, Preview
from graphkit.jobs._progress import Progress
from graphkit.jobs._side_values import check_side_packets, convert_pairs, split_pairs, typed_value
from graphkit.jobs._summary import Found, GpuUse, Summary, WrittenFile

__all__ = [
    # in one call
    "run_camera",
    "run_video",
    # jobs
    "GraphJob",
    "JobSettings",
    "Limits",
    "Outputs",
    "Progress",
    "files_job",
    "video_job",
    # what goes in
    "Feed",
    "LiveFeed",
    "MergedFeed",
    "Moment",
    "VideoFeed",
    "check_side_packets",
    "convert_pairs",
    "open_feed",
    "split_pairs",
    "typed_value",
    # what comes out
    "Page",
    "Preview",
    "Found",
    "GpuUse",
    "Summary",
    "WrittenFile",
]
