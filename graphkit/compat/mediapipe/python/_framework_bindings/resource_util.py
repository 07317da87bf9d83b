"""``mediapipe.resource_util``: kept so that programs that call it go on."""

__all__ = ["set_resource_dir"]


def set_resource_dir(folder: str) -> None:
    """Do nothing: graphkit finds the models and graphs that come along by itself."""
