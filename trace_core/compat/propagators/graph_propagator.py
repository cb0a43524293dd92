"""Stands for `opto.trace.propagators.graph_propagator`."""

from trace_core import GraphPropagator as GraphPropagator
from trace_core import TraceGraph as TraceGraph
