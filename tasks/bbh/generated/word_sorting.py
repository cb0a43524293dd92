"""Sort words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .picking import several

if TYPE_CHECKING:
    import numpy as np

_LIST = """
acorn amber anchor apron arrow atlas autumn badge bakery barrel basket beacon blanket bottle
bridge bucket button cabin candle canyon carpet castle cellar chimney cinder clover cobble copper
cotton cradle crystal curtain dagger daisy desert dragon drawer ember engine fabric falcon feather
fiddle flannel forest fountain garden garlic glacier goblet granite gravel hammer harbour harvest
hazel helmet hollow honey island ivory jacket jasmine jungle kettle kitchen ladder lantern lattice
leather lemon lilac linen lizard lobster magnet mantle maple marble meadow mirror monkey mortar
mosaic mustard napkin needle nettle nickel nutmeg oasis olive onion orchard oyster paddle pebble
pepper pillow plaster pocket pollen poplar powder puddle pumpkin quarry quilt rabbit radish raven
ribbon river saddle saffron salmon satchel scarlet shadow shelter shovel silver sparrow spider
spindle stable statue summer sunset tangle teapot temple thimble thistle thunder timber tunnel
turnip turtle valley vanilla velvet village vinegar violet walnut whistle willow window winter
wolf wrist yarrow zipper
"""
WORDS = tuple(_LIST.split())
FEWEST, MOST = 2, 20


def sorting(rng: np.random.Generator) -> tuple[str, str]:
    """Words to be sorted by the alphabet, with spaces between."""
    words = several(WORDS, int(rng.integers(FEWEST, MOST + 1)), rng)
    question = (
        f"Put these words into alphabetical order, with spaces between. List: {' '.join(words)}"
    )
    return question, " ".join(sorted(words))
