"""Stands for `opto.trace.modules`."""

from trace_core import Module as Module
from trace_core import NodeContainer as NodeContainer
from trace_core import ParameterContainer as ParameterContainer
from trace_core import model as model
