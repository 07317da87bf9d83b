"""Validation: one test a message, and the plan that comes out of a graph that is right."""

from __future__ import annotations

import pytest

from graphkit import Calculator, config
from graphkit.errors import GraphValidationError
from graphkit.framework import ANY, TagMap


def faults(text: str) -> list[str]:
    with pytest.raises(GraphValidationError) as caught:
        config.load(text)
    return [str(fault).removeprefix("<text>:") for fault in caught.value.faults]


CASES = {
    "unknown calculator": (
        'node { calculator: "CfgModell" input_stream: "a" output_stream: "b" }\ninput_stream: "a"',
        ["1:8: Unable to find Calculator \"CfgModell\". Did you mean 'CfgModel' or 'TfLiteModelCalculator'?"],
    ),
    "node without calculator": (
        'node { name: "x" }',
        ['1:1: a node needs a calculator: write calculator: "Name"'],
    ),
    "unknown tag": (
        'input_stream: "a"\nnode { calculator: "CfgCpuSink" input_stream: "IMAGE:a"\n  input_stream: "TXT:a" }',
        [
            '3:3: node "CfgCpuSink": input stream with tag "TXT" is not known to the calculator; it takes tags '
            "IMAGE, "
            "TEXT. Did you mean 'TEXT'?"
        ],
    ),
    "untagged where tags are": (
        'input_stream: "a"\nnode { calculator: "CfgGpuSink" input_stream: "IMAGE:a"\n  input_stream: "a" }',
        [
            '3:3: node "CfgGpuSink": input stream with index 0 (without a tag) is not known to the calculator; it '
            "takes "
            "tags IMAGE."
        ],
    ),
    "too many of a tag": (
        'input_stream: "a"\nnode { calculator: "CfgGpuSink" input_stream: "IMAGE:0:a"\n  input_stream: '
        '"IMAGE:1:a" }',
        ['3:3: node "CfgGpuSink": input stream with IMAGE:1 is not known to the calculator; it takes tags IMAGE.'],
    ),
    "function: unknown tag": (
        'input_stream: "a"\nnode { calculator: "CfgFunction"\n  input_stream: "IMG:a" output_stream: "b" }',
        [
            '3:3: node "CfgFunction": input stream with tag "IMG" is not known to the calculator; it takes tags '
            "IMAGE and 1 without a tag. Did you mean 'IMAGE'?"
        ],
    ),
    "required port": (
        'node { calculator: "CfgGpuSink" }',
        [
            '1:1: node "CfgGpuSink": input stream with tag "IMAGE" (GpuBuffer) is required and this node does not '
            "connect "
            "it"
        ],
    ),
    "required side packet": (
        'input_stream: "a"\nnode { name: "j" calculator: "CfgJoin" input_stream: "VALUE:a" }',
        [
            '2:1: node "j" (CfgJoin): input side packet with tag "MODEL" (str) is required and this node does not '
            "connect "
            "it"
        ],
    ),
    "contract raises": (
        'node { calculator: "CfgBroken" }',
        ['1:1: node "CfgBroken": its calculator refuses this config: RuntimeError: not today'],
    ),
    "contract raises over a misspelt tag": (
        'input_stream: "a"\nnode { calculator: "CfgPicky"\n input_stream: "RBG:a" }',
        [
            '3:2: node "CfgPicky": input stream with tag "RBG" is not known to the calculator; it takes tags RGB. '
            "Did you mean 'RGB'?"
        ],
    ),
    "contract raises over another tag": (
        'input_stream: "a"\nnode { calculator: "CfgPicky"\n input_stream: "DEPTH:a" }',
        ['2:1: node "CfgPicky": its calculator refuses this config: RuntimeError: no picture'],
    ),
    "malformed stream": (
        'node { calculator: "CfgInt"\n output_stream: "OUT:Upper" }',
        [
            '2:2: node "CfgInt": "OUT:Upper" is not a stream: expected name, TAG:name or TAG:index:name, with a '
            "name of "
            "lower-case letters, digits and _"
        ],
    ),
    "tag twice": (
        'node { calculator: "CfgInt" output_stream: "OUT:0:a"\n output_stream: "OUT:0:b" }',
        [
            '2:2: node "CfgInt": tag "OUT" index 0 is given twice, the second time by "OUT:0:b"; '
            "number them OUT:0:..., OUT:1:..."
        ],
    ),
    "index gap": (
        'node { calculator: "CfgInt"\n output_stream: "OUT:1:a" }',
        ['2:2: node "CfgInt": tag "OUT" has index 1 but not index 0'],
    ),
    "no producer": (
        'input_stream: "frames"\nnode { calculator: "CfgCpuSink"\n  input_stream: "IMAGE:frame" }',
        [
            '3:3: node "CfgCpuSink": input stream "frame" does not have a corresponding output stream. '
            "Did you mean 'frames'?"
        ],
    ),
    "no producer, nothing close": (
        'node { calculator: "CfgCpuSink"\n  input_stream: "IMAGE:x" }',
        [
            '2:3: node "CfgCpuSink": input stream "x" does not have a corresponding output stream. '
            "Name it in an output_stream of a node, or "
            "in an "
            "input_stream of the graph."
        ],
    ),
    "no producer, but a side packet": (
        'input_side_packet: "x"\nnode { calculator: "CfgCpuSink"\n  input_stream: "IMAGE:x" }',
        [
            '3:3: node "CfgCpuSink": input stream "x" does not have a corresponding output stream. '
            "It is a side packet: name it in input_side_packet."
        ],
    ),
    "two producers": (
        'node { calculator: "CfgInt" output_stream: "OUT:a" }\nnode { calculator: "CfgInt"\n  output_stream: '
        '"OUT:a" }',
        [
            '3:3: stream "a" has two producers: node "CfgInt_1" (CfgInt) at <text>:1:1 and node '
            '"CfgInt_2" (CfgInt). '
            "Rename one of them."
        ],
    ),
    "node and graph produce": (
        'input_stream: "a"\nnode { calculator: "CfgInt"\n  output_stream: "OUT:a" }',
        [
            '3:3: stream "a" has two producers: the graph\'s own input stream at <text>:1:1 and node "CfgInt". '
            "Rename one of them."
        ],
    ),
    "two side packet producers": (
        'node { name: "m" calculator: "CfgModel" output_side_packet: "MODEL:x" }\n'
        'node { name: "n" calculator: "CfgModel"\n  output_side_packet: "MODEL:x" }',
        [
            '3:3: side packet "x" has two producers: node "m" (CfgModel) at <text>:1:1 and node "n" (CfgModel). '
            "Rename one of them."
        ],
    ),
    "cycle": (
        'input_stream: "a"\nnode { name: "one" calculator: "CfgLoop" input_stream: "MAIN:a" input_stream: '
        '"LOOP:z"\n'
        '  output_stream: "OUT:y" }\nnode { name: "two" calculator: "CfgPass" input_stream: "y" output_stream: '
        '"z" }',
        [
            '2:1: the nodes form a cycle without a back edge: "one" -> "two" -> "one". Feed back what came for '
            'the packet before: node { calculator: "PreviousLoopbackCalculator" input_stream: "MAIN:a" '
            'input_stream: "LOOP:z" input_stream_info { tag_index: "LOOP" back_edge: true } output_stream: '
            '"PREV_LOOP:previous_z" }, and let node "one" (CfgLoop) read "previous_z" in place of "z".'
        ],
    ),
    "cycle of one": (
        'node { calculator: "CfgPass" input_stream: "a" output_stream: "a" }',
        [
            '1:1: the nodes form a cycle without a back edge: "CfgPass" -> "CfgPass". Nothing from outside '
            "reaches it, so no node of it could begin: remove one of the connections."
        ],
    ),
    "back edge of nothing": (
        'input_stream: "a"\nnode { calculator: "CfgPass" input_stream: "a" output_stream: "b"\n'
        '  input_stream_info { tag_index: "LOOP" back_edge: true } }',
        ['3:3: node "CfgPass": input_stream_info tag_index "LOOP" is not one of its input streams (:0)'],
    ),
    "a back edge whose index has more digits than any": (
        'input_stream: "a"\nnode { calculator: "CfgPass" input_stream: "a" output_stream: "b"\n'
        '  input_stream_info { tag_index: ":11111111111111111111" back_edge: true } }',
        [
            '3:3: node "CfgPass": input_stream_info tag_index ":11111111111111111111" is not one of its input '
            "streams (:0)"
        ],
    ),
    "a back edge whose index is no ordinary number": (
        'input_stream: "a"\nnode { calculator: "CfgPass" input_stream: "a" output_stream: "b"\n'
        '  input_stream_info { tag_index: ":²" back_edge: true } }',
        ['3:3: node "CfgPass": input_stream_info tag_index ":²" is not one of its input streams (:0)'],
    ),
    "two input_stream_info": (
        'input_stream: "a"\nnode { calculator: "CfgLoop" input_stream: "MAIN:a" input_stream: "LOOP:b"\n'
        '  output_stream: "OUT:b" input_stream_info { tag_index: "LOOP" back_edge: true }\n'
        '  input_stream_info { tag_index: "LOOP:0" } }',
        ['4:3: node "CfgLoop": input_stream_info tag_index "LOOP:0" has two input_stream_info'],
    ),
    "wrong type": (
        'node { name: "decoder" calculator: "CfgFrames" output_stream: "OUT:frames" }\n'
        'node { name: "luma" calculator: "CfgGpuSink"\n  input_stream: "IMAGE:frames" }',
        [
            '3:3: node "luma" (CfgGpuSink): input stream "frames" expects GpuBuffer, but node "decoder" '
            "(CfgFrames) puts "
            "ImageFrame on it. Insert an ImageFrameToGpuBufferCalculator."
        ],
    ),
    "wrong type, no converter": (
        'node { calculator: "CfgInt" output_stream: "OUT:n" }\nnode { calculator: "CfgGpuSink" input_stream: '
        '"IMAGE:n" }',
        ['2:33: node "CfgGpuSink": input stream "n" expects GpuBuffer, but node "CfgInt" puts int on it.'],
    ),
    "wrong type through other nodes": (
        'node { calculator: "CfgGpuFrames" output_stream: "OUT:a" }\n'
        'node { calculator: "CfgPass" input_stream: "a" output_stream: "b" }\n'
        'node { calculator: "CfgCpuSink" input_stream: "IMAGE:b" }',
        [
            '3:33: node "CfgCpuSink": input stream "b" expects ImageFrame, but node "CfgGpuFrames" puts GpuBuffer '
            'on "a", '
            "which it comes from. Insert a GpuBufferToImageFrameCalculator."
        ],
    ),
    "two readers disagree": (
        'input_stream: "v"\nnode { calculator: "CfgCpuSink" input_stream: "IMAGE:v" }\n'
        'node { calculator: "CfgGpuSink" input_stream: "IMAGE:v" }',
        [
            '3:33: node "CfgGpuSink": input stream "v" expects GpuBuffer, but node "CfgCpuSink" reads it as '
            "ImageFrame. "
            "Insert an ImageFrameToGpuBufferCalculator."
        ],
    ),
    "narrowed by one reader, refused by another": (
        'node { name: "gpu" calculator: "CfgGpuFrames" output_stream: "OUT:a" }\n'
        'node { calculator: "CfgEither" input_stream: "IMAGE:a" output_stream: "IMAGE:b" }\n'
        'node { calculator: "CfgFunction" input_stream: "b" output_stream: "c" }',
        [
            '3:34: node "CfgFunction": input stream "b" expects ImageFrame, but node "gpu" (CfgGpuFrames) puts '
            "GpuBuffer on "
            '"a", which it comes from. Insert a GpuBufferToImageFrameCalculator.'
        ],
    ),
    "side packet type": (
        'input_stream: "a"\nnode { calculator: "CfgModel" output_side_packet: "MODEL:m" }\n'
        'node { name: "j" calculator: "CfgJoin" input_stream: "VALUE:a" input_side_packet: "MODEL:m"\n'
        '  input_side_packet: "SIZE:m" }',
        ['4:3: node "j" (CfgJoin): input side packet "m" expects int, but node "CfgModel" puts str on it.'],
    ),
    "executor": (
        'executor { name: "fast" }\nnode { calculator: "CfgInt"\n  executor: "fst" output_stream: "OUT:a" }',
        [
            '3:3: node "CfgInt": executor "fst" is not declared; add executor { name: "fst" '
            "type: \"ThreadPoolExecutor\" } to the graph. Did you mean 'fast'?"
        ],
    ),
    "executor reserved": (
        'executor { name: "gpu" }\nexecutor { name: "__x" }\nnode { calculator: "CfgInt" executor: "default" '
        'output_stream: "OUT:a" }',
        [
            '1:1: executor name "gpu" is reserved; choose another',
            '2:1: executor name "__x" is reserved; choose another',
            '3:29: node "CfgInt": executor name "default" is reserved; leave the field out',
        ],
    ),
    "executor twice": ('executor { name: "a" }\nexecutor { name: "a" }', ['2:1: executor "a" is declared twice']),
    "executor and threads": (
        "executor { }\nnum_threads: 2",
        ["2:1: num_threads and an executor without a name both set the default executor; keep one of them"],
    ),
    "input stream handler": (
        'input_stream: "a"\nnode { calculator: "CfgPass" input_stream: "a" output_stream: "b"\n'
        '  input_stream_handler { input_stream_handler: "ImediateInputStreamHandler" } }',
        [
            '3:3: node "CfgPass": Unable to find InputStreamHandler "ImediateInputStreamHandler". Did you mean '
            "'ImmediateInputStreamHandler'?"
        ],
    ),
    "two nodes of one name": (
        'node { name: "X_1" calculator: "CfgInt" output_stream: "OUT:a" }\n'
        'node { name: "X" calculator: "CfgInt" output_stream: "OUT:b" }\n'
        'node { name: "X" calculator: "CfgInt" output_stream: "OUT:c" }',
        ['2:1: two nodes are called "X_1", the other at <text>:1:1; rename one'],
    ),
    "packet generator": (
        'packet_generator { packet_generator: "X" }\npacket_generator { packet_generator: "Y" }',
        [
            '1:1: packet generator "X" is not registered; use a calculator with output side packets',
            '2:1: packet generator "Y" is not registered; use a calculator with output side packets',
        ],
    ),
    "packet factory": (
        'packet_factory { packet_factory: "X" output_side_packet: "s" }',
        ['1:1: packet factory "X" is not registered; use a calculator with output side packets'],
    ),
    "status handler": (
        'status_handler { status_handler: "X" input_side_packet: "s" }',
        ['1:1: status handler "X" is not registered; the error of the run tells how it ended'],
    ),
    "same options twice": (
        'input_stream: "a"\nnode { calculator: "CfgPass" input_stream: "a" output_stream: "b"\n'
        "  node_options { [type.googleapis.com/cfgtest.CfgOptions] { count: 1 } }\n"
        "  node_options { [type.googleapis.com/cfgtest.CfgOptions] { count: 2 } } }",
        ['4:18: node_options has "cfgtest.CfgOptions" twice; merge the two'],
    ),
}


