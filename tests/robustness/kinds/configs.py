"""Damaged configs, as text, file and binary: only errors of the tree, short, with little memory."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

from graphkit import CalculatorGraph
from graphkit.errors import GraphkitError
from robustness.engine_config import config_of
from robustness.engine_graphs import GraphMaker
from robustness.mutation import NUMBERS, damaged_bytes, damaged_text
from robustness.outcome import Outcome
from robustness.wire import bytes_field, number_field

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 20.0
ADDRESS_SPACE_MB = 4000
PEAK_MB = 500
LONGEST_MESSAGE = 20_000
GRAPHS = Path(__file__).parents[3] / "graphs"
RUNS_S = 10.0
SAFE = {
    *("PassThroughCalculator", "GateCalculator", "MergeCalculator", "PreviousLoopbackCalculator", "MuxCalculator"),
    *("PacketClonerCalculator", "RoundRobinDemuxCalculator", "PacketThinnerCalculator", "SwitchMuxCalculator"),
}
"""What passes validation is run where it has no other nodes: they are quick, and do nothing to the machine."""
PLAIN = """
input_stream: "a" input_stream: "z"
output_stream: "d"
max_queue_size: 5
num_threads: 2
executor { name: "x" type: "ThreadPoolExecutor"
  options { [mediapipe.ThreadPoolExecutorOptions.ext] { num_threads: 1 } } }
node { calculator: "PassThroughCalculator" input_stream: "a" output_stream: "b" max_in_flight: 1
  buffer_size_hint: 3 }
node { calculator: "PassThroughCalculator" input_stream: "a" input_stream: "z" output_stream: "c"
  output_stream: "d"
  executor: "x" source_layer: 0
  input_stream_handler { input_stream_handler: "%s" options { %s } } }
node { calculator: "MergeCalculator" input_stream: "b" input_stream: "c" output_stream: "e" }
node { calculator: "PreviousLoopbackCalculator" input_stream: "MAIN:e" input_stream: "LOOP:f"
  input_stream_info { tag_index: "LOOP" back_edge: true } output_stream: "PREV_LOOP:g" }
node { calculator: "GateCalculator" input_stream: "e" output_stream: "f"
  options { [mediapipe.GateCalculatorOptions.ext] { allow: true } } }
"""
HANDLERS = (
    ("DefaultInputStreamHandler", ""),
    ("ImmediateInputStreamHandler", ""),
    ("BarrierInputStreamHandler", ""),
    (
        "SyncSetInputStreamHandler",
        '[mediapipe.SyncSetInputStreamHandlerOptions.ext] { sync_set { tag_index: ":0" } }',
    ),
    (
        "FixedSizeInputStreamHandler",
        "[mediapipe.FixedSizeInputStreamHandlerOptions.ext] { trigger_queue_size: 3 target_queue_size: 2 }",
    ),
    (
        "TimestampAlignInputStreamHandler",
        '[mediapipe.TimestampAlignInputStreamHandlerOptions.ext] { timestamp_base_tag_index: ":0" }',
    ),
)


def prepare(folder: Path) -> Callable[[int], Outcome]:
    """Gather graphs that come along, write others, and return what checks a seed."""
    small = [PLAIN % handler for handler in HANDLERS]
    small += [config_of(GraphMaker(random.Random(seed)).make()) for seed in range(40)]
    shipped = sorted((path.read_text() for path in GRAPHS.rglob("*.pbtxt")), key=len)
    texts = small * 4 + [text for text in shipped if len(text) < 4000]
    binaries = [_binary(random.Random(seed)) for seed in range(40)]

    def check(seed: int) -> Outcome:
        dice = random.Random(seed)
        luck = dice.random()
        if luck < 0.33:
            return judge("binary", damaged_bytes(dice, dice.choice(binaries), binaries))
        text = damaged_text(dice, dice.choice(texts), texts)
        if luck < 0.36:
            text = damaged_text(dice, dice.choice(shipped), texts)
        if luck < 0.40:
            place = folder / "graph.pbtxt"
            place.write_bytes(damaged_bytes(dice, text.encode(errors="surrogatepass"), binaries))
            return judge("file", place)
        return judge("text", text)

    return check


def judge(form: str, source: str | bytes | Path) -> Outcome:
    """Load *source*, and run it where that is harmless."""
    try:
        graph = CalculatorGraph(source)
    except GraphkitError as exc:
        return _refused(form, exc)
    calculators = {node.calculator for node in graph.plan.nodes}
    if not calculators <= SAFE:
        return Outcome([f"{form} valid"])
    try:
        _run(graph)
    except TimeoutError as exc:
        return Outcome([f"{form} valid"], "hang", f"{exc}\n{source!r}"[:3000])
    except GraphkitError as exc:
        labels = [f"{form} valid", "failed when run"]
        return Outcome(labels, *_too_long(exc))
    finally:
        graph.cancel_quietly()
    return Outcome([f"{form} valid", "run"])


def _run(graph: CalculatorGraph) -> None:
    graph.start_run()
    for number in range(8):
        for name in graph.plan.graph_inputs.names:
            graph.add_packet_to_input_stream(name, number, number)
    graph.close_all_input_streams()
    graph.wait_until_done(RUNS_S)


def _refused(form: str, error: GraphkitError) -> Outcome:
    return Outcome([f"{form} refused", type(error).__name__], *_too_long(error))


def _too_long(error: GraphkitError) -> tuple[str, str]:
    length = len(str(error))
    return ("long message", f"{length} characters: {str(error)[:500]}") if length > LONGEST_MESSAGE else ("", "")


def _binary(dice: random.Random) -> bytes:
    """Return a binary config: fields 1 node, 8 num_threads, 10 and 15 streams, 11 max_queue_size, 14 executor."""
    streams = ["a", "z"]
    parts = [bytes_field(10, name) for name in streams]
    for number in range(dice.randrange(1, 5)):
        name = dice.choice(("MergeCalculator", *["PassThroughCalculator"] * 4))
        inputs = [dice.choice(streams) for _ in range(dice.choice((1, 2)))]
        outputs = [f"s{number}_{i}" for i in range(1 if name == "MergeCalculator" else len(inputs))]
        streams += outputs
        node = bytes_field(1, f"n{number}") + bytes_field(2, name)
        node += b"".join(bytes_field(3, one) for one in inputs) + b"".join(bytes_field(4, one) for one in outputs)
        if dice.random() < 0.3:
            node += number_field(16, int(dice.choice(NUMBERS[:5])))
        if dice.random() < 0.3:
            node += bytes_field(11, bytes_field(1, dice.choice(HANDLERS[:3])[0]))
        parts.append(bytes_field(1, node))
    parts.append(number_field(11, dice.choice((1, 5, 100, -1))))
    parts.append(bytes_field(14, bytes_field(1, "x") + bytes_field(2, "ThreadPoolExecutor")))
    return b"".join(parts)
