"""What processes that a script starts find as ``mediapipe``: `graphkit.compat.__main__` passes the path on."""

import sys

from graphkit.compat import install_as_mediapipe

del sys.modules["mediapipe"]
install_as_mediapipe()
