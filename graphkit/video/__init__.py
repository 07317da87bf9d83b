"""Reads video files, cameras and streams as RGB arrays with microsecond timestamps; writes playable video files.

Nothing here knows of graphs. PyAV and OpenCV are imported when a file is opened, not before.
"""

from __future__ import annotations

from graphkit.video._background import BackgroundReader, BackgroundWriter, FrameSink, FrameSource
from graphkit.video._cameras import CameraSettings, find_devices, is_camera, open_camera
from graphkit.video._containers import check_writable
from graphkit.video._encoders import EncoderSettings
from graphkit.video._frames import ColorTags, ReadStats, VideoFrame, VideoInfo, WriteStats, YuvPicture
from graphkit.video._live import LiveSource, LiveVideo
from graphkit.video._outlets import Destination
from graphkit.video._reader import VideoReader
from graphkit.video._writer import VideoWriter

__all__ = [
    "BackgroundReader",
    "BackgroundWriter",
    "CameraSettings",
    "ColorTags",
    "Destination",
    "EncoderSettings",
    "FrameSink",
    "FrameSource",
    "LiveSource",
    "LiveVideo",
    "ReadStats",
    "VideoFrame",
    "VideoInfo",
    "VideoReader",
    "VideoWriter",
    "WriteStats",
    "YuvPicture",
    "check_writable",
    "find_devices",
    "is_camera",
    "open_camera",
]
