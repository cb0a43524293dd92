"""Stands for `opto.optimizers.optimizer`."""

from trace_core.optimizers import Optimizer as Optimizer
