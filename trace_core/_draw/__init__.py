"""Pictures of traces (the paper's App. G.1), as SVG and as text for Graphviz and Mermaid."""

from ._drawing import Box as Box
from ._drawing import Drawing as Drawing
from ._drawing import Edge as Edge
from ._drawing import draw as draw
