"""The engine that runs a plan. Private as a whole: programs use graphkit.CalculatorGraph.

The rules are in ``streams``, ``handlers``, ``node``, ``throttle`` and ``state``, which know no threads, locks,
clocks or I/O. ``scheduler`` holds the one lock and calls user code outside of it; ``executors`` owns the
threads. docs/explanation/scheduling.md numbers the rules that the code cites.
"""
