"""``mediapipe.python._framework_bindings``: the graph API, under the paths that programs import it by."""
