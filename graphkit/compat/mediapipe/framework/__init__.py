"""``mediapipe.framework``: the messages of graphs and payloads."""

__all__ = ["calculator_pb2", "formats"]
