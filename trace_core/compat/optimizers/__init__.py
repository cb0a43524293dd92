"""Stands for `opto.optimizers`: OptoPrime, called as it is there."""

from . import optimizer as optimizer
from . import optoprime as optoprime
from .optoprime import CallableLLM as CallableLLM
from .optoprime import OptoPrime as OptoPrime
