"""Subgraphs: what a graph looks like when they are expanded, and what is said where they cannot be."""

from __future__ import annotations

import pytest

from graphkit import Resources, config
from graphkit.config import Subgraph
from graphkit.errors import DuplicateCalculatorError, GraphValidationError, PbtxtSyntaxError, ResourceNotFoundError
from graphkit.framework import _registry as registry

TWICE = """
type: "Twice"
input_stream: "IN:source" input_stream: "EXTRA:extra"
input_side_packet: "SIZE:size"
output_stream: "OUT:sum" output_stream: "MIDDLE:half"
node { calculator: "CfgPass" input_stream: "source" output_stream: "half" }
node { calculator: "CfgModel" output_side_packet: "MODEL:model" }
node { name: "join" calculator: "CfgJoin"
  input_stream: "VALUE:0:half" input_stream: "VALUE:1:extra" input_side_packet: "SIZE:size"
  input_side_packet: "MODEL:model" output_stream: "OUT:sum" }
"""


def rows(graph):
    return [
        (n.name or n.calculator, *([e.text for e in side] for side in (n.inputs, n.outputs)),
         [e.text for e in (*n.input_side_packets, *n.output_side_packets)])
        for n in graph.nodes
    ]  # fmt: skip


def faults(path) -> list[str]:
    with pytest.raises(GraphValidationError) as caught:
        config.load(path)
    return [str(fault).replace(f"{path.parent}/", "") for fault in caught.value.faults]


def test_streams_are_connected_and_names_prefixed(folder):
    folder("twice.pbtxt", TWICE)
    main = folder(
        "main.pbtxt",
        """
        input_stream: "a" input_stream: "b"
        node { name: "Big One:x" calculator: "Twice" input_stream: "IN:a" input_stream: "EXTRA:b"
               input_side_packet: "SIZE:n" output_stream: "OUT:c" }
        node { calculator: "CfgPass" input_stream: "c" output_stream: "d" }
    """,
    )
    assert rows(config.expand(config.parse(main), resources=Resources([main.parent]))) == [
        ("CfgPass", ["c"], ["d"], []),
        ("big_one_x__CfgPass", ["a"], ["big_one_x__half"], []),
        ("big_one_x__CfgModel", [], [], ["MODEL:big_one_x__model"]),
        (
            "big_one_x__join",
            ["VALUE:0:big_one_x__half", "VALUE:1:b"],
            ["OUT:c"],
            ["SIZE:n", "MODEL:big_one_x__model"],
        ),
    ]


def test_inputs_that_the_caller_leaves_out_disappear_inside(folder):
    folder("twice.pbtxt", TWICE)
    main = folder("main.pbtxt", 'input_stream: "a" node { calculator: "Twice" input_stream: "IN:a" }')
    plan = config.load(main)
    join = next(node for node in plan.nodes if node.name == "twice__join")
    assert join.inputs.names == ("twice__half",)
    assert join.input_side_packets.names == ("twice__model",)


def test_two_uses_of_a_subgraph_do_not_meet(folder):
    folder("twice.pbtxt", TWICE)
    main = folder(
        "main.pbtxt",
        """input_stream: "a"
        node { calculator: "Twice" input_stream: "IN:a" output_stream: "OUT:b" }
        node { calculator: "Twice" input_stream: "IN:b" output_stream: "OUT:c" }""",
    )
    names = [node.name for node in config.load(main).nodes]
    assert sorted(names) == sorted(f"twice_{k}__{n}" for k in (1, 2) for n in ("CfgPass", "CfgModel", "join"))


def test_subgraphs_inside_subgraphs_go_to_the_end_of_the_list(folder):
    folder(
        "inner.pbtxt",
        'type: "Inner" input_stream: "i" output_stream: "o" '
        'node { calculator: "CfgPass" input_stream: "i" output_stream: "o" }',
    )
    folder(
        "outer.pbtxt",
        'type: "Outer" input_stream: "i" output_stream: "o" '
        'node { calculator: "Inner" input_stream: "i" output_stream: "m" }'
        'node { name: "last" calculator: "CfgPass" input_stream: "m" output_stream: "o" }',
    )
    main = folder(
        "main.pbtxt",
        'input_stream: "a" node { calculator: "Outer" input_stream: "a" output_stream: '
        '"b" } '
        'node { name: "top" calculator: "CfgPass" input_stream: "b" output_stream: "c" }',
    )
    graph = config.expand(config.parse(main))
    assert [node.name for node in graph.nodes] == ["top", "outer__last", "outer__inner__CfgPass"]
    assert [node.name for node in config.load(main).nodes] == ["outer__inner__CfgPass", "outer__last", "top"]
    assert graph.nodes[2].ancestry == ("Outer", "Inner")


