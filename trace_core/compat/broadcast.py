"""Stands for `opto.trace.broadcast`."""

from trace_core import apply_op as apply_op
