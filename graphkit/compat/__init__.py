"""The Python API that MediaPipe had up to 0.10.21, on graphkit's engine.

One changed line::

    from graphkit.compat import mediapipe as mp

or none: ``python -m graphkit.compat their_script.py``, or `install_as_mediapipe` before the first import.
Importing this package changes nothing.
"""

from graphkit.compat._install import install_as_mediapipe

__all__ = ["install_as_mediapipe"]
