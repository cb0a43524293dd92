from trace_bench.causes import by_cause

from .test_record import record


def ended(name, **how):
    return record(id=name, **how)


def test_alike_causes_are_told_together(tmp_path):
    records = [
        ended("a", status="finished"),
        ended("b", status="failed", error="ValueError: no"),
        ended("c", status="interrupted", stop_reason="its process was killed by SIGKILL"),
        ended("d", status="failed", error="ValueError: no"),
    ]
    causes = by_cause(records)
    assert [(c.status, c.runs) for c in causes] == [("failed", ("b", "d")), ("interrupted", ("c",))]
    assert causes[0].line(tmp_path) == (
        f"2 runs failed: ValueError: no ({tmp_path}/b/traceback.txt, for instance)"
    )
    assert causes[1].line(tmp_path) == (
        f"1 run interrupted: its process was killed by SIGKILL ({tmp_path}/c)"
    )


def test_a_run_that_says_it_runs_has_lost_its_process(tmp_path):
    assert by_cause([ended("a", status="running")])[0].reason == "its process has gone"
