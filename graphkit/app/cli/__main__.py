"""``python -m graphkit.app.cli``."""

from graphkit.app.cli import main

main()
