from trace_bench.groups import grouped

from .test_record import record


def config(seed: int = 0, **settings) -> dict:
    return {
        "task": {"name": "toy", "size": settings.pop("size", 1)},
        "optimizer": {"name": "walk", **settings},
        "llm": None,
        "seed": seed,
        "iterations": 2,
    }


def test_runs_that_differ_in_the_seed_only_are_one_group():
    (group,) = grouped(record(seed=s, config=config(s)) for s in (2, 0, 1))
    assert group.label == "walk"
    assert [r.seed for r in group.records] == [0, 1, 2]


def test_runs_with_other_settings_are_never_mixed_and_say_what_differs():
    labels = [g.label for g in grouped(record(config=config(lr=lr, b=1)) for lr in (0.1, 1.0))]
    assert labels == ["walk optimizer.lr=0.1", "walk optimizer.lr=1.0"]
    labels = [g.label for g in grouped(record(config=config(size=n)) for n in (3, 7))]
    assert labels == ["walk task.size=3", "walk task.size=7"]


def test_a_setting_that_only_one_group_has_is_shown():
    labels = [g.label for g in grouped([record(config=config()), record(config=config(lr=1))])]
    assert labels == ["walk optimizer.lr=null", "walk optimizer.lr=1"]


def test_the_groups_of_a_method_are_sorted_by_their_settings():
    values = ["b", 10, None, 9, "a"]
    labels = [g.label for g in grouped(record(config=config(lr=v)) for v in values)]
    assert [label.partition("=")[2] for label in labels] == ["null", "9", "10", "a", "b"]


def test_a_mock_is_called_one():
    (group,) = grouped([record(llm="mock", mock=True)])
    assert group.label == "walk (mock LLM, not a model)"
    (group,) = grouped([record(llm="openai/gpt-4o")])
    assert group.label == "walk (openai/gpt-4o)"


def test_statuses_are_counted():
    states = ["finished", "failed", "running", "interrupted"]
    (group,) = grouped(record(seed=i, status=s, config=config(i)) for i, s in enumerate(states))
    assert len(group.finished) == 1
    assert group.count("failed") == 1


def test_long_settings_are_cut_unless_labels_would_be_the_same():
    ends = ("three", "five")
    long = [record(config=config(size=f"tracking_shuffled_objects_{end}")) for end in ends]
    labels = {g.label for g in grouped(long)}
    assert labels == {f"walk task.size=tracking_shuffled_objects_{end}" for end in ends}
    one = [record(config=config(size=f"{word} of a great many words")) for word in ends]
    assert all(g.label.endswith("...") for g in grouped(one))
