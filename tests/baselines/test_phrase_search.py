from trace_bench.baselines.phrase_search import PhraseSearch
from trace_core import node
from trace_core.opto import Outcome


def test_only_what_is_better_is_kept_and_where_nothing_is_it_begins_anew() -> None:
    prompt = node("Base.", name="p", trainable=True)
    search = PhraseSearch([prompt], {"p": ["a", "b", "c"]}, seed=0)
    kept = []
    for _ in range(40):
        said = prompt.data.partition("Also: ")[2].rstrip(".").split("; ")
        cost = float(len({*said} - {""} ^ {"a"}))
        was, begins = (search._best, search._cost), search._begins
        search.zero_feedback()
        search.backward(Outcome(prompt, "", score=cost))
        search.step()
        assert begins or cost < was[1] or (search._best, search._cost) == was
        kept.append(begins)
    assert sum(kept) > 2
