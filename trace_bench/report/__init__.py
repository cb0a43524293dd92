"""The report: one HTML file with everything that was run, to be opened without a network."""

from .page import write as write
