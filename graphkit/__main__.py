"""``python -m graphkit``: the command line, where its script is not on the PATH."""

from graphkit.app.cli import main

main()
