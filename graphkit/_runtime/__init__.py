"""The engine that runs a plan. Private as a whole: programs use graphkit.CalculatorGraph.

The rules are in ``state`` and its parts (``flow``, ``ready``, ``sources``, ``speculation``, ``throttle``) and in
``lifecycle``, which know no threads, locks, clocks or I/O. ``scheduler`` holds the one lock and calls user code
outside of it, ``run`` is what a program drives. docs/explanation/scheduling.md numbers the rules that code cites.
"""
