"""`trace-bench render`: one iteration of a run, drawn and filmed."""

import json

ACT = 'def act(obs):\n    return [g - h for g, h in zip(obs["goal_pos"], obs["hand_pos"])] + [0]'
REPLY = json.dumps({"suggestion": {"act_code0": ACT.split("\n")}})
SMALL = ["task.horizon=3", "task.held_out=2", "iterations=1"]


def test_a_controller_is_learnt_and_its_step_is_rendered(shell):
    words = ["task=metaworld_reach", "optimizer=optoprime", "llm=mock", *SMALL]
    ran = shell("run", *words, f"llm.replies=['{REPLY}']", "--json")
    assert ran.code == 0, ran.err
    (run,) = ran.data["runs"]
    assert (run["metrics"]["final"], run["mock"]) == (1.0, True)
    assert run["metrics"]["held_out"]["train_success"] == 1.0
    shown = shell("render", "metaworld_reach", "--step", "1", MUJOCO_GL="off")
    assert shown.code == 0 and "No film: of MuJoCo's GL backends" in shown.err
    assert "Traceback" not in shown.err
    files = [shell.folder / line for line in shown.out.splitlines()]
    assert [file.name for file in files] == [
        f"{run['id']}-step1-paths.{ending}" for ending in ("png", "svg", "pdf")
    ]
    assert all(file.stat().st_size > 1000 for file in files)
    assert not list(shell.folder.glob("MUJOCO_LOG*"))


def test_mistakes_are_one_line(shell):
    assert "There is no run 'push'" in shell("render", "push").one_line()
    line = shell("run", "task=metaworld", "task.env=pusch", "optimizer=expert").one_line()
    assert "Did you mean 'push'?" in line
    ran = shell("run", "task=metaworld_push", "optimizer=expert", MUJOCO_GL="nothing")
    assert ran.code == 2 and "Traceback" not in ran.err
    assert "MuJoCo cannot be loaded with MUJOCO_GL=nothing" in ran.err
