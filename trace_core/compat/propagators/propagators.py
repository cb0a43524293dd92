"""Stands for `opto.trace.propagators.propagators`."""

from trace_core import Propagator as Propagator
from trace_core import SumPropagator as SumPropagator
