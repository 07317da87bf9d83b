"""Writes graphs of the reference interpreter as configs for the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from robustness.engine_nodes import calculator_for

if TYPE_CHECKING:
    from reference_interpreter import Graph, Node


def config_of(graph: Graph) -> str:
    """Return *graph* as text."""
    lines = [f'input_stream: "{name}"' for name in graph.inputs]
    lines.append('input_side_packet: "book"')
    if graph.max_queue_size is not None:
        lines.append(f"max_queue_size: {graph.max_queue_size}")
    if graph.report_deadlock:
        lines.append("report_deadlock: true")
    if graph.num_threads:
        lines.append(f"num_threads: {graph.num_threads}")
    for name, (kind, threads) in graph.executors.items():
        options = f"[mediapipe.ThreadPoolExecutorOptions.ext] {{ num_threads: {threads} }}" if threads else ""
        lines.append(f'executor {{ name: "{name}" type: "{kind}" options {{ {options} }} }}')
    lines += [_node(node) for node in graph.nodes]
    return "\n".join(lines)


def _node(node: Node) -> str:
    loop = node.does[0] == "previous"
    ins, outs = (("MAIN:", "LOOP:"), ("PREV_LOOP:",)) if loop else (("", "", "", "", ""), ("", "", "", ""))
    parts = [f'name: "{node.name}" calculator: "{calculator_for(node)}"']
    parts += [f'input_stream: "{tag}{name}"' for tag, name in zip(ins, node.inputs, strict=False)]
    parts += [f'output_stream: "{tag}{name}"' for tag, name in zip(outs, node.outputs, strict=False)]
    for i in node.back_edges:
        parts.append(f'input_stream_info {{ tag_index: "{"LOOP" if loop else f":{i}"}" back_edge: true }}')
    if not loop:
        parts.append('input_side_packet: "BOOK:book"')
        parts.append(_policy(node.policy, node.policy_options))
    if node.layer:
        parts.append(f"source_layer: {node.layer}")
    if node.in_flight > 1:
        parts.append(f"max_in_flight: {node.in_flight}")
    if node.executor:
        parts.append(f'executor: "{node.executor}"')
    return "node { " + " ".join(parts) + " }"


def _policy(name: str, options: dict[str, Any]) -> str:
    if name == "Default":
        return ""
    full = f"{name}InputStreamHandler"
    inner = ""
    if name == "SyncSet":
        sets = [" ".join(f'tag_index: ":{i}"' for i in one) for one in options["sets"]]
        inner = " ".join(f"sync_set {{ {one} }}" for one in sets)
    elif name == "TimestampAlign":
        inner = f'timestamp_base_tag_index: ":{options["base"]}"'
    elif name == "FixedSize":
        inner = " ".join(f"{key}: {value}" for key, value in options.items())
    body = f"options {{ [mediapipe.{full}Options.ext] {{ {inner} }} }}" if inner else ""
    return f'input_stream_handler {{ input_stream_handler: "{full}" {body} }}'
