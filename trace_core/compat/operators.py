"""Stands for `opto.trace.operators`."""

from trace_core.operators import *  # noqa: F403 whatever operators there are
