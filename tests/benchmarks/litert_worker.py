"""Runs one model in LiteRT on command; the other end of `bench_inference`.

Started with a Python that has `ai-edge-litert` and numpy: `python litert_worker.py MODEL THREADS OUTPUT.npz`.
Runs once on the seeded input, writes the outputs, then answers each line "N" with N run times in seconds.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from ai_edge_litert.interpreter import Interpreter

SEED = 0


def main() -> None:
    """Serve standard input until it ends."""
    model, threads, output = sys.argv[1:]
    interpreter = Interpreter(model, num_threads=int(threads))
    interpreter.allocate_tensors()
    details = interpreter.get_input_details()[0]
    image = np.random.default_rng(SEED).random(details["shape"], dtype=np.float32)

    def run() -> float:
        start = time.perf_counter()
        interpreter.set_tensor(details["index"], image)
        interpreter.invoke()
        return time.perf_counter() - start

    run()
    np.savez(output, *(interpreter.get_tensor(value["index"]) for value in interpreter.get_output_details()))
    print("ready", flush=True)
    for line in sys.stdin:
        print(*(f"{run():.7f}" for _ in range(int(line))), flush=True)


if __name__ == "__main__":
    main()
