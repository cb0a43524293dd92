"""Pictures of traces as SVG: laid out without overlaps, and well formed whatever the values are."""

from itertools import combinations
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from trace_core import draw, node
from trace_core._draw._layout import GAP, arrange

SVG = "{http://www.w3.org/2000/svg}"


@st.composite
def drawings(draw):
    sizes = draw(
        st.lists(st.tuples(st.integers(20, 200), st.integers(20, 60)), min_size=1, max_size=9)
    )
    pairs = list(combinations(range(len(sizes)), 2))
    return sizes, draw(st.lists(st.sampled_from(pairs), max_size=14)) if pairs else []


@given(drawings())
def test_boxes_do_not_overlap_and_edges_lead_downwards(given_):
    sizes, edges = given_
    found = arrange(sizes, edges)
    for one, other in combinations(found.boxes, 2):
        apart_x = abs(one.x - other.x) - (one.width + other.width) / 2
        apart_y = abs(one.y - other.y) - (one.height + other.height) / 2
        assert apart_x > GAP - 1e-6 or apart_y > 0
    for (start, end), route in zip(edges, found.edges, strict=True):
        assert (route[0], route[-1]) == (found.boxes[start], found.boxes[end])
        assert all(a.y < b.y for a, b in zip(route, route[1:], strict=False))
    for box in found.boxes:
        assert box.x - box.width / 2 > 0 and box.x + box.width / 2 < found.width
        assert box.y - box.height / 2 > 0 and box.y + box.height / 2 < found.height


def test_an_input_stands_right_above_what_it_is_used_by():
    chain = [(0, 1), (1, 2), (2, 3), (4, 5), (3, 5)]
    boxes = arrange([(10, 10)] * 6, chain).boxes
    assert boxes[4].layer == boxes[5].layer - 1 == 3


def texts(drawing):
    return [element.text for element in ElementTree.fromstring(drawing.svg).iter(f"{SVG}text")]


@given(st.text(max_size=30))
def test_any_value_gives_a_well_formed_picture(value):
    x = node(value, name="x", trainable=True)
    assert "x:" in "".join(filter(None, texts(draw(x + "tail"))))


def test_the_minimal_subgraph_is_marked_and_the_rest_is_faint():
    x = node(2, name="x", trainable=True)
    root = ElementTree.fromstring(draw(x * x + 3).svg)
    paths = [path.get("marker-end") for path in root.iter(f"{SVG}path") if path.get("marker-end")]
    assert sorted(paths) == ["url(#faint)", "url(#strong)", "url(#strong)"]
    shapes = [rect for rect in root.iter(f"{SVG}rect")]
    assert sum(rect.get("stroke-dasharray") is not None for rect in shapes) == 1
    assert "x, y" in texts(draw(x * x + 3)), "an input used twice is one line with two names"


def test_the_output_can_be_at_the_top():
    x = node(2, name="x", trainable=True)

    def heights(reverse):
        root = ElementTree.fromstring(draw(-x, reverse=reverse).svg)
        return [
            float(t.get("y"))
            for t in root.iter(f"{SVG}text")
            if t.text and t.text[:2] in ("x:", "ne")
        ]

    below, above = heights(False), heights(True)
    assert below[0] < below[1] and above[0] > above[1]
