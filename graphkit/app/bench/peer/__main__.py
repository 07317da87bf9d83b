"""Run by another interpreter, one that has MediaPipe: ``python FOLDER REQUEST``; answers on standard output.

Nothing here imports graphkit. The folder is on that interpreter's path, so the package beside this file is found.
"""

from mediapipe_side.answers import main

main()
