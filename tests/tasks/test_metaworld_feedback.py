"""What the environment says after a step: kinds, modes and paraphrases."""

import numpy as np
import pytest

from trace_bench.tasks.metaworld import phrases
from trace_bench.tasks.metaworld.feedback import KINDS, Step, require_kinds, say


def described(after=(0, 0, 0.1), grip=0.0, target=(0, 0, 0, 0.0), clipped=()) -> Step:
    before, after, target = (np.array(x, dtype=float) for x in ((0, 0, 0.2), after, target))
    return Step(1.2345, before, after, grip, target, clipped)


def said(step: Step, kinds="a", seed: int = 0) -> str:
    return say(step, require_kinds(kinds), np.random.default_rng(seed))


def one_of(paraphrases, text: str, **values) -> bool:
    return any(text == form.format(**values) for form in paraphrases)


def test_each_kind_says_what_it_is_for():
    closer, farther = described(), described(after=(0, 0, 0.3))
    assert one_of(phrases.REWARD, said(closer, "r"), reward="1.23")
    assert one_of(phrases.PRAISE, said(closer, "hp")) and said(farther, "hp") == ""
    assert one_of(phrases.BLAME, said(farther, "hn")) and said(closer, "hn") == ""
    advice = said(described(target=(-0.001, 0.456, 0.2, 1.0)), "fp")
    assert one_of(phrases.ADVICE, advice, target="[0.00, 0.46, 0.20, 1.00]")


def test_blame_says_wrong_direction_in_all_its_forms():
    assert all("wrong direction" in form.lower() for form in phrases.BLAME)


@pytest.mark.parametrize(
    ("grip", "wanted", "notes"),
    [(0.2, 1.0, phrases.CLOSE), (0.8, 0.0, phrases.OPEN), (0.8, 1.0, ()), (0.5, 1.0, ())],
)
def test_the_gripper_is_noted_beside_praise_and_blame_or_alone(grip, wanted, notes):
    for after, kind, sayings, form in (
        ((0, 0, 0.1), "hp", phrases.PRAISE, phrases.BUT),
        ((0, 0, 0.3), "hn", phrases.BLAME, phrases.ALSO),
    ):
        text = said(described(after, grip, (0, 0, 0, wanted)), kind)
        appended = [form.format(note=note[0].lower() + note[1:]) for note in notes]
        expected = [f"{a} {b}" for a in sayings for b in appended] or sayings
        assert text in expected
        other = "hn" if kind == "hp" else "hp"
        alone = said(described(after, grip, (0, 0, 0, wanted)), other)
        assert alone in (notes or [""])


def test_modes_join_the_kinds_in_their_order():
    step = described(clipped=["x 9 to 0.5"])
    everything = said(step, "a")
    reward, praise, advice = (
        said(step, k).rpartition(" What is out")[0] for k in ("r", "hp", "fp")
    )
    assert len(everything) > len(reward) + len(praise) + len(advice)
    assert everything.endswith("clipped: x 9 to 0.5.")
    assert said(step, "n") == ""
    assert require_kinds(["fp", "r"]) == ("r", "fp")
    places = [everything.find(word) for word in ("1.23", "[0.00", "clipped")]
    assert places == sorted(places) and -1 not in places


def test_mode_m_says_one_kind_at_random():
    step = described(after=(0, 0, 0.3))
    texts = {said(step, "m", seed) for seed in range(60)}
    assert any("1.23" in t for t in texts) and any("wrong" in t.lower() for t in texts)
    assert any("[0.00" in t for t in texts) and not any("1.23" in t and "[" in t for t in texts)


def test_paraphrases_are_many_short_and_drawn_from_the_given_generator():
    kinds = (
        phrases.REWARD,
        phrases.PRAISE,
        phrases.BLAME,
        phrases.ADVICE,
        phrases.CLOSE,
        phrases.OPEN,
    )
    for forms in kinds:
        assert len(set(forms)) >= 10 and max(map(len, forms)) < 60
    assert said(described(), seed=1) == said(described(), seed=1)
    assert len({said(described(), seed=s) for s in range(20)}) > 10
    assert require_kinds(KINDS) == KINDS
