"""The optimizer interface, and OptoPrime."""

from ._base import Optimizer as Optimizer
from ._base import Step as Step
from ._black_box import BlackBox as BlackBox
from ._black_box import Point as Point
from ._fixed_policy import FixedPolicy as FixedPolicy
from ._gradient_based import GradientBased as GradientBased
from ._gradient_based import Gradients as Gradients
from ._llm_optimizer import LLMOptimizer as LLMOptimizer
from ._optoprime import OptoPrime as OptoPrime
