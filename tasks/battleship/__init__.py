"""Task `battleship`: learn the code of a policy that looks for hidden ships (§1.2, App. H.1)."""

from .task import Battleship as Battleship