@pytest.mark.parametrize(("text", "expected"), [pytest.param(t, e, id=name) for name, (t, e) in CASES.items()])
def test_fault(text, expected):
    assert faults(text) == expected


def test_handler_of_the_runtime_with_a_misspelt_name():
    text = (
        'input_stream: "a" input_stream_handler { input_stream_handler: "TimestampAlinInputStreamHandler" }\n'
        'node { calculator: "CfgPass" input_stream: "a" output_stream: "b" }'
    )
    assert faults(text) == [
        '1:19: node "CfgPass": Unable to find InputStreamHandler "TimestampAlinInputStreamHandler". '
        "Did you mean 'TimestampAlignInputStreamHandler'?"
    ]


def test_all_faults_come_at_once_in_the_order_of_the_file():
    found = faults("""
        input_stream: "a"
        node { calculator: "Nowhere" input_stream: "a" output_stream: "b" }
        node { calculator: "CfgCpuSink" input_stream: "IMAGE:b" input_stream: "TXT:c" }
        node { calculator: "CfgPass" cat: 3 input_stream: "d" output_stream: "e" executor: "z" }
        output_stream: "f"
    """)
    assert [fault.partition(":")[0] for fault in found] == ["3", "4", "4", "5", "5", "5"]


def test_an_unknown_calculator_makes_no_faults_of_its_streams():
    assert len(faults('node { calculator: "No" output_stream: "X:a" }\n'
                      'node { calculator: "CfgCpuSink" input_stream: "IMAGE:a" }')) == 1  # fmt: skip


