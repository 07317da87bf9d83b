"""``mediapipe.framework.formats.location_data_pb2``."""

from typing import Final

from graphkit.schema import message_class

__all__ = [
    "LocationData",
]

LocationData: Final = message_class("mediapipe.LocationData")
