"""``mediapipe.resource_util``: kept for programs that call it."""

__all__ = ["set_resource_dir"]


def set_resource_dir(folder: str) -> None:
    """Do nothing: graphkit finds its own models and graphs by itself."""
