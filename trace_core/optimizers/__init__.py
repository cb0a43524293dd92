"""The optimizer interface, and OptoPrime."""

from ._base import Optimizer as Optimizer
from ._base import Step as Step
from ._optoprime import OptoPrime as OptoPrime
