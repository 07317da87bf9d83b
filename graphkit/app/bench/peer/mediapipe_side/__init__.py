"""The same work with MediaPipe 0.10.21: on an interpreter of its own, from Python 3.10 on, with PyAV and numpy."""
