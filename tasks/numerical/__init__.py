"""Task `numerical`: steer one number through a random arithmetic graph (§5.1, App. H.2)."""

from .task import Numerical as Numerical
