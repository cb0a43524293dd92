"""What an LLM is shown of a trace, as in the paper's Fig. 4: `python report_of_a_trace.py`.

The picture of App. G.1 for the same trace: `python report_of_a_trace.py trace.svg`.
"""

import sys
from pathlib import Path

from trace_core import bundle, draw, node
from trace_core.llm import MockLLM
from trace_core.optimizers import OptoPrime


@bundle()
def bar(x):
    """Twice x."""
    return 2 * x


def main():
    """Print the report; no LLM is asked."""
    x = node(-1.0, name="x", trainable=True)
    b = node(1.0, name="b")
    a = bar(x)
    z = a * (a + b)
    optimizer = OptoPrime([x], llm=MockLLM())
    optimizer.backward(z, "The output should be larger.")
    print(optimizer.problem_instance().text())
    if sys.argv[1:]:
        Path(sys.argv[1]).write_text(draw(z).svg, encoding="utf-8")


if __name__ == "__main__":
    main()
