"""Made-up problems: their answers are found again by other means."""

import re
from itertools import permutations

import numpy as np
import pytest

from trace_bench.tasks.bbh.generated import KINDS, NUMBERS, generate
from trace_core import UserError

AMOUNT = 60


def drawn(kind: str, amount: int = AMOUNT, seed: int = 5) -> list[tuple[str, str]]:
    return generate(kind, amount, np.random.default_rng(seed))


@pytest.mark.parametrize("kind", KINDS)
def test_problems_are_different_and_those_of_their_seed(kind):
    found = drawn(kind)
    assert len({question for question, _ in found}) == AMOUNT
    assert found == drawn(kind) != drawn(kind, seed=6)
    assert found[:20] == drawn(kind, 20)


@pytest.mark.parametrize("kind", KINDS)
def test_no_answer_is_always_the_same(kind):
    answers = [answer for _, answer in drawn(kind, 200)]
    assert max(map(answers.count, set(answers))) < 130


def test_too_many_are_told(monkeypatch):
    monkeypatch.setitem(KINDS, "few", lambda rng: (str(rng.integers(3)), "yes"))
    with pytest.raises(UserError, match="Only 3 different problems of generated/few"):
        drawn("few", 4)


def test_boolean_expressions_are_pythons():
    for question, answer in drawn("boolean_expressions"):
        assert str(eval(question.removesuffix(" is"))) == answer


def test_arithmetic_is_pythons():
    for question, answer in drawn("multistep_arithmetic_two"):
        assert str(eval(question.removesuffix(" ="))) == answer


def test_brackets_are_closed_and_no_more():
    pairs = {")": "(", "]": "[", "}": "{", ">": "<"}
    for question, answer in drawn("dyck_languages"):
        given = question.partition("Input: ")[2]
        stack = []
        for symbol in f"{given} {answer}".split():
            if symbol in pairs:
                assert stack.pop() == pairs[symbol]
            else:
                stack.append(symbol)
        assert not stack and not set(answer.split()) - set(pairs)


def test_walks_are_walked():
    for question, answer in drawn("navigate"):
        x = y = 0
        ahead = (0, 1)
        for steps, turn in re.findall(r"Take (\d+) steps?\.|Turn (\w+)\.", question):
            if turn:
                dx, dy = ahead
                turned = {"left": (-dy, dx), "right": (dy, -dx), "around": (-dx, -dy)}
                ahead = turned[turn]
            else:
                x, y = x + ahead[0] * int(steps), y + ahead[1] * int(steps)
        assert answer == ("Yes" if (x, y) == (0, 0) else "No")


def test_objects_are_counted():
    from trace_bench.tasks.bbh.generated.object_counting import THINGS, WORDS

    numbers = {"a": 1, "an": 1} | {word: i + 2 for i, word in enumerate(WORDS)}
    for question, answer in drawn("object_counting"):
        listed, asked = re.fullmatch(r"I have (.*)\. How many (.*) do I have\?", question).groups()
        forms = {form for thing in THINGS[asked] for form in thing.split("/")}
        items = [item.split() for item in re.split(r", | and ", listed)]
        assert answer == str(sum(numbers[number] for number, name in items if name in forms))


def test_words_are_sorted():
    for question, answer in drawn("word_sorting"):
        words = question.partition("List: ")[2].split()
        assert len(words) >= 2 and answer == " ".join(sorted(words))


def test_liars_are_found_by_trying_all_who_may_lie():
    for question, answer in drawn("web_of_lies"):
        first = re.search(r"truth\. (\w+) (tells|lies)", question)
        said = re.findall(r"(\w+) says that (\w+) (tells|lies)", question)
        honest = {first[1]: first[2] == "tells"}
        for person, other, word in said:
            honest[person] = honest[other] == (word == "tells")
        asked = re.search(r"Does (\w+) tell", question)[1]
        assert asked == said[-1][0]
        assert answer == ("Yes" if honest[asked] else "No")


def choices(question: str) -> dict[str, str]:
    return dict(re.findall(r"(\([A-Z]\)) the (\w+) b", question.partition("Options:")[2]))


@pytest.mark.parametrize("word", NUMBERS)
def test_balls_are_followed(word):
    for question, answer in drawn(f"tracking_shuffled_objects_{word}_objects"):
        has = dict(re.findall(r"(\w+) has the (\w+) ball", question.partition(".")[0]))
        for a, b in re.findall(r"(\w+) and (\w+) exchange", question):
            has[a], has[b] = has[b], has[a]
        asked = re.search(r"Which ball does (\w+)", question)[1]
        assert len(has) == NUMBERS[word] == len(choices(question))
        assert choices(question)[answer] == has[asked]


@pytest.mark.parametrize("word", NUMBERS)
def test_clues_leave_one_order_of_the_books(word):
    n = NUMBERS[word]
    places = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh"]
    names = {"leftmost": 0, "rightmost": n - 1}
    names |= {f"{place} from the left": i for i, place in enumerate(places)}
    for question, answer in drawn(f"logical_deduction_{word}_objects", 15):
        options = choices(question)
        sides = re.findall(r"(\w+) book is somewhere to the (\w+) of the (\w+) book", question)
        fixed = re.findall(r"The (\w+) book is the ([\w ]+)\.", question)
        orders = [
            order
            for order in permutations(options.values())
            if all((order.index(a) < order.index(b)) == (s == "left") for a, s, b in sides)
            and all(order[names[place]] == book for book, place in fixed)
        ]
        assert len(orders) == 1 and len(options) == n
        asked = re.search(r"Which book is the ([\w ]+)\?", question)[1]
        assert options[answer] == orders[0][names[asked]]
