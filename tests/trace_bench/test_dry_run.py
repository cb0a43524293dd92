import pytest

from trace_bench.dry_run import jobs
from trace_bench.forecast import REPLY_TOKENS, Forecast, forecast
from trace_bench.plan import plan
from trace_core import UserError
from trace_core.llm import Usage
from trace_core.llm._prices import list_price

from .test_record import record


def test_runs_of_one_config_are_one_job():
    runs = plan(["optimizer=adam,random_search", "seed=range(3)"], multirun=True)
    found = jobs(runs, [record(), None, record(status="failed"), None, None, None])
    assert [len(job.runs) for job in found] == [3, 3]
    assert found[0].statuses == {"finished": 1, "missing": 1, "failed": 1}


def test_runs_of_one_method_are_one_job_whatever_the_tasks_settings():
    words = ["task=numerical", "optimizer=optoprime", "llm=mock", "task.tolerance=0.1,0.2"]
    runs = plan([*words, "optimizer.memory_size=0,5"], multirun=True)
    found = jobs(runs, [None] * 4)
    assert [job.label for job in found] == [f"optoprime optimizer.memory_size={k}" for k in (0, 5)]
    assert [job.task for job in found] == ["numerical, 2 settings"] * 2
    finished = jobs(runs[:2], [record(), None])
    assert [run.id for job in finished for run in job.unfinished] == [runs[1].id]


def planned(*words):
    return plan(["task=numerical", "optimizer=opro", "llm=openai", *words], multirun=True)


def told(runs):
    lines = []
    return forecast(runs, lines.append), lines


def test_what_is_asked_is_counted_in_one_run_of_each_kind(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    asked, lines = told(planned("seed=range(3)", "iterations=4", "llm.model=gpt-4o"))
    assert len(lines) == 1
    assert asked.calls == 3 * 4 and asked.completion_tokens == 12 * REPLY_TOKENS
    assert 12 * 100 < asked.prompt_tokens < 12 * 1000, "of prompts of some 1,500 characters"
    price = list_price("https://api.openai.com", "gpt-4o")
    used = Usage(round(asked.prompt_tokens), round(asked.completion_tokens))
    assert asked.usd == pytest.approx(price.usd(used))


def test_the_first_and_the_last_settings_of_a_task_stand_for_all():
    words = ["task=binary_digits", "optimizer=optoprime", "llm=mock", "iterations=2"]
    few, many = (told(plan([*words, f"task.k={k}"]))[0].prompt_tokens for k in (2, 12))
    asked, lines = told(plan([*words, "task.k=2,4,6,12"], multirun=True))
    assert len(lines) == 2 and few < many
    assert asked.calls == 8 and asked.prompt_tokens == 2 * (few + many)


def test_a_rehearsal_that_fails_is_told(plugin, tmp_path):
    flag = tmp_path / "flag"
    flag.write_text("")
    (run,) = plan(["task=toy", "optimizer=opro", "llm=openai", f"task.fails_while={flag}"])
    with pytest.raises(UserError, match="fails with a mock LLM"):
        told([run])


def test_a_model_without_a_price_costs_something_unknown():
    asked, _ = told(planned("iterations=1", "llm.model=none-such"))
    assert asked.calls == 1 and asked.usd is None
    assert Forecast.total([asked, Forecast()]).usd is None


def test_what_a_finished_run_or_none_at_all_asks_is_nothing():
    assert told([]) == (Forecast(), [])
    runs = plan(["optimizer=adam"])
    assert told(runs) == (Forecast(), [])


def test_the_cost_is_a_table_with_its_assumptions_and_writes_nothing(shell):
    words = ("run", "task=numerical", "optimizer=optoprime", "llm=openai", "iterations=2")
    ended = shell(*words, "--cost")
    assert ended.code == 0 and "250 tokens a reply are assumed" in ended.out
    assert not shell.runs()
    (row,) = shell(*words, "llm.usd_per_million=[10,30]", "--cost", "--json").data
    assert (row["calls"], row["llm"], row["iterations"]) == (2, "openai", 2)
    assert row["runs"] == {"missing": 1}
    per_million = 10 * row["prompt_tokens"] + 30 * row["completion_tokens"]
    assert row["usd"] == pytest.approx(per_million / 1e6)


def test_dspy_is_not_made_to_ask_again():
    pytest.importorskip("dspy")
    words = ["task=bbh", "task.subset=generated/navigate", "task.examples=26"]
    asked, _ = told(plan([*words, "optimizer=dspy_program", "llm=openai"]))
    assert asked.calls == 6, "one for each test example"