# --- plans -----------------------------------------------------------------------------------------------


def test_plan_of_a_graph():
    plan = config.load("""
        type: "T" max_queue_size: 5 report_deadlock: true num_threads: 3
        input_stream: "VIDEO:v" input_stream: "n"
        output_stream: "OUT:sum"
        input_side_packet: "SIZE:size"
        node {
          name: "join" calculator: "CfgJoin" max_in_flight: 2 source_layer: 1 buffer_size_hint: 9
          input_stream: "VALUE:1:m" input_stream: "VALUE:0:n"
          input_side_packet: "SIZE:size" input_side_packet: "MODEL:model"
          output_stream: "OUT:sum" output_side_packet: "READY:ready"
          options { [cfgtest.CfgOptions.ext] { count: 2 } }
        }
        node { calculator: "CfgPass" input_stream: "n" output_stream: "m" }
        node { calculator: "CfgModel" output_side_packet: "MODEL:model" }
    """)
    assert [node.name for node in plan.nodes] == ["CfgPass", "CfgModel", "join"]
    join = plan.nodes[2]
    assert (join.calculator, join.max_in_flight, join.source_layer, join.buffer_size_hint) == ("CfgJoin", 2, 1, 9)
    assert str(join.location) == "<text>:6:9"
    assert join.inputs == TagMap.from_entries(["VALUE:0:n", "VALUE:1:m"])
    assert [plan.streams[i].name for i in join.input_streams] == ["n", "m"]
    assert [plan.streams[i].name for i in join.output_streams] == ["sum"]
    assert [options.count for options in join.options.values()] == [2]
    assert join.contract.inputs["VALUE", 1].type == plan.streams[plan.stream_ids["m"]].packet_type
    assert plan.graph_inputs.keys == (("", 0), ("VIDEO", 0))
    assert plan.graph_outputs == TagMap.from_entries(["OUT:sum"])
    assert (plan.type, plan.max_queue_size, plan.report_deadlock, plan.num_threads) == ("T", 5, True, 3)


