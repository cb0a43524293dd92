"""Stands for `opto.trace.nodes`."""

import re

from trace_core import GRAPH as GRAPH
from trace_core import ExceptionNode as ExceptionNode
from trace_core import MessageNode as MessageNode
from trace_core import Node as Node
from trace_core import ParameterNode as ParameterNode
from trace_core import node as node


def get_op_name(description: str) -> str:
    """The operator's name, which a description begins with: "add" of "[add] x + y".

    Raises:
        ValueError: there is none.
    """
    found = re.match(r"\[([^\]]+)\]", description)
    if found is None:
        raise ValueError(f"{description!r} does not begin with an operator's name in brackets")
    return found[1]
