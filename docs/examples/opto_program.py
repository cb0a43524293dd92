"""A program for the published Trace library: it imports `opto`, and nothing of ours.

It runs there, and unchanged on trace_core through the shim of docs/migrating.md. The LLM is a
script, so that the outcome is the same each time; `main` prints what happened, as JSON.
"""

import json
from types import SimpleNamespace

import opto.trace as trace
from opto.optimizers import OptoPrime
from opto.trace import ExecutionError, Module, bundle, node, operators, stop_tracing
from opto.trace.nodes import ExceptionNode, MessageNode, ParameterNode


@bundle(trainable=True)
def estimate(hours):
    """Price of the work, from its hours."""
    return hours * 10


@bundle()
def check(price):
    """Refuse a price that is not positive."""
    if price <= 0:
        raise ValueError("the price must be positive")
    return price


class Quote(Module):
    """A price for a job: the work, and a fee."""

    def __init__(self):
        self.fee = node(-100.0, name="fee", trainable=True, constraint="a number")

    def forward(self, hours):
        """The price of so many hours."""
        return check(estimate(hours) + self.fee)


@trace.model
class Discount:
    """A plain class, made a model."""

    def __init__(self):
        self.share = node(0.25, name="share", trainable=True)

    def __call__(self, price):
        """The price without the share."""
        return price * (1 - self.share)


HEAD = 'def estimate(hours):\n    """Price of the work, from its hours."""\n'
REPLIES = [
    {"fee0": 15.0},
    {"__code0": f"{HEAD}    return 1/0"},
    {"__code0": f"{HEAD}    return hours * 20"},
    {"fee0": 20.0},
]


class Script:
    """An LLM that gives the next reply, as a chat completion."""

    def __init__(self):
        self.prompts = []

    def __call__(self, messages, **settings):
        """The next reply."""
        self.prompts.append(messages)
        suggestion = REPLIES[len(self.prompts) - 1]
        text = json.dumps({"reasoning": "as written", "answer": "", "suggestion": suggestion})
        return SimpleNamespace(choices=[SimpleNamespace(message=SimpleNamespace(content=text))])


def subgraph(parameters):
    """Names of the parameters and operators' outputs that the parameters' feedback holds."""
    lists = [several for each in parameters for several in each.feedback.values()]
    nodes = [each for several in lists for graph in several for _, each in graph.graph]
    return sorted({n.name for n in nodes if isinstance(n, (ParameterNode, MessageNode))})


def train(quote, steps):
    """Optimize the quote, and tell of each step."""
    parameters = [quote.fee, estimate.parameter]
    optimizer = OptoPrime(parameters, llm=Script())
    for _ in range(steps):
        try:
            output = quote(node(4, name="hours"))
            feedback = "right" if output.data == 100 else "the price should be 100"
        except ExecutionError as error:
            output = error.exception_node
            feedback = output.create_feedback()
        optimizer.zero_feedback()
        optimizer.backward(output, feedback)
        yield {
            "output": output.name,
            "failed": isinstance(output, ExceptionNode),
            "value": output.data,
            "subgraph": subgraph(parameters),
        }
        optimizer.step(verbose=False)


def tour():
    """Other things that programs do."""
    x, words = node(3, name="x"), node(["a", "b"], name="words")
    y = operators.cond(x > 2, x * x, x)
    with stop_tracing():
        untraced = x + 1
    discounted = Discount()(node(8.0, name="price"))
    joined = node("-").join(words)
    return {
        "kinds": [isinstance(y, MessageNode), isinstance(Discount().share, ParameterNode)],
        "parents": [parent.name for parent in y.parents],
        "untraced": [untraced.data, untraced.is_root],
        "discounted": [discounted.data, discounted.name, discounted.level],
        "iterated": [each.data for each in words],
        "joined": joined.data,
    }


def main():
    """Run it all."""
    quote = Quote()
    steps = list(train(quote, len(REPLIES)))
    final = {"fee": quote.fee.data, "code": estimate.parameter.data.strip()}
    print(json.dumps({"steps": steps, "final": final, "tour": tour()}, indent=1))


if __name__ == "__main__":
    main()
