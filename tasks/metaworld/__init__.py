"""Task `metaworld`: learn the code of a robot's controller through time (§5.4, App. H.5)."""

from .task import Metaworld as Metaworld
