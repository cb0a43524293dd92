"""Stands for `opto.trace.bundle`."""

from trace_core import Bundle as Bundle
from trace_core import Bundle as FunModule
from trace_core import ExecutionError as ExecutionError
from trace_core import TraceMissingInputsError as TraceMissingInputsError
from trace_core import bundle as bundle

__all__ = ["Bundle", "ExecutionError", "FunModule", "TraceMissingInputsError", "bundle"]
