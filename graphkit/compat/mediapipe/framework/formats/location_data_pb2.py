"""``mediapipe.framework.formats.location_data_pb2``."""

from typing import Final

from graphkit.compat._pb2 import message

__all__ = [
    "LocationData",
]

LocationData: Final = message("LocationData", __name__)
