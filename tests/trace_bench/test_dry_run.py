from trace_bench.dry_run import jobs
from trace_bench.plan import plan

from .test_record import record


def test_runs_of_one_config_are_one_job():
    runs = plan(["optimizer=adam,random_search", "seed=range(3)"], multirun=True)
    found = jobs(runs, [record(), None, record(status="failed"), None, None, None])
    assert [len(job.runs) for job in found] == [3, 3]
    assert found[0].statuses == {"finished": 1, "missing": 1, "failed": 1}
