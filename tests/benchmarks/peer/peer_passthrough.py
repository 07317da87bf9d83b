"""Measures the C++ scheduler from Python: chains of PassThroughCalculators, push to observer.

    PEER/bin/python tests/benchmarks/peer/peer_passthrough.py [--packets 20000] [--repeat 5]

Prints one JSON object: microseconds a packet, the best of the repeats, for chains of 1, 5 and 20 nodes, with the
default threads and with one; and push-then-wait latency (median).
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from typing import Any

from mediapipe.python import packet_creator
from mediapipe.python._framework_bindings import calculator_graph
from peer_common import usage

LENGTHS = (1, 5, 20)


def chain(length: int, threads: int) -> str:
    """Returns the text of a graph of `length` PassThroughCalculators; 0 threads is the default."""
    nodes = "".join(
        f'node {{ calculator: "PassThroughCalculator" input_stream: "s{index}" output_stream: "s{index + 1}" }}\n'
        for index in range(length)
    )
    limit = f"num_threads: {threads}\n" if threads else ""
    return f'input_stream: "s0"\noutput_stream: "s{length}"\n{limit}{nodes}'


def started(length: int, threads: int, seen: list[int]) -> Any:
    """Returns a running graph whose observer appends every packet's timestamp to `seen`."""
    graph = calculator_graph.CalculatorGraph(graph_config=chain(length, threads))
    graph.observe_output_stream(f"s{length}", lambda _, packet: seen.append(packet.timestamp.value))
    graph.start_run()
    return graph


def throughput(length: int, threads: int, packets: int) -> float:
    """Returns microseconds a packet when all are pushed, then waited for."""
    seen: list[int] = []
    graph = started(length, threads, seen)
    start = time.perf_counter()
    for stamp in range(packets):
        graph.add_packet_to_input_stream("s0", packet_creator.create_int(stamp).at(stamp))
    graph.wait_until_idle()
    spent = time.perf_counter() - start
    graph.close()
    if len(seen) != packets:
        raise RuntimeError(f"{packets} packets went in, {len(seen)} came out")
    return 1e6 * spent / packets


def latency(length: int, threads: int, packets: int) -> float:
    """Returns the median microseconds of pushing one packet and waiting until the graph is idle."""
    seen: list[int] = []
    graph = started(length, threads, seen)
    times = []
    for stamp in range(packets):
        start = time.perf_counter()
        graph.add_packet_to_input_stream("s0", packet_creator.create_int(stamp).at(stamp))
        graph.wait_until_idle()
        times.append(1e6 * (time.perf_counter() - start))
    graph.close()
    return statistics.median(times)


def main() -> None:
    """Runs all chains."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packets", type=int, default=20_000)
    parser.add_argument("--repeat", type=int, default=5)
    given = parser.parse_args()
    result: dict[str, Any] = {"packets": given.packets}
    for threads in (0, 1):
        kind = f"num_threads_{threads}" if threads else "default_threads"
        result[kind] = {
            str(length): {
                "us_per_packet": round(
                    min(throughput(length, threads, given.packets) for _ in range(given.repeat)), 2
                ),
                "push_and_wait_us": round(latency(length, threads, given.packets // 10), 2),
            }
            for length in LENGTHS
        }
    print(json.dumps(result | usage()))


if __name__ == "__main__":
    main()
