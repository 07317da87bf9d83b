"""``mediapipe.framework.formats``: the messages of payloads, one module a file of MediaPipe's."""