def test_nodes_keep_the_place_in_their_own_file(folder):
    path = folder("twice.pbtxt", TWICE)
    main = folder("main.pbtxt", 'input_stream: "a" node { calculator: "Twice" input_stream: "IN:a" }')
    locations = {node.name: str(node.location) for node in config.load(main).nodes}
    assert locations["twice__CfgPass"] == f"{path}:6:1"


def test_executors_of_a_subgraph_do_not_count(folder):
    folder(
        "sub.pbtxt",
        'type: "Sub" executor { name: "own" } node { calculator: "CfgInt" output_stream: "OUT:x" '
        'executor: "own" }',
    )
    main = folder("main.pbtxt", 'node { calculator: "Sub" }')
    assert faults(main) == [
        'sub.pbtxt:1:89: node "sub__CfgInt" (CfgInt): executor "own" is not declared; add executor { name: '
        '"own" type: "ThreadPoolExecutor" } to the '
        "graph. Executors that a subgraph declares do not count."
    ]


FAULTS = {
    "unknown tag": (
        'input_stream: "a"\nnode { calculator: "Twice" input_stream: "IN:a"\n  input_stream: "EXTRO:a" }',
        [
            'main.pbtxt:3:3: node "Twice": subgraph "Twice" (twice.pbtxt) has no input stream with tag '
            '"EXTRO"; it '
            "takes "
            "EXTRA, IN. Did you mean 'EXTRA'?"
        ],
    ),
    "untagged": (
        'input_stream: "a"\nnode { calculator: "Twice" input_stream: "IN:a"\n  output_stream: "x" }',
        [
            'main.pbtxt:3:3: node "Twice": subgraph "Twice" (twice.pbtxt) has no output stream without a tag; it '
            "takes "
            "MIDDLE, OUT."
        ],
    ),
    "too many": (
        'input_stream: "a"\nnode { calculator: "Twice" input_stream: "IN:0:a"\n  input_stream: "IN:1:a" }',
        [
            'main.pbtxt:3:3: node "Twice": it connects 2 input streams with tag "IN", but subgraph "Twice" '
            "(twice.pbtxt) has 1"
        ],
    ),
    "calculator field": (
        'input_stream: "a"\nnode { name: "t" calculator: "Twice" input_stream: "IN:a"\n  buffer_size_hint: 3 }',
        [
            'main.pbtxt:3:3: node "t" (Twice) is a subgraph: the field buffer_size_hint is for calculators only; '
            "set it on a "
            "node inside of the subgraph"
        ],
    ),
    "no such subgraph": (
        'node { calculator: "Twic" }',
        ["main.pbtxt:1:8: Unable to find Calculator \"Twic\". Did you mean 'Twice'?"],
    ),
}


@pytest.mark.parametrize(("text", "expected"), [pytest.param(t, e, id=name) for name, (t, e) in FAULTS.items()])
def test_fault(folder, text, expected):
    folder("twice.pbtxt", TWICE)
    assert faults(folder("main.pbtxt", text)) == expected


def test_executor_max_in_flight_and_handler_of_a_subgraph_node_are_allowed(folder):
    folder("twice.pbtxt", TWICE)
    main = folder(
        "main.pbtxt",
        """input_stream: "a" executor { name: "e" }
        node { calculator: "Twice" input_stream: "IN:a" executor: "e" max_in_flight: 3
               input_stream_handler { input_stream_handler: "ImmediateInputStreamHandler" } }""",
    )
    inner = next(node for node in config.load(main).nodes if node.calculator == "CfgPass")
    assert (inner.executor, inner.max_in_flight, inner.input_stream_handler) == (
        "",
        1,
        "DefaultInputStreamHandler",
    )


def test_a_subgraph_that_contains_itself(folder):
    folder("a.pbtxt", 'type: "SelfA" node { calculator: "SelfB" }')
    folder("b.pbtxt", 'type: "SelfB"\nnode { calculator: "SelfA" }')
    main = folder("main.pbtxt", 'node { calculator: "SelfA" }')
    assert faults(main) == ['b.pbtxt:2:1: subgraph "SelfA" contains itself: SelfA > SelfB > SelfA']


def test_faults_inside_subgraphs_and_outside_come_together(folder):
    folder("twice.pbtxt", TWICE.replace('node { calculator: "CfgPass"', 'node { colour: 1 calculator: "CfgPass"'))
    main = folder("main.pbtxt", 'input_stream: "a" node { calculator: "Twice" input_stream: "IN:a" } zoo: 1')
    assert [fault.partition(" ")[0] for fault in faults(main)] == ["main.pbtxt:1:69:", "twice.pbtxt:6:8:"]


