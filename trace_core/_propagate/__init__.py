"""The backward step (the paper's §3.3): one traversal, several propagators."""

from ._backward import backward as backward
from ._gradient import GradientPropagator as GradientPropagator
from ._propagator import Propagator as Propagator
from ._propagator import SumPropagator as SumPropagator
from ._subgraph import GraphPropagator as GraphPropagator
from ._subgraph import TraceFeedback as TraceFeedback
from ._subgraph import TraceGraph as TraceGraph
from ._subgraph import minimal_subgraph as minimal_subgraph
from ._subgraph import trace_feedback as trace_feedback
from ._traverse import ancestors as ancestors
from ._traverse import levels as levels
