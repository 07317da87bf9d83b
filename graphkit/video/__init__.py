"""Decode and encode of video files: RGB arrays with microsecond timestamps in, playable files out.

Nothing here knows of graphs. PyAV and OpenCV are imported when a file is opened, not before.
"""

from __future__ import annotations

from graphkit.video.background import BackgroundReader, BackgroundWriter
from graphkit.video.cameras import CameraSettings, find_devices, is_camera, open_camera
from graphkit.video.encoders import EncoderSettings
from graphkit.video.frames import ColorTags, ReadStats, VideoFrame, VideoInfo, WriteStats
from graphkit.video.live import LiveSource, LiveVideo
from graphkit.video.reader import VideoReader
from graphkit.video.targets import check_writable
from graphkit.video.writer import VideoWriter

__all__ = [
    "BackgroundReader",
    "BackgroundWriter",
    "CameraSettings",
    "ColorTags",
    "EncoderSettings",
    "LiveSource",
    "LiveVideo",
    "ReadStats",
    "VideoFrame",
    "VideoInfo",
    "VideoReader",
    "VideoWriter",
    "WriteStats",
    "check_writable",
    "find_devices",
    "is_camera",
    "open_camera",
]