def test_streams_know_producer_and_consumers():
    plan = config.load("""
        input_stream: "VIDEO:v" input_stream: "n"
        node { calculator: "CfgPass" input_stream: "n" output_stream: "m" }
        node { calculator: "CfgPass" input_stream: "n" output_stream: "o" }
        node { calculator: "CfgJoin"
               input_stream: "VALUE:0:m" input_stream: "VALUE:1:n" input_side_packet: "MODEL:s" }
    """)
    rows = [(s.id, s.name, str(s.packet_type), s.producer, s.producer_output, s.consumers) for s in plan.streams]
    assert rows == [
        (0, "n", "int", -1, 0, ((0, 0), (1, 0), (2, 1))),
        (1, "v", "any type", -1, 1, ()),
        (2, "m", "int", 0, 0, ((2, 0),)),
        (3, "o", "int", 1, 0, ()),
    ]
    assert plan.streams[1].packet_type == ANY


def test_side_packets_know_producer_type_and_whether_they_may_be_missing():
    plan = config.load("""
        input_stream: "a" input_side_packet: "unused"
        node { calculator: "CfgModel" output_side_packet: "MODEL:model" }
        node {
          calculator: "CfgJoin" input_stream: "VALUE:a"
          input_side_packet: "MODEL:model" input_side_packet: "SIZE:size"
        }
        node { calculator: "CfgJoin" input_stream: "VALUE:a" input_side_packet: "MODEL:given" }
    """)
    rows = {p.name: (str(p.packet_type), p.producer, p.optional) for p in plan.side_packets.values()}
    assert rows == {
        "unused": ("any type", -1, True),
        "model": ("str", 0, False),
        "size": ("int", -1, True),
        "given": ("str", -1, False),
    }


