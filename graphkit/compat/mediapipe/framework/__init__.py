"""``mediapipe.framework``: the messages of graphs and payloads."""
