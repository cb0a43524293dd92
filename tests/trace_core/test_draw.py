"""Pictures of traces (the paper's App. G.1)."""

import re
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trace_core import GRAPH, ExecutionError, UserError, bundle, draw, node

needs_dot = pytest.mark.skipif(not shutil.which("dot"), reason="Graphviz itself is not installed")


@pytest.fixture(autouse=True)
def fresh_names():
    GRAPH.clear()


@bundle()
def check(items, limit):
    """Refuse what is above the limit."""
    if max(items) > limit:
        raise ValueError(f"{max(items)} is above {limit}")
    return items


def kinds(drawing):
    return {box.lines[0]: (box.kind, box.on_path, box.is_output) for box in drawing.boxes}


def test_the_whole_graph_is_drawn_and_the_minimal_subgraph_marked():
    x = node(2, name="x", trainable=True)
    y = x * 3 + (node(4, name="a") - 1)
    assert kinds(draw(y)) == {
        "x:0": ("parameter", True, False),
        "int:0": ("input", False, False),
        "multiply:0": ("operator", True, False),
        "a:0": ("input", False, False),
        "int:1": ("input", False, False),
        "subtract:0": ("operator", False, False),
        "add:0": ("operator", True, True),
    }
    marked = [(e.start, e.end) for e in draw(y).edges if e.on_path]
    names = [box.lines[0] for box in draw(y).boxes]
    assert [(names[a], names[b]) for a, b in marked] == [
        ("x:0", "multiply:0"),
        ("multiply:0", "add:0"),
    ]


def test_a_failure_is_drawn_as_one():
    limit = node(1, name="limit", trainable=True)
    with pytest.raises(ExecutionError) as caught:
        check([2], limit)
    drawing = draw(caught.value.exception_node)
    assert kinds(drawing)["exception_check:0"] == ("exception", True, True)
    assert "(ValueError) 2 is above 1" in drawing.dot
    assert "octagon" in drawing.dot
    assert "{{" in drawing.mermaid


def test_an_input_that_is_used_twice_has_two_edges():
    x = node(2, name="x", trainable=True)
    assert [(e.start, e.end, e.argument) for e in draw(x * x).edges] == [(0, 1, "x"), (0, 1, "y")]


def test_the_caption_says_what_feedback_reaches():
    x, y = node(1, name="x", trainable=True), node(1, name="y")
    assert draw(x + y).caption == (
        "Feedback to add:0 reaches 1 parameter; 2 of 3 nodes are on its way."
    )
    assert draw(y + 1).caption == "No parameter leads to add:1: feedback to it reaches nothing."


def test_a_large_graph_is_cut_far_from_the_output_and_says_so():
    x = y = node(0, name="x", trainable=True)
    for _ in range(5_000):
        y = y + 1
    drawing = draw(y, limit=10)
    assert [box.lines[0] for box in drawing.boxes] == [f"add:{i}" for i in range(4990, 5000)]
    assert drawing.caption.endswith("9991 nodes, the farthest, are not drawn.")
    assert x.name not in drawing.dot


def test_the_minimal_subgraph_comes_before_the_rest_where_not_all_is_drawn():
    x = node(1, name="x", trainable=True)
    y = sum([node(i) for i in range(50)], start=x * 2) - node(7, name="near")
    names = [box.lines[0] for box in draw(y, limit=53).boxes]
    assert "x:0" in names
    assert "near:0" not in names


def test_long_values_are_shortened_and_broken_ones_drawn_all_the_same():
    class Broken:
        def __repr__(self):
            raise RuntimeError

    cycle = []
    cycle.append(cycle)
    for value in ("word " * 1000, list(range(10**6)), {"k": "v" * 10**6}, Broken(), cycle):
        (box,) = draw(node(value), length=30).boxes
        assert 0 < len(box.lines[2]) <= 30


def test_copies_can_be_left_out():
    x = node(2, name="x", trainable=True)
    drawing = draw(x.clone().clone() + 1, simple=True)
    assert list(kinds(drawing)) == ["x:0", "int:0", "add:0"]
    assert [(e.start, e.end) for e in drawing.edges] == [(0, 2), (1, 2)]


def test_the_output_can_be_at_the_top():
    y = node(2, trainable=True) + 1
    assert "rankdir=TB" in draw(y).dot
    assert "rankdir=BT" in draw(y, reverse=True).dot
    assert "flowchart BT" in draw(y, reverse=True).mermaid


@pytest.mark.parametrize("settings", [{"limit": 0}, {"length": 0}])
def test_impossible_settings_are_refused(settings):
    with pytest.raises(ValueError, match="at least 1"):
        draw(node(1), **settings)


@given(st.text())
def test_no_value_breaks_out_of_a_mermaid_label(text):
    source = draw(node(text, name="x", trainable=True)).mermaid
    (line,) = (line for line in source.splitlines() if line.startswith("    n0"))
    label = re.fullmatch(r'    n0\[\["(.*)"\]\]:::parameter_output', line).group(1)
    assert not set(label.replace("<b>", "").replace("</b>", "").replace("<br/>", "")) & set('"<>`')


NASTY = [
    'a "quoted" word', "<b>bold</b> & <br/>", "back\\slash \\N \\G \\", "{a|b} [c] (d) -> e; #f",
    "line\nbreak\ttab\x00\x1b[0m", "\ud800 surrogate \u2028 😀", "--> ]] }}", "]]>", "&amp;#10;",
]  # fmt: skip


@needs_dot
def test_graphviz_reads_any_value_and_shows_it_as_it_is():
    @bundle()
    def keep(**values):
        """<"Descriptions"> & \\names are escaped, too."""
        return values

    names = ['na"me', "na<me", "na\\me", "ärger", "a b"]
    values = {k: node(v, name=k) for k, v in zip(names, NASTY, strict=False)}
    more = {f"v{i}": node(v) for i, v in enumerate(NASTY)}
    done = subprocess.run(
        ["dot", "-Tplain"], input=draw(keep(**values, **more)).dot, text=True, capture_output=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    svg = subprocess.run(
        ["dot", "-Tsvg"], input=draw(node(NASTY[2])).dot, text=True, capture_output=True
    )
    assert ">back\\slash \\N \\G \\<" in svg.stdout


def test_backward_returns_a_digraph_on_request():
    graphviz = pytest.importorskip("graphviz")
    x = node(2, name="x", trainable=True)
    y = x * 3
    picture = y.backward("more", visualize=True, reverse_plot=True, print_limit=10)
    assert isinstance(picture, graphviz.Digraph)
    assert picture.source == draw(y, reverse=True, length=10).dot
    assert x.feedback


def test_backward_returns_nothing_without_the_request():
    assert (node(2, trainable=True) + 1).backward("more") is None


def test_without_the_graphviz_package_the_error_says_what_to_install(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr("trace_core._draw._drawing.import_module", missing)
    x = node(2, trainable=True)
    with pytest.raises(UserError, match=r"pip install 'trace-bench\[draw\]'.*\.mermaid"):
        (x + 1).backward("more", visualize=True)
    assert not x.feedback


def test_names_and_values_may_be_those_of_an_earlier_moment():
    x = node(1, name="x", trainable=True)
    y = x + 1
    x.update(5)
    (box, *_) = draw(y, values={x: 1}, names={x: "x0", y: "out"}).boxes
    assert box.lines == ("x0", "", "1")
    assert draw(y, names={y: "out"}).caption.startswith("Feedback to out reaches 1 parameter;")
    assert draw(y).boxes[0].lines == ("x:0", "", "5")
