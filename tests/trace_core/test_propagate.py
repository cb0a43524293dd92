"""The minimal subgraph against its definition by brute force, gradients against torch."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trace_core import (
    BackwardError,
    GradientPropagator,
    MessageNode,
    ParameterNode,
    SumPropagator,
    bundle,
    minimal_subgraph,
    node,
    trace_feedback,
)


@st.composite
def graphs(draw):
    """Random DAGs: some roots are parameters, inputs may repeat, the last node is the output."""
    nodes = [node(i, trainable=draw(st.booleans())) for i in range(draw(st.integers(1, 5)))]
    for i in range(draw(st.integers(0, 12))):
        inputs = draw(st.lists(st.sampled_from(range(len(nodes))), min_size=1, max_size=3))
        named = {f"a{k}": nodes[j] for k, j in enumerate(inputs)}
        nodes.append(MessageNode(i, inputs=named, description="[op] any"))
    return nodes


def reaches(start, end):
    """Is there a path? By walking all of them."""
    return start is end or any(reaches(start, parent) for parent in end.parents)


@given(graphs())
@settings(max_examples=200)
def test_the_minimal_subgraph_is_what_lies_on_paths_from_parameters(nodes):
    output = nodes[-1]
    parameters = [n for n in nodes if isinstance(n, ParameterNode)]
    expected = {n for n in nodes if any(reaches(p, n) for p in parameters) and reaches(n, output)}
    assert set(minimal_subgraph([output])) == expected


@given(graphs())
@settings(max_examples=200)
def test_each_parameter_sees_what_lies_on_its_own_paths(nodes):
    output = nodes[-1]
    output.backward("better")
    for p in (n for n in nodes if isinstance(n, ParameterNode)):
        expected = {n for n in nodes if reaches(p, n) and reaches(n, output)}
        seen = {n for views in p.feedback.values() for view in views for n in view.nodes}
        assert seen == expected
        for child, views in p.feedback.items():
            on_path = {n for n in nodes if reaches(child, n) and reaches(n, output)} | {p}
            assert all(set(view.nodes) == on_path for view in views if child is not p)


@given(graphs())
def test_parents_come_before_their_children(nodes):
    found = minimal_subgraph([nodes[-1]])
    place = {n: i for i, n in enumerate(found)}
    assert all(place[p] < place[n] for n in found for p in n.parents if p in place)


def test_levels_order_the_published_form_of_the_graph():
    x = node(1, name="x", trainable=True)
    y = (x + 1) * x
    y.backward("up")
    (graph,) = x.feedback[y.parents[0]]
    assert [level for level, _ in graph.graph] == [0, 1, 2]
    assert graph.user_feedback == "up"


def test_several_backwards_are_merged_into_one_feedback():
    x = node(1.0, name="x", trainable=True)
    shared = x * 2
    first, second = shared + 1, shared - 1
    first.backward("larger")
    second.backward("smaller")
    merged = trace_feedback([x])
    assert merged.feedback == [(first, "larger"), (second, "smaller")]
    assert set(merged.nodes) == {x, shared, first, second}


def test_only_the_optimizers_own_parameters_open_paths():
    x, y = node(1, name="x", trainable=True), node(2, name="y", trainable=True)
    z = (x + 1) * (y + 1)
    z.backward("up")
    assert set(trace_feedback([x]).nodes) == {x, z.parents[0], z}


def test_a_second_backward_needs_retain_graph():
    x = node(1, trainable=True)
    y = x + 1
    y.backward("one", retain_graph=True)
    y.backward("two")
    with pytest.raises(BackwardError, match="retain_graph"):
        y.backward("three")
    assert [text for _, text in trace_feedback([x]).feedback] == ["one", "two"]


def test_no_text_is_feedback_too():
    x = node(1, trainable=True)
    (x + 1).backward(None)
    assert [text for _, text in trace_feedback([x]).feedback] == [""]


def test_sums_meet_at_a_parameter():
    x = node(1, trainable=True)
    (x * x + x).backward(1, propagator=SumPropagator())
    assert sum(sum(messages) for messages in x.feedback.values()) == 3
    x.zero_feedback()
    (x + 1).backward("text", propagator=SumPropagator())
    assert list(x.feedback.values()) == [["text"]]


def test_single_operators_can_have_rules_of_their_own():
    x, y = node(1, trainable=True), node(1, trainable=True)
    propagator = SumPropagator()
    propagator.register("multiply", lambda child, message: [message, None])
    (x * y).backward(1, propagator=propagator)
    assert (bool(x.feedback), bool(y.feedback)) == (True, False)


SMALL = st.floats(-3, 3, allow_nan=False).filter(lambda v: abs(v) > 0.1)


@given(SMALL, SMALL, st.lists(st.sampled_from(["+", "-", "*", "/", "neg", "sq"]), max_size=8))
def test_gradients_equal_torchs(a, b, program):
    torch = pytest.importorskip("torch")

    def run(x, y):
        z = x * y + x
        for op in program:
            z = {
                "+": lambda z: z + x,
                "-": lambda z: y - z,
                "*": lambda z: z * 0.5 * y,
                "/": lambda z: z / (y * y + 1),
                "neg": lambda z: -z,
                "sq": lambda z: z**2,
            }[op](z)
        return z

    x, y = node(a, trainable=True), node(b, trainable=True)
    propagator = GradientPropagator()
    run(x, y).backward(1.0, propagator=propagator)
    tx, ty = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (a, b))
    run(tx, ty).backward()
    assert propagator.gradient(x) == pytest.approx(tx.grad.item(), rel=1e-9, abs=1e-9)
    assert propagator.gradient(y) == pytest.approx(ty.grad.item(), rel=1e-9, abs=1e-9)


def test_gradients_of_broadcast_arrays_have_the_parameters_shape():
    w = node(np.ones((3, 2)), trainable=True)
    b = node(np.zeros(2), trainable=True)
    s = node(2.0, trainable=True)
    x = np.arange(12.0).reshape(4, 3)
    propagator = GradientPropagator()
    out = (node(x) @ w + b) * s
    out.backward(np.ones((4, 2)), propagator=propagator)
    assert propagator.gradient(w) == pytest.approx(x.T @ np.full((4, 2), 2.0))
    assert propagator.gradient(b) == pytest.approx([8.0, 8.0])
    assert propagator.gradient(s) == pytest.approx((x @ np.ones((3, 2))).sum())


POWERS = [
    (x, y)
    for x in (0.0, 0.5, 1.0, 2.0, -1.5)
    for y in (0.0, 0.5, 1.0, 2.0, -1.0)
    if x > 0 or (y >= 0 and (x == 0 or y % 1 == 0))  # the others give no real number
]


@pytest.mark.parametrize(("x", "y"), POWERS)
@pytest.mark.parametrize("shape", [(), (2,), (2, 1)])
def test_gradients_of_powers_equal_torchs(x, y, shape):
    torch = pytest.importorskip("torch")
    values = [np.full(shape, x), np.array([y, y])] if shape else [x, y]
    a, b = (node(value, trainable=True) for value in values)
    out = a**b
    propagator = GradientPropagator()
    out.backward(np.ones_like(out.data) if shape else 1.0, propagator=propagator)
    tensors = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in values]
    (tensors[0] ** tensors[1]).sum().backward()
    for parameter, tensor in zip((a, b), tensors, strict=True):
        assert np.allclose(propagator.gradient(parameter), tensor.grad.numpy(), equal_nan=True)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)),
        ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)), ((5, 1, 2, 3), (4, 3, 2)), ((5, 2, 3), (3,)),
        ((3,), (5, 3, 2)),
    ],
)  # fmt: skip
def test_gradients_of_matrix_products_equal_torchs(left, right):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    values = [rng.normal(size=left), rng.normal(size=right)]
    a, b = (node(value, trainable=True) for value in values)
    out = a @ b
    gradient = rng.normal(size=np.shape(out.data))
    propagator = GradientPropagator()
    out.backward(gradient, propagator=propagator)
    tensors = [torch.tensor(value, requires_grad=True) for value in values]
    (tensors[0] @ tensors[1]).backward(torch.tensor(gradient))
    for parameter, tensor in zip((a, b), tensors, strict=True):
        assert propagator.gradient(parameter) == pytest.approx(tensor.grad.numpy())


def test_an_operator_without_a_known_derivative_says_how_to_teach_it():
    x = node("a", trainable=True)
    with pytest.raises(BackwardError, match="differentiate"):
        x.upper().backward(1.0, propagator=GradientPropagator())


def test_a_long_chain_is_propagated_without_recursion():
    x = y = node(1.0, trainable=True)
    for _ in range(50_000):
        y = y + x
    y.backward("on", retain_graph=True)
    propagator = GradientPropagator()
    x.zero_feedback()
    y.backward(1.0, propagator=propagator)
    assert propagator.gradient(x) == 50_001


def test_a_bundle_that_is_named_like_an_operator_has_a_derivative_of_its_own():
    @bundle()
    def add(x, y):
        return x - y

    x, y = node(1.0, trainable=True), node(2.0, trainable=True)
    with pytest.raises(BackwardError, match="not known"):
        add(x, y).backward(1.0, propagator=GradientPropagator())
    propagator = GradientPropagator()
    propagator.differentiate("add", lambda g, z, x, y: (g, -g))
    add(x, y).backward(1.0, propagator=propagator)
    assert propagator.gradient(y) == -1.0


def test_a_rule_that_fails_leaves_no_feedback_so_that_one_may_try_again():
    @bundle()
    def square(x):
        return x * x

    x, other = node(3.0, trainable=True), node(1.0, trainable=True)
    y = square(x) + x * 2 + other
    propagator = GradientPropagator()
    with pytest.raises(BackwardError, match="derivative of 'square'"):
        y.backward(1.0, propagator=propagator)
    assert not (x.feedback or other.feedback)
    square.differentiate(lambda g, z, x: (2 * g * x,))
    y.backward(1.0, propagator=propagator)
    assert propagator.gradient(x) == 8.0


def test_a_parameter_can_be_given_feedback_again_and_again():
    prompt = node("say it", trainable=True)
    for text in ("shorter", "still too long"):
        prompt.zero_feedback()
        prompt.backward(text)
        assert trace_feedback([prompt]).feedback == [(prompt, text)]