def test_syntax_error_in_a_subgraph_names_its_file(folder):
    path = folder("twice.pbtxt", TWICE + "node {")
    main = folder("main.pbtxt", 'node { calculator: "Twice" }')
    with pytest.raises(PbtxtSyntaxError) as caught:
        config.load(main)
    assert caught.value.location.file == str(path)


# --- where subgraphs are found -----------------------------------------------------------------------------


def test_package_scopes_the_lookup(folder):
    for name, package in (("one", "a.b"), ("two", "a"), ("three", "")):
        folder(
            f"{name}.pbtxt",
            f'package: "{package}" type: "Scoped" node {{ name: "{name}" calculator: "CfgInt" }}'.replace(
                '"CfgInt"', '"CfgInt" output_stream: "OUT:x"'
            ),
        )

    def chosen(package):
        graph = config.parse(folder("main.pbtxt", f'package: "{package}" node {{ calculator: "Scoped" }}'))
        return config.expand(graph).nodes[0].name

    assert chosen("a.b") == "scoped__one"
    assert chosen("a.x") == "scoped__two"


def test_roots_come_before_the_graphs_that_are_shipped(folder):
    folder("own/palm.pbtxt", 'type: "PalmDetectionCpu" node { calculator: "CfgInt" output_stream: "OUT:x" }')
    graph = config.parse('node { calculator: "PalmDetectionCpu" }')
    expanded = config.expand(graph, resources=Resources(["own"]))
    assert [node.name for node in expanded.nodes] == ["palmdetectioncpu__CfgInt"]


def test_a_file_that_changed_is_read_again(folder):
    main = folder("main.pbtxt", 'node { calculator: "Fickle" }')
    sub = folder("sub.pbtxt", 'type: "Fickle" node { calculator: "CfgInt" output_stream: "OUT:x" }')
    assert len(config.load(main).nodes) == 1
    sub.write_text('type: "Other"')
    with pytest.raises(GraphValidationError, match='Unable to find Calculator "Fickle"'):
        config.load(main)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("# type: \"Wrong\"\ntype: 'Hidden'", id="comment"),
        pytest.param('executor { type: "Wrong" } type: "Hidden"', id="nested"),
        pytest.param('options < a: "{" > type : "Hidden"', id="brace in a string"),
    ],
)
def test_the_type_is_that_of_the_graph_itself(folder, text):
    from graphkit.config._expansion.subgraph_index import SubgraphIndex

    path = folder("x.pbtxt", text)
    index = SubgraphIndex(Resources([path.parent]))
    assert index.find("Hidden") == [path]
    assert index.find("Wrong") == []


def test_missing_file():
    with pytest.raises(ResourceNotFoundError, match=r"nowhere\.pbtxt"):
        config.load("nowhere.pbtxt")


# --- several files of one type -------------------------------------------------------------------------------

CPU = 'type: "Draw" input_stream: "IMAGE:i" node { name: "cpu" calculator: "CfgCpuSink" input_stream: "IMAGE:i" }'
GPU = 'type: "Draw" input_stream: "IMAGE:i" node { name: "gpu" calculator: "CfgGpuSink" input_stream: "IMAGE:i" }'
DRAW = 'node { calculator: "Draw" input_stream: "IMAGE:v" }'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            f'node {{ calculator: "CfgFrames" output_stream: "OUT:v" }} {DRAW}', "draw__cpu", id="producer"
        ),
        pytest.param(
            f'node {{ calculator: "CfgGpuFrames" output_stream: "OUT:v" }} {DRAW}',
            "draw__gpu",
            id="other producer",
        ),
        pytest.param(
            f'input_stream: "v" {DRAW} node {{ calculator: "CfgGpuSink" input_stream: "IMAGE:v" }}',
            "draw__gpu",
            id="another reader",
        ),
        pytest.param(
            f'input_stream: "u" node {{ calculator: "CfgPass" input_stream: "u" output_stream: "v" }} '
            f"{DRAW} "
            'node { calculator: "CfgCpuSink" input_stream: "IMAGE:u" }',
            "draw__cpu",
            id="through a node",
        ),
    ],
)
def test_types_choose_the_file(folder, text, expected):
    folder("draw_cpu.pbtxt", CPU)
    folder("draw_gpu.pbtxt", GPU)
    names = [node.name for node in config.load(folder("main.pbtxt", text)).nodes]
    assert expected in names
    assert sum(name.startswith("draw__") for name in names) == 1


