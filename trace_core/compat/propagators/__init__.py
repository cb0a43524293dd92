"""Stands for `opto.trace.propagators`."""

from trace_core import GraphPropagator as GraphPropagator
from trace_core import Propagator as Propagator
from trace_core import SumPropagator as SumPropagator
from trace_core import TraceGraph as TraceGraph

from . import graph_propagator as graph_propagator
from . import propagators as propagators
