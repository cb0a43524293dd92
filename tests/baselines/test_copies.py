"""Copies and pickles of optimizers go on as the original would, with parameters of their own."""

import copy
import pickle

import pytest

from tests.baselines.contract import drive
from tests.baselines.slopes import Slopes
from trace_bench.baselines.adam import Adam
from trace_bench.baselines.gp import GP
from trace_bench.baselines.grid import Grid
from trace_bench.baselines.opro import OPRO
from trace_bench.baselines.pso import PSO
from trace_bench.baselines.random_search import RandomSearch
from trace_bench.baselines.tpe import TPE
from trace_core import UserError
from trace_core.llm import MockLLM
from trace_core.optimizers import OptoPrime

OPTIMIZERS = [Adam, GP, Grid, OPRO, OptoPrime, PSO, RandomSearch, TPE]


def pickled(item):
    return pickle.loads(pickle.dumps(item))


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled])
@pytest.mark.parametrize("kind", OPTIMIZERS, ids=lambda kind: kind.__name__)
def test_a_copy_goes_on_as_the_original(kind, copied):
    problem = Slopes()
    llm = MockLLM(seed=1) if kind.uses_llm else None
    optimizer = kind.for_problem(problem, seed=3, llm=llm)
    drive(optimizer, problem, 12)
    twin, own = copied((optimizer, problem))
    if llm:
        twin.llm = llm
    before = [p.data for p in problem.parameters]
    after = drive(twin, own, 4)
    assert [p.data for p in problem.parameters] == before
    assert after == drive(optimizer, problem, 4)


def test_an_llm_is_shared_by_a_copy_and_stays_behind_when_pickled():
    problem = Slopes()
    optimizer = OptoPrime(problem.parameters, MockLLM())
    assert copy.deepcopy(optimizer).llm is optimizer.llm
    twin, own = pickled((optimizer, problem))
    with pytest.raises(UserError, match=r"set optimizer\.llm"):
        drive(twin, own, 1)
