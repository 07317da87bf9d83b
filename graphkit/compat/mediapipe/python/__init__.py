"""``mediapipe.python``: solutions, their base, and packets, under the paths that programs use."""

__all__ = ["packet_creator", "packet_getter", "solution_base", "solutions"]