@pytest.mark.parametrize(
    ("graph", "node", "calculator", "expected"),
    [
        pytest.param("", "", "CfgPass", "DefaultInputStreamHandler", id="default"),
        pytest.param("", "", "CfgJoin", "ImmediateInputStreamHandler", id="contract"),
        pytest.param("SyncSet", "", "CfgJoin", "SyncSetInputStreamHandler", id="graph over contract"),
        pytest.param("SyncSet", "Default", "CfgJoin", "DefaultInputStreamHandler", id="node over graph"),
    ],
)
def test_input_stream_handler_precedence(graph, node, calculator, expected):
    def handler(name):
        return f'input_stream_handler {{ input_stream_handler: "{name}InputStreamHandler" }}' if name else ""

    ports = (
        'input_stream: "a" output_stream: "b"'
        if calculator == "CfgPass"
        else ('input_stream: "VALUE:a" input_side_packet: "MODEL:m"')
    )
    plan = config.load(
        f'input_stream: "a" {handler(graph)} node {{ calculator: "{calculator}" {ports} {handler(node)} }}'
    )
    assert plan.nodes[0].input_stream_handler == expected


def test_options_of_handlers_and_executors_are_plain_values():
    plan = config.load("""
        input_stream: "a" input_stream: "b"
        executor { name: "slow" type: "ThreadPoolExecutor"
          options { [mediapipe.ThreadPoolExecutorOptions.ext] { num_threads: 2 thread_name_prefix: "s" } } }
        executor { options { [mediapipe.ThreadPoolExecutorOptions.ext] { num_threads: 4 } } }
        node { calculator: "CfgJoin"
          input_stream: "VALUE:0:a" input_stream: "VALUE:1:b" input_side_packet: "MODEL:m"
          executor: "slow"
          input_stream_handler {
            input_stream_handler: "SyncSetInputStreamHandler"
            options { [mediapipe.SyncSetInputStreamHandlerOptions.ext] { sync_set { tag_index: ["VALUE:0"] } } }
          } }
    """)
    assert plan.nodes[0].input_stream_handler_options == {"sync_set": [{"tag_index": ["VALUE:0"]}]}
    assert [(e.name, e.type, dict(e.options)) for e in plan.executors] == [
        ("slow", "ThreadPoolExecutor", {"num_threads": 2, "thread_name_prefix": "s"}),
        ("", "", {"num_threads": 4}),
    ]
    assert (plan.num_threads, plan.nodes[0].executor) == (4, "slow")


