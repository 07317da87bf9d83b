"""How fast hands and poses are found here, where the time goes, and how MediaPipe compares.

`graphkit.app.bench.rounds` measures::

    from graphkit.app.bench.rounds import BenchmarkSettings, run_benchmark

    report = run_benchmark(BenchmarkSettings(tasks=["pose"], devices=["cpu"], rounds=3))
    print(report.measurements[0].results[0].median("ms_per_frame"))

Every measurement is a process of its own, watched from outside: `graphkit.app.bench.worker` for graphkit, the
folder ``peer`` for MediaPipe, which another interpreter runs. Nothing is imported here: the worker's start is
measured.
"""
