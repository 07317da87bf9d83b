"""How fast hands and poses are found here, where the time goes, and how MediaPipe compares.

`run_benchmark` does what ``graphkit bench`` does::

    report = run_benchmark(BenchmarkSettings(tasks=["pose"], devices=["cpu"], rounds=3))
    print(report.measurements[0].results[0].median("ms_per_frame"))

Every measurement is a process of its own, watched from outside: `graphkit.bench.worker` for graphkit, the folder
``peer`` for MediaPipe, which another interpreter runs.
"""

from graphkit.bench.report import Measurement, Report, SideResult
from graphkit.bench.rounds import BenchmarkSettings, run_benchmark
from graphkit.bench.tasks import KINDS, TASKS

__all__ = ["KINDS", "TASKS", "BenchmarkSettings", "Measurement", "Report", "SideResult", "run_benchmark"]
