"""Stands for `opto.trace.containers`."""

from trace_core import Map as Map
from trace_core import NodeContainer as NodeContainer
from trace_core import ParameterContainer as ParameterContainer
from trace_core import Seq as Seq
