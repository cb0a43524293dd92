"""Stands for `opto.trace.errors`."""

from trace_core import ExecutionError as ExecutionError
from trace_core import TraceMissingInputsError as TraceMissingInputsError