def test_a_file_that_mediapipe_registers_under_another_type(folder):
    text = 'type: "Faces" input_stream: "i" output_stream: "o" node { name: "{}" calculator: "CfgPass" '
    text += 'input_stream: "i" output_stream: "o" }'
    folder("modules/face_detection/faces_cpu.pbtxt", text.replace("{}", "cpu"))
    folder("modules/face_detection/face_detection_short_range_image.pbtxt", text.replace("{}", "image"))
    node = 'node { calculator: "@" input_stream: "v" output_stream: "o" }'
    main = folder("main.pbtxt", f'input_stream: "v" {node.replace("@", "Faces")}')
    assert [n.name for n in config.load(main).nodes] == ["faces__cpu"]
    main = folder("main.pbtxt", f'input_stream: "v" {node.replace("@", "FaceDetectionShortRangeImage")}')
    assert [n.name for n in config.load(main).nodes] == ["facedetectionshortrangeimage__image"]


def test_choice_may_follow_from_another_choice(folder):
    folder(
        "make_cpu.pbtxt",
        'type: "Make" output_stream: "o" node { name: "cpu" calculator: "CfgFrames" output_stream: "OUT:o" }',
    )
    folder(
        "make_gpu.pbtxt",
        'type: "Make" output_stream: "o" node { name: "gpu" calculator: "CfgGpuFrames" output_stream: "OUT:o" }',
    )
    folder("draw_cpu.pbtxt", CPU)
    folder("draw_gpu.pbtxt", GPU)
    main = folder(
        "main.pbtxt",
        'node { calculator: "Make" output_stream: "v" }'
        'node { calculator: "CfgGpuSink" input_stream: "IMAGE:v" }' + DRAW,
    )
    assert [node.name for node in config.load(main).nodes] == ["make__gpu", "CfgGpuSink", "draw__gpu"]


def test_undecided_choice_names_the_files(folder):
    folder("draw_cpu.pbtxt", CPU)
    folder("draw_gpu.pbtxt", GPU)
    main = folder("main.pbtxt", f'input_stream: "v"\n{DRAW}')
    assert faults(main) == [
        'main.pbtxt:2:1: node "Draw": subgraph "Draw" is declared by several files, and packet types do not '
        "decide which "
        "is meant: draw_cpu.pbtxt and draw_gpu.pbtxt. Give one of them another type, or take it off the search "
        "path."
    ]


def test_no_file_fits(folder):
    folder("draw_cpu.pbtxt", CPU)
    folder("draw_gpu.pbtxt", GPU.replace("IMAGE:i", "PICTURE:i", 1))
    main = folder("main.pbtxt", f'node {{ calculator: "CfgInt" output_stream: "OUT:v" }}\n{DRAW}')
    assert faults(main) == [
        'main.pbtxt:2:1: node "Draw": none of the files that declare subgraph "Draw" fits: draw_cpu.pbtxt: '
        "IMAGE is "
        'ImageFrame, but "v" is int; draw_gpu.pbtxt: it has no input IMAGE.'
    ]


# --- subgraphs in Python -------------------------------------------------------------------------------------


class Chain(Subgraph):
    """``count`` PassThroughs in a row."""

    def get_config(self, context):
        from graphkit.framework._options import declared_options

        (options_class,) = declared_options()["cfgtest.CfgOptions"]
        count = context.options(options_class).count
        assert context.inputs.names == ("a",)
        nodes = "".join(
            f'node {{ calculator: "CfgPass" input_stream: "s{i}" output_stream: "s{i + 1}" }}'
            for i in range(count)
        )
        return f'input_stream: "s0" output_stream: "s{count}" {nodes}'


class Failing(Subgraph):
    def get_config(self, context):
        raise KeyError("map")


def test_python_subgraph_sees_its_options():
    registry.register_subgraph("CfgChain", Chain)
    plan = config.load("""input_stream: "a" output_stream: "b"
        node { calculator: "CfgChain" input_stream: "a" output_stream: "b"
               node_options { [type.googleapis.com/cfgtest.CfgOptions] { count: 3 } } }""")
    assert [node.name for node in plan.nodes] == [f"cfgchain__CfgPass_{i}" for i in (1, 2, 3)]
    assert plan.streams[-1].name == "b"


def test_python_subgraph_that_fails_is_a_fault_of_its_node():
    registry.register_subgraph("CfgFailing", Failing)
    with pytest.raises(GraphValidationError) as caught:
        config.load('node { name: "f" calculator: "CfgFailing" }')
    assert str(caught.value) == "<text>:1:1: node \"f\" (CfgFailing): get_config failed: KeyError: 'map'"
    assert isinstance(caught.value.faults[0].__cause__, KeyError)


def test_two_subgraph_classes_of_one_name():
    registry.register_subgraph("CfgTaken", Chain)
    with pytest.raises(DuplicateCalculatorError, match='"CfgTaken" is already taken'):
        registry.register_subgraph("CfgTaken", Failing)
