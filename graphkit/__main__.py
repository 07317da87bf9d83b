"""``python -m graphkit``: the command line, where its script is not on the PATH."""

from graphkit.cli import main

main()
