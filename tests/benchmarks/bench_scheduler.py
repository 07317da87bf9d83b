"""Measures the scheduler: chains of PassThroughCalculators, from push to observer.

    python tests/benchmarks/bench_scheduler.py [--against-mediapipe PEER/bin/python] [--packets 5000] [--rounds 7]

Prints microseconds a packet for chains of 1, 5 and 20 nodes: the median and the best of the rounds. With a peer
interpreter it alternates with MediaPipe's C++ scheduler, driven from Python in the same way, and prints the ratio
of the medians.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import time
from pathlib import Path
from typing import Final

from graphkit import CalculatorGraph

LENGTHS: Final = (1, 5, 20)
PEER_SCRIPT: Final = Path(__file__).parent / "peer" / "peer_passthrough.py"


def chain(length: int) -> str:
    """Return the text of a graph of *length* PassThroughCalculators."""
    nodes = "".join(
        f'node {{ calculator: "PassThroughCalculator" input_stream: "s{i}" output_stream: "s{i + 1}" }}\n'
        for i in range(length)
    )
    return f'input_stream: "s0"\noutput_stream: "s{length}"\n{nodes}'


def throughput(length: int, packets: int) -> float:
    """Return microseconds a packet when all are pushed, then waited for."""
    seen: list[int] = []
    graph = CalculatorGraph(chain(length))
    graph.observe_output_stream(f"s{length}", lambda packet: seen.append(int(packet.timestamp)))
    with graph:
        start = time.perf_counter()
        for stamp in range(packets):
            graph.add_packet_to_input_stream("s0", stamp, stamp)
        graph.wait_until_idle()
        spent = time.perf_counter() - start
    if seen != list(range(packets)):
        raise RuntimeError(f"{packets} packets went in, {len(seen)} came out")
    return 1e6 * spent / packets


def peer_throughput(python: str, packets: int) -> dict[int, float]:
    """Return MediaPipe's microseconds a packet by chain length: the better of its thread settings."""
    command = [python, str(PEER_SCRIPT), "--packets", str(packets), "--repeat", "1"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    measured = json.loads(printed[printed.index("{") :])
    kinds = ("default_threads", "num_threads_1")
    return {length: min(measured[kind][str(length)]["us_per_packet"] for kind in kinds) for length in LENGTHS}


def main() -> None:
    """Run the benchmark as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against-mediapipe", metavar="PYTHON", help="interpreter that has mediapipe 0.10.21")
    parser.add_argument("--packets", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    ours: dict[int, list[float]] = {length: [] for length in LENGTHS}
    theirs: dict[int, list[float]] = {length: [] for length in LENGTHS}
    for _ in range(arguments.rounds):
        for length in LENGTHS:
            ours[length].append(throughput(length, arguments.packets))
        if arguments.against_mediapipe:
            for length, value in peer_throughput(arguments.against_mediapipe, arguments.packets).items():
                theirs[length].append(value)
    print("nodes  graphkit us (best)   mediapipe us (best)   ratio of medians")
    for length in LENGTHS:
        mine = statistics.median(ours[length])
        line = f"{length:5}  {mine:8.1f} ({min(ours[length]):5.1f})"
        if theirs[length]:
            other = statistics.median(theirs[length])
            line += f"     {other:8.1f} ({min(theirs[length]):5.1f})      {mine / other:8.2f}"
        print(line)


if __name__ == "__main__":
    main()
