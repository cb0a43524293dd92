"""The published library's module names, as re-exports: see docs/migrating.md.

`trace_core.compat` stands for `opto.trace`, `trace_core.compat.nodes` for `opto.trace.nodes`, and
so on. New programs have no need of it: all of this is in `trace_core`.
"""

from trace_core import GRAPH as GRAPH
from trace_core import ExecutionError as ExecutionError
from trace_core import Map as Map
from trace_core import Module as Module
from trace_core import Node as Node
from trace_core import NodeContainer as NodeContainer
from trace_core import ParameterContainer as ParameterContainer
from trace_core import Seq as Seq
from trace_core import apply_op as apply_op
from trace_core import model as model
from trace_core import node as node
from trace_core import operators as operators
from trace_core import stop_tracing as stop_tracing

from . import broadcast as broadcast
from . import containers as containers
from . import errors as errors
from . import modules as modules
from . import nodes as nodes
from . import propagators as propagators
from . import utils as utils
from .bundle import bundle as bundle  # the decorator, in place of the submodule: as published
