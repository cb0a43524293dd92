"""What the workers in `test_remote` import."""

import os
import time

from trace_core import Module, bundle, model, node, operators

OWN = node(5.0, name="own", trainable=True)


def line(a, x):
    return a * x + 1


def nested(values):
    return {"total": values["a"] + values["more"][0], "same": values["a"], "process": os.getpid()}


def depends_on_own(x):
    return x * OWN


def members(holder, several, named):
    return holder.a + several[0] * named["b"]


def slow(x, seconds):
    time.sleep(seconds)
    return x * 2


def chain(x, length):
    for _ in range(length):
        x = x + 1
    return x


def broken_argument(x):
    raise KeyError("no operator")


def returns_a_lambda(x):
    return operators.identity(lambda: x.data)


def hides_a_lambda(x):
    make = bundle("[make] a function")(lambda v: lambda: v)
    return operators.call(make(x))


def makes_a_parameter(x):
    return x + node(1, name="inside", trainable=True)


@bundle()
def inverse(x):
    """One over x."""
    return 1 / x


@bundle(trainable=True)
def gain(x):
    """How much to make of x."""
    return 2 * x


@bundle(trainable=True)
def countdown(n):
    """Count down."""
    return n if n == 0 else countdown(n - 1)


def amplified(x):
    return helper(x) + 1


def helper(x):
    return gain(x)


class Agent(Module):
    def __init__(self):
        self.bias = node(1.0, name="bias", trainable=True)
        self.steps = 0

    @bundle(trainable=True)
    def act(self, x):
        """Act on x."""
        return x + self.bias.data

    def forward(self, x):
        self.steps += 1
        return self.act(x) * 2


@model
class Doubled:
    def __init__(self):
        self.agent = Agent()

    def forward(self, x):
        return self.agent(x) * 2


class Plain:
    """No module, but its method has code of its own for each instance."""

    @bundle(trainable=True)
    def act(self, x):
        """Act."""
        return x + 1


def call_act(agent, x):
    return agent.act(x)
