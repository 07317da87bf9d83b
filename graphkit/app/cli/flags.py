"""What the parameters of the library are called on the command line: the one place that knows."""

from __future__ import annotations

from typing import Final, NamedTuple

from graphkit.errors import Spelling


class Flag(NamedTuple):
    """A flag, and the form of its value."""

    name: str
    value: str = ""


FLAGS: Final = {
    "camera_size": Flag("--camera-size", "WxH"),
    "camera_rate": Flag("--camera-rate", "FPS"),
    "clip": Flag("--clip", "FILE"),
    "codec": Flag("--video-codec", "CODEC"),
    "crf": Flag("--crf", "Q"),
    "cpus": Flag("--cpus-per-clip", "N"),
    "dumps": Flag("--dump", "STREAM=FILE"),
    "frames_in_flight": Flag("--frames-in-flight", "N"),
    "folder": Flag("--out", "FOLDER"),
    "gpus": Flag("--gpus-per-clip", "N"),
    "gpu_device": Flag("--gpu-device", "DEVICE"),
    "input_video": Flag("--input_video_path", "FILE"),
    "inputs": Flag("--input", "STREAM=FILE"),
    "json_file": Flag("--json", "FILE"),
    "max_frames": Flag("--max-frames", "N"),
    "modules": Flag("--import", "MODULE"),
    "output": Flag("--output_video_path", "FILE"),
    "output_stream": Flag("--output_stream", "STREAM"),
    "output_drawing": Flag("--output", "FILE"),
    "overrides": Flag("--set", "NODE.FIELD=VALUE"),
    "peer": Flag("--against-mediapipe", "PYTHON"),
    "preset": Flag("--preset", "SPEED"),
    "preview": Flag("--preview", "[HOST:PORT]"),
    "provider": Flag("--provider", "PROVIDER"),
    "rate": Flag("--rate", "FPS"),
    "root": Flag("--root", "FOLDER"),
    "roots": Flag("--resource_root_dir", "DIR"),
    "shard": Flag("--shard", "I/N"),
    "side": Flag("--side", "NAME=TYPE:VALUE"),
    "side_packets": Flag("--input_side_packets", "NAME=VALUE"),
    "trace": Flag("--trace", "FILE"),
    "threads": Flag("--threads", "N"),
}
"""By parameter. A parameter that is not here has no flag, and messages use its own name."""


class FlagSpelling(Spelling):
    """Messages that name flags."""

    def name(self, parameter: str) -> str:
        """Return the flag of *parameter*."""
        return FLAGS[parameter].name if parameter in FLAGS else parameter

    def usage(self, parameter: str) -> str:
        """Return the flag of *parameter* with the form of its value."""
        return " ".join(filter(None, FLAGS[parameter])) if parameter in FLAGS else parameter
