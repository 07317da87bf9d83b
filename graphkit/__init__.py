"""graphkit: MediaPipe graphs in pure Python."""
