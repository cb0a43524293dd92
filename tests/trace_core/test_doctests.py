"""The examples in the core's docstrings are true."""

import doctest
import importlib
import pkgutil

import pytest

import trace_core
from trace_core import GRAPH

MODULES = [each.name for each in pkgutil.walk_packages(trace_core.__path__, "trace_core.")]


@pytest.mark.parametrize("name", ["trace_core", *MODULES])
def test_docstring_examples(name):
    finder = doctest.DocTestFinder(exclude_empty=True)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for example in finder.find(importlib.import_module(name)):
        GRAPH.clear()
        runner.run(example)
    assert runner.failures == 0
