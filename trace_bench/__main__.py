"""`python -m trace_bench`."""

from .cli import main

main()
