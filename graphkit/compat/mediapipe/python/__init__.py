"""``mediapipe.python``: solutions and their base, under the paths that programs import them by."""
