"""The derivative of every operator, against torch on random graphs."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from trace_core import BackwardError, GradientPropagator, TraceError, bundle, node
from trace_core import operators as ops
from trace_core._propagate._derivatives import DERIVATIVES, FLAT

torch = pytest.importorskip("torch")


def matmul(x, y):
    return x @ y if x.shape and y.shape else x * y


def remainder(x, y):
    return x % (abs(y) + 1.0)


def power(x, y):
    return (abs(x) + 0.5) ** (y / (y * y + 1.0))


def pick(x, index):
    return x[index] if x.shape else x


class Traced:
    """What torch spells in another way, for nodes."""

    clone, identity = staticmethod(ops.clone), staticmethod(ops.identity)

    matmul = staticmethod(lambda x, y: x @ y if np.shape(x.data) and np.shape(y.data) else x * y)
    pick = staticmethod(lambda x, index: x[index] if np.shape(x.data) else x)
    divmod = staticmethod(lambda x, y: sum(ops.node_divmod(x, abs(y) + 1.0)))
    cond = staticmethod(ops.cond)
    make_list = staticmethod(lambda x, y: ops.make_list(x, y)[1])
    make_tuple = staticmethod(lambda x, y: ops.make_tuple(x, y)[0] * ops.make_tuple(x, y, x)[-1])


class Torch:
    clone = identity = staticmethod(lambda x: x)
    matmul, pick = staticmethod(matmul), staticmethod(pick)
    divmod = staticmethod(lambda x, y: (x // (abs(y) + 1.0)).detach() + remainder(x, y))
    cond = staticmethod(lambda condition, x, y: x if condition else y)
    make_list = staticmethod(lambda x, y: y)
    make_tuple = staticmethod(lambda x, y: x * x)


OPERATORS = {
    "add": lambda lib, x, y: x + y,
    "subtract": lambda lib, x, y: x - y,
    "multiply": lambda lib, x, y: x * y,
    "divide": lambda lib, x, y: x / (y * y + 1.0),
    "mod": lambda lib, x, y: remainder(x, y),
    "divmod": lambda lib, x, y: lib.divmod(x, y),
    "power": lambda lib, x, y: power(x, y),
    "power by a constant": lambda lib, x, y: x**2 + 2.0 ** (y / (y * y + 1.0)),
    "matmul": lambda lib, x, y: lib.matmul(x, y),
    "neg": lambda lib, x, y: -x,
    "pos": lambda lib, x, y: +x,
    "abs": lambda lib, x, y: abs(x),
    "clone": lambda lib, x, y: lib.clone(x),
    "identity": lambda lib, x, y: lib.identity(x),
    "cond": lambda lib, x, y: lib.cond(True, x, y) + lib.cond(False, x, y),
    "getitem": lambda lib, x, y: lib.pick(x, 1),
    "getitem, repeated": lambda lib, x, y: lib.pick(x, [0, 2, 2]),
    "getitem, a slice": lambda lib, x, y: lib.pick(x, slice(None, None, None)),
    "make_list": lambda lib, x, y: lib.make_list(x, y),
    "make_tuple": lambda lib, x, y: lib.make_tuple(x, y),
    "lt": lambda lib, x, y: x * (x < y) + y * (x >= y),
}
STEPS = st.tuples(st.sampled_from(sorted(OPERATORS)), st.integers(0, 99), st.integers(0, 99))


def run(lib, program, roots):
    """Each step takes two values from those so far."""
    values = list(roots)
    for name, i, j in program:
        values.append(OPERATORS[name](lib, values[i % len(values)], values[j % len(values)]))
    return values[-1]


@given(st.lists(STEPS, min_size=1, max_size=8), st.integers(0, 10**6))
@settings(max_examples=400)
def test_gradients_equal_torchs_on_random_graphs(program, seed):
    rng = np.random.default_rng(seed)
    starts = [rng.normal(size=shape) for shape in ((), (3,), (3, 3))]
    roots = [node(v if v.shape else v.item(), trainable=True) for v in map(np.asarray, starts)]
    tensors = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in starts]
    mine, theirs = run(Traced, program, roots), run(Torch, program, tensors)
    assume(np.abs(theirs.detach().numpy()).max() < 1e6)
    assert np.allclose(mine.data, theirs.detach().numpy(), rtol=1e-9)

    propagator = GradientPropagator()
    ones = np.ones(theirs.shape) if theirs.shape else 1.0
    mine.backward(ones, propagator=propagator)
    theirs.backward(torch.ones_like(theirs))
    for parameter, tensor in zip(roots, tensors, strict=True):
        expected = np.zeros(tensor.shape) if tensor.grad is None else tensor.grad.numpy()
        found = propagator.gradient(parameter)
        found = np.zeros(tensor.shape) if found is None else found
        assert np.shape(found) == np.shape(parameter.data)
        assert np.allclose(found, expected, rtol=1e-6, atol=1e-6 * max(1, np.abs(expected).max()))


FLAT_CALLS = {
    "lt": lambda x: ops.lt(x, 1), "le": lambda x: ops.le(x, 1), "gt": lambda x: ops.gt(x, 1),
    "ge": lambda x: ops.ge(x, 1), "eq": lambda x: ops.eq(x, 1), "neq": lambda x: ops.neq(x, 1),
    "not": ops.not_, "is": lambda x: ops.is_(x, None), "is_not": lambda x: ops.is_not(x, None),
    "in": lambda x: ops.in_(x, [1]), "not_in": lambda x: ops.not_in(x, [1]),
    "len": lambda x: ops.len_([x, x]), "and": lambda x: x & 3, "or": lambda x: x | 3,
    "xor": lambda x: x ^ 3, "invert": lambda x: ~x, "round": ops.round, "floor": ops.floor,
    "ceil": ops.ceil, "trunc": ops.trunc, "floor_divide": lambda x: x // 2,
}  # fmt: skip


@pytest.mark.parametrize("name", FLAT)
def test_nothing_flows_through_what_is_flat(name):
    x = node(2, trainable=True)
    out = FLAT_CALLS[name](x)
    assert out.operator.name == name
    propagator = GradientPropagator()
    (out * x + x).backward(1.0, propagator=propagator)
    assert propagator.gradient(x) == out.data + 1


def test_every_derivative_is_tried():
    tried = {name.partition(",")[0].partition(" by")[0] for name in OPERATORS}
    assert tried | set(FLAT) == set(DERIVATIVES)


def test_edges_of_powers_are_torchs():
    for x, y in [(0.0, 0.0), (0.0, 2.0), (-2.0, 3.0), (2.0, -1.5), (0.0, 1.0)]:
        base, exponent = node(x, trainable=True), node(y, trainable=True)
        tx = torch.tensor(x, dtype=torch.float64, requires_grad=True)
        propagator = GradientPropagator()
        (base**exponent).backward(1.0, propagator=propagator)
        (tx**y).backward()
        assert propagator.gradient(base) == pytest.approx(tx.grad.item())


# A bundle's own derivative


@bundle()
def tanh(x):
    """tanh of each element"""
    return np.tanh(x)


@tanh.differentiate
def _(g, z, x):
    return (g * (1 - z * z),)


def test_a_bundle_knows_its_derivative():
    x = node(np.array([0.5, -1.0]), trainable=True)
    propagator = GradientPropagator()
    tanh(x).backward(np.ones(2), propagator=propagator)
    assert propagator.gradient(x) == pytest.approx(1 - np.tanh([0.5, -1.0]) ** 2)


def test_what_a_propagator_is_taught_comes_first():
    x = node(np.zeros(2), trainable=True)
    propagator = GradientPropagator()
    propagator.differentiate("tanh", lambda g, z, x: (g * 7,))
    tanh(x).backward(np.ones(2), propagator=propagator)
    assert propagator.gradient(x) == pytest.approx([7, 7])


def test_code_that_may_change_has_no_fixed_derivative():
    @bundle(trainable=True)
    def double(x):
        return 2 * x

    with pytest.raises(TraceError, match="trainable"):
        double.differentiate(lambda g, z, x: (2 * g,))


# Mistakes: one clear line each


def error_of(output, gradient, propagator=None):
    with pytest.raises(BackwardError) as caught:
        output.backward(gradient, propagator=propagator or GradientPropagator())
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_output_of_many_numbers_needs_a_gradient_of_its_shape():
    x = node(np.ones((2, 3)), trainable=True)
    assert "not one number but an array of shape (2, 3)" in error_of(x * 2.0, None)
    assert "its gradient is an array of shape (3,)" in error_of(x * 2.0, np.ones(3))
    assert "its gradient is one number" in error_of(x * 2.0, 1.0)
    assert "is one number, and its gradient is a list of 2" in error_of(node(1.0) * 2, [1.0, 1.0])
    assert "needs a number or array" in error_of(node(1.0, trainable=True) * 2, "larger")
    assert "not one number but a str" in error_of(node("a", trainable=True).upper(), None)


def test_a_derivative_of_the_wrong_form_is_named():
    x = node(np.ones(3), trainable=True)
    for wrong, text in [
        (lambda g, z, x: (g, g), "'tanh' gave 2 gradients for 1 inputs"),
        (lambda g, z, x: (np.ones(2),), "gave an array of shape (2,) for an input that is"),
        (lambda g, z, x: (1.0,), "gave one number for an input that is an array of shape (3,)"),
    ]:
        propagator = GradientPropagator()
        propagator.differentiate("tanh", wrong)
        assert text in error_of(tanh(x), np.ones(3), propagator)


def test_lists_that_are_put_together_each_get_their_part():
    x, y = node([1.0, 2.0], trainable=True), node([3.0], trainable=True)
    propagator = GradientPropagator()
    joined = [0.0] + x + y
    (joined[1] * 5.0 + joined[3] * 7.0).backward(1.0, propagator=propagator)
    assert propagator.gradient(x) == [5.0, None]
    assert propagator.gradient(y) == [7.0]


def test_containers_without_a_derivative_are_refused():
    repeated = (node([1.0], trainable=True) * 2)[1] * 1.0
    looked_up = node({"a": 1.0}, trainable=True)["a"] * 1.0
    for output in (repeated, looked_up):
        with pytest.raises(BackwardError, match="list|dict"):
            output.backward(1.0, propagator=GradientPropagator())
