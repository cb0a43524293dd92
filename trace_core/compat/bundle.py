"""Stands for `opto.trace.bundle`."""

from trace_core import GRAPH as GRAPH
from trace_core import Bundle as Bundle
from trace_core import Bundle as FunModule
from trace_core import ExceptionNode as ExceptionNode
from trace_core import ExecutionError as ExecutionError
from trace_core import MessageNode as MessageNode
from trace_core import Module as Module
from trace_core import Node as Node
from trace_core import ParameterNode as ParameterNode
from trace_core import TraceMissingInputsError as TraceMissingInputsError
from trace_core import bundle as bundle
from trace_core import node as node
from trace_core._nested import unwrap as to_data

from .nodes import get_op_name as get_op_name
from .utils import contain as contain

__all__ = [
    "GRAPH",
    "Bundle",
    "ExceptionNode",
    "ExecutionError",
    "FunModule",
    "MessageNode",
    "Module",
    "Node",
    "ParameterNode",
    "TraceMissingInputsError",
    "bundle",
    "contain",
    "get_op_name",
    "node",
    "to_data",
]
