from trace_bench.mixtures import mixed_versions, said

from .test_record import record


def test_versions_that_differ_are_said_with_how_many_runs_have_which():
    old = [record(versions={"python": "3.11", "scipy": "1.0"}) for _ in range(3)]
    new = [record(versions={"python": "3.11", "scipy": "2.0", "uxsim": "1"})]
    assert said(mixed_versions([*old, *new])) == [
        "Different versions of scipy: 1.0 (3 runs), 2.0 (1 runs)",
        "Different versions of uxsim: none (3 runs), 1 (1 runs)",
    ]
    assert mixed_versions(old) == {}


def test_so_are_states_of_the_source():
    runs = [record(git={"commit": c * 40, "dirty": d}) for c, d in (("a", False), ("a", True))]
    (line,) = said(mixed_versions(runs))
    assert line == (
        "Different versions of trace-bench's source: aaaaaaaa (1 runs), "
        "aaaaaaaa with changes (1 runs)"
    )


def test_so_are_servers_of_a_model_among_the_runs_that_say_theirs():
    runs = [record(llm="local/q", llm_settings={"llama-server": v}) for v in ("1", "2", "2")]
    others = [record(), record(llm="local/q")]
    assert said(mixed_versions([*runs, *others])) == [
        "Different versions of the server of local/q: llama-server 2 (2 runs), "
        "llama-server 1 (1 runs)"
    ]