def test_a_sorted_config_keeps_its_order_and_others_change_as_little_as_needed():
    def order(*names):
        nodes = {
            "a": 'node { name: "a" calculator: "CfgPass" input_stream: "i" output_stream: "x" }',
            "b": 'node { name: "b" calculator: "CfgPass" input_stream: "x" output_stream: "y" }',
            "c": 'node { name: "c" calculator: "CfgPass" input_stream: "i" output_stream: "z" }',
            "d": 'node { name: "d" calculator: "CfgPass" input_stream: "y" output_stream: "w" }',
        }
        return "".join(n.name for n in config.load('input_stream: "i"' + "".join(nodes[n] for n in names)).nodes)

    assert order(*"abcd") == "abcd"
    assert order(*"cabd") == "cabd"
    assert order(*"dbca") == "cabd"


def test_back_edge_closes_a_cycle():
    plan = config.load("""
        input_stream: "a"
        node {
          calculator: "CfgLoop" input_stream: "MAIN:a" input_stream: "LOOP:z" output_stream: "OUT:y"
          input_stream_info { tag_index: "LOOP" back_edge: true }
        }
        node { calculator: "CfgPass" input_stream: "y" output_stream: "z" }
    """)
    assert [node.back_edges for node in plan.nodes] == [(True, False), (False,)]


def test_nodes_of_one_name_are_numbered():
    plan = config.load("""
        node { calculator: "CfgInt" output_stream: "OUT:a" }
        node { name: "n" calculator: "CfgInt" output_stream: "OUT:b" }
        node { calculator: "CfgInt" output_stream: "OUT:c" }
    """)
    assert [node.name for node in plan.nodes] == ["CfgInt_1", "n", "CfgInt_2"]


