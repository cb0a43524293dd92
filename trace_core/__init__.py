"""Trace any Python workflow, and optimize its parameters from feedback.

Reference: Cheng, Nie and Swaminathan, "Trace is the New AutoDiff — Unlocking Efficient Optimization
of Computational Workflows" (2024).
"""

from . import _methods as _methods
from . import operators as operators
from ._broadcast import apply_op as apply_op
from ._bundle import Bundle as Bundle
from ._bundle import bundle as bundle
from ._collections import Map as Map
from ._collections import Seq as Seq
from ._containers import NodeContainer as NodeContainer
from ._containers import ParameterContainer as ParameterContainer
from ._draw import Drawing as Drawing
from ._draw import draw as draw
from ._errors import BackwardError as BackwardError
from ._errors import ExecutionError as ExecutionError
from ._errors import TraceError as TraceError
from ._errors import TraceMissingInputsError as TraceMissingInputsError
from ._errors import UntracedError as UntracedError
from ._errors import UserError as UserError
from ._make_node import node as node
from ._model import model as model
from ._module import Module as Module
from ._module import export as export
from ._mutation import InputChangedError as InputChangedError
from ._mutation import check_inputs as check_inputs
from ._node import ExceptionNode as ExceptionNode
from ._node import MessageNode as MessageNode
from ._node import Node as Node
from ._node import ParameterNode as ParameterNode
from ._propagate import GradientPropagator as GradientPropagator
from ._propagate import GraphPropagator as GraphPropagator
from ._propagate import Propagator as Propagator
from ._propagate import SumPropagator as SumPropagator
from ._propagate import TraceFeedback as TraceFeedback
from ._propagate import TraceGraph as TraceGraph
from ._propagate import minimal_subgraph as minimal_subgraph
from ._propagate import trace_feedback as trace_feedback
from ._state import GRAPH as GRAPH
from ._state import stop_tracing as stop_tracing
