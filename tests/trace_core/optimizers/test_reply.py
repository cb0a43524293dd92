"""What is read of replies that are not quite JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trace_core.optimizers._reply import PLAIN, REPAIRED, TRUNCATED, find


def suggestion(text):
    found = find(text)
    return found.object["suggestion"], found.how


@pytest.mark.parametrize(
    ("text", "value", "how"),
    [
        ('{"suggestion": {"x": 1}}', {"x": 1}, PLAIN),
        ('```json\n{"suggestion": {"x": 1}}\n```', {"x": 1}, PLAIN),
        ('So: {"note": 1} and {"suggestion": {"x": 1}} {', {"x": 1}, PLAIN),
        ('Draft: {"suggestion": {"x": 1}}. No: {"suggestion": {"x": 2}}', {"x": 2}, PLAIN),
        ('{"reasoning": "a\nb", "suggestion": {"x": 1}}', {"x": 1}, PLAIN),
        ("{'suggestion': {'x': 1}}", {"x": 1}, REPAIRED),
        ('{"suggestion": {"x": 1,},}', {"x": 1}, REPAIRED),
        ('{"suggestion": {"x": [1, 2,], "y": "a, }"}}', {"x": [1, 2], "y": "a, }"}, REPAIRED),
        ('{"suggestion": {"x": True, "y": None}}', {"x": True, "y": None}, REPAIRED),
        ("{'suggestion': {'x': true, 'y': null}}", {"x": True, "y": None}, REPAIRED),
        ("{'suggestion': {'x': 'it is true, null'}}", {"x": "it is true, null"}, REPAIRED),
        ('{"suggestion": {"x": 1}} // done\n}', {"x": 1}, PLAIN),
        ('{"suggestion": {"x": 1, // raised\n "y": 2}}', {"x": 1, "y": 2}, REPAIRED),
        ("```python\n{'suggestion': {'x': 'a # b'}, # done\n}\n```", {"x": "a # b"}, REPAIRED),
        ("{'suggestion': {'x': 'two\nlines'}}", {"x": "two\nlines"}, REPAIRED),
        (r"{'suggestion': {'x': 'a\d\n\\d\/'}}", {"x": "a\\d\n\\d/"}, REPAIRED),
        (r"{'suggestion': {'x': '\u00e9'}}", {"x": "é"}, REPAIRED),
        (r"{'suggestion': {'x': '\ud83d\ude00'}}", {"x": "\U0001f600"}, REPAIRED),
        ('{"suggestion": {"x": "a ```json\\n{}``` b",}}', {"x": "a ```json\n{}``` b"}, REPAIRED),
        ("{'suggestion': ```json\n{'x': 1}```}", {"x": 1}, REPAIRED),
        ('{"suggestion": {"x": (1, 2)}}', {"x": (1, 2)}, REPAIRED),
        ('{"suggestion": {"x": 1, "y": 2', {"x": 1}, TRUNCATED),
        ('{"reasoning": "{", "suggestion": {"x": "a", "y": "b', {"x": "a"}, TRUNCATED),
        ('{"suggestion": {"x": ["a"], "y": ["b", "c', {"x": ["a"]}, TRUNCATED),
    ],
)
def test_the_suggestion_is_found(text, value, how) -> None:
    assert suggestion(text) == (value, how)


@pytest.mark.parametrize("text", ["", "none", "{", "}{", '{"suggestion": {"x": 1', "[1, 2]"])
def test_where_nothing_is_whole_nothing_is_found(text) -> None:
    assert find(text) is None


def test_an_object_without_a_suggestion_is_still_an_object() -> None:
    assert find('{"answer": 1}').object == {"answer": 1}


@pytest.mark.parametrize("text", ["{" * 3000, "{'a':" * 3000, '{"suggestion": {"x": ' + "[" * 5000])
def test_nesting_without_end_is_no_error(text) -> None:
    assert find(text) is None


@given(st.text())
def test_no_text_is_an_error(text) -> None:
    for reply in (text, '{"suggestion": {' + text):
        found = find(reply)
        assert found is None or isinstance(found.object, dict)


@given(st.dictionaries(st.text(min_size=1), st.integers() | st.text() | st.booleans(), max_size=4))
def test_every_beginning_of_a_reply_gives_a_beginning_of_its_pairs(pairs) -> None:
    whole = json.dumps({"reasoning": "r", "suggestion": pairs})
    for end in range(0, len(whole), 7):
        found = find(whole[:end])
        if found is not None:
            kept = found.object["suggestion"]
            assert list(kept.items()) == list(pairs.items())[: len(kept)]