@pytest.mark.parametrize(
    ("text", "stream", "expected"),
    [
        pytest.param(
            'input_stream: "v" node { calculator: "CfgPass" input_stream: "v" output_stream: "w" }'
            'node { calculator: "CfgGpuSink" input_stream: "IMAGE:w" }',
            "v",
            "GpuBuffer",
            id="backwards",
        ),
        pytest.param(
            'node { calculator: "CfgFrames" output_stream: "OUT:a" }'
            'node { calculator: "CfgEither" input_stream: "IMAGE:a" output_stream: "IMAGE:b" }',
            "b",
            "ImageFrame",
            id="one of becomes one",
        ),
        pytest.param(
            'input_stream: "a" node { calculator: "CfgEither" input_stream: "IMAGE:a" output_stream: "IMAGE:b" }'
            'node { calculator: "CfgGpuSink" input_stream: "IMAGE:b" }',
            "a",
            "GpuBuffer",
            id="narrowed by a reader",
        ),
        pytest.param(
            'input_stream: "a" node { calculator: "CfgEither" input_stream: "IMAGE:a" output_stream: "IMAGE:b" }',
            "b",
            "ImageFrame or GpuBuffer",
            id="nothing decides",
        ),
        pytest.param(
            'input_stream: "a" input_stream: "b" node { calculator: "CfgLoop" input_stream: "MAIN:a" '
            'input_stream: "LOOP:b" output_stream: "OUT:c" } node { calculator: "CfgCpuSink" input_stream: '
            '"IMAGE:c" }',
            "b",
            "any type",
            id="only what is tied",
        ),
    ],
)
def test_types_spread_over_the_graph(text, stream, expected):
    plan = config.load(text)
    assert str(plan.streams[plan.stream_ids[stream]].packet_type) == expected
    for node in plan.nodes:
        for ports, streams in (
            (node.contract.inputs, node.input_streams),
            (node.contract.outputs, node.output_streams),
        ):
            for spec, number in zip(ports.specs(), streams, strict=True):
                assert spec.type == plan.streams[number].packet_type


def test_services_are_optional_only_if_all_can_do_without():
    def services(*names):
        nodes = (f'node {{ name: "{n}" calculator: "CfgModel" output_side_packet: "MODEL:{n}" }}' for n in names)
        return {service.name: optional for service, optional in config.load("\n".join(nodes)).services.items()}

    assert services("calm") == {"lamp": True}
    assert services("calm", "keen") == {"lamp": False}


def test_plan_holds_classes_that_can_be_made():
    plan = config.load('node { calculator: "CfgInt" output_stream: "OUT:a" }')
    assert issubclass(plan.nodes[0].cls, Calculator)
    assert plan.nodes[0].is_source


@pytest.mark.parametrize(
    ("text", "streams", "said"),
    [
        pytest.param(
            'input_stream: "video"\noutput_stream: "vide"\noutput_stream: "video"', ["video"],
            "stream \"vide\" has no producer: it never has a packet. Did you mean 'video'?", id="stream",
        ),
        pytest.param(
            'input_stream: "v"\noutput_stream: "A:0:x"\noutput_stream: "A:1:v"', ["v"],
            'stream "x" has no producer: it never has a packet.', id="first of a tag",
        ),
        pytest.param(
            'output_side_packet: "x"', [],
            'side packet "x" has no producer: it never has a packet.', id="side packet",
        ),
    ],
)  # fmt: skip
def test_an_output_without_a_producer_is_only_warned_of(text, streams, said, caplog):
    plan = config.load(text)
    assert list(plan.graph_outputs.names) == streams
    assert len(plan.graph_output_side_packets) == 0
    line = 1 if "side" in said else 2
    assert caplog.messages == [f"<text>:{line}:1: the graph's output {said}"]


def test_what_reads_an_output_without_a_producer_is_at_fault(folder):
    folder("sub.pbtxt", 'type: "NoSuchOutput" output_stream: "OUT:x"')
    main = folder(
        "main.pbtxt",
        'node { calculator: "NoSuchOutput" output_stream: "OUT:y" }\n'
        'node { calculator: "CfgPass" input_stream: "y" output_stream: "z" }',
    )
    with pytest.raises(GraphValidationError, match='input stream "y" does not have a corresponding output stream'):
        config.load(main)
