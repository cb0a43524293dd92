import json

import pytest

from trace_bench.baselines.optoprime_multi import REFINE, OptoPrimeMulti
from trace_core import node
from trace_core.llm import MockLLM

from .contract import OptimizerContract
from .listening import Listener


class TestDraws(OptimizerContract):
    optimizer = OptoPrimeMulti
    settings = {"candidates": 2}

    @classmethod
    def llm(cls):
        return MockLLM(seed=1)


class TestRefinement(TestDraws):
    settings = {"candidates": 2, "technique": "refine"}


def suggestion(value):
    return json.dumps({"reasoning": "r", "suggestion": {"x0": value}})


def stepped(*replies, **settings):
    x = node(1.0, name="x", trainable=True)
    llm = Listener(replies=list(replies))
    optimizer = OptoPrimeMulti([x], llm, **settings)
    optimizer.backward(x * 2, "larger")
    return optimizer.step(), llm, x


def test_the_llm_chooses_among_the_candidates_that_differ() -> None:
    entry, llm, x = stepped(suggestion(2), suggestion(2), suggestion(3), '{"choice": 2}')
    assert x.data == 3.0
    assert entry["events"] == {"chosen": 1, "usable_reply": 1}
    assert "1. x0 = 2.0\n\n2. x0 = 3.0" in llm.asked[-1]
    assert "multiply0 = x0 * int0" in llm.asked[-1]
    assert llm.requests[-1].schema["properties"]["choice"]["maximum"] == 2


def test_where_one_is_left_nothing_is_chosen() -> None:
    entry, llm, x = stepped(suggestion(2), "no idea", suggestion("two"))
    assert len(llm.requests) == 3
    assert x.data == 2.0
    assert entry["events"] == {"unusable_reply": 1, "rejected_type": 1, "usable_reply": 1}


def test_a_choice_that_is_none_takes_the_first() -> None:
    entry, _, x = stepped(suggestion(2), suggestion(3), '{"choice": 7}', candidates=2)
    assert x.data == 2.0
    assert entry["events"]["unusable_choice"] == 1


def test_a_refinement_goes_on_from_the_reply_before() -> None:
    _, llm, _ = stepped(
        suggestion(2), suggestion(3), '{"choice": 2}', candidates=2, technique="refine"
    )
    roles = [message.role for message in llm.requests[1].messages]
    assert roles == ["system", "user", "assistant", "user"]
    assert llm.requests[1].messages[-2].content == suggestion(2)
    assert llm.asked[1] == REFINE


def test_where_no_candidate_can_be_used_the_first_ones_reasons_are_told_next_time() -> None:
    entry, _, x = stepped("no idea", suggestion("two"), candidates=2)
    assert x.data == 1.0
    assert entry["rejected"] == {"reply": "it holds no JSON object"}


@pytest.mark.parametrize(
    ("choice", "chosen"),
    [('"2"', 3.0), ("2.0", 3.0), ("true", 2.0), ("2.5", 2.0), ('"two"', 2.0), ("null", 2.0)],
)
def test_a_choice_is_read_as_whole_numbers_are(choice, chosen) -> None:
    entry, _, x = stepped(
        suggestion(2), suggestion(3), f'{{"choice": {choice}}}', candidates=2, rehearse=False
    )
    assert x.data == chosen
    assert entry["events"]["chosen" if chosen == 3.0 else "unusable_choice"] == 1
