"""The tests of each function: those that are shown when they fail, and others that never are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import buggy

Case = tuple[tuple[Any, ...], Any]
"""Arguments and the expected result."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A function with its tests."""

    function: Callable[..., Any]
    tests: tuple[Case, ...]
    held_out: tuple[Case, ...]


SUBJECTS = (
    Subject(
        buggy.median,
        (
            (([3, 1, 2],), 2),
            (([7],), 7),
            (([4, 1, 3, 2],), 2.5),
            (([5, 1],), 3.0),
            (([6, 5, 4, 3, 2, 1, 0],), 3),
        ),
        ((([10, 20, 40, 30],), 25.0), (([9, 8, 7, 6, 5],), 7), (([0, 0],), 0.0)),
    ),
    Subject(
        buggy.is_leap_year,
        (((2023,), False), ((2000,), True), ((1900,), False), ((2024,), True), ((1996,), True)),
        (((2100,), False), ((2400,), True), ((2028,), True), ((2026,), False)),
    ),
    Subject(
        buggy.run_lengths,
        (
            (("",), []),
            (("ab",), [["a", 1], ["b", 1]]),
            (("abbb",), [["a", 1], ["b", 3]]),
            (("aab",), [["a", 2], ["b", 1]]),
            (("aaa",), [["a", 3]]),
        ),
        ((("zz",), [["z", 2]]), (("xyzz",), [["x", 1], ["y", 1], ["z", 2]]), (("q",), [["q", 1]])),
    ),
    Subject(
        buggy.moving_average,
        (
            (([1, 3], 2), [2.0]),
            (([2, 4, 6], 1), [2.0, 4.0, 6.0]),
            (([1, 2, 3, 4], 2), [1.5, 2.5, 3.5]),
            (([8, 8, 8], 3), [8.0]),
        ),
        ((([5], 1), [5.0]), (([0, 4, 8, 4], 4), [4.0]), (([6, 2], 2), [4.0])),
    ),
    Subject(
        buggy.caesar,
        (
            (("abc", 1), "bcd"),
            (("hello world", 3), "khoor zruog"),
            (("xyz", 1), "yza"),
            (("z", 1), "a"),
            (("bcd", -1), "abc"),
        ),
        ((("yes", 2), "agu"), (("a", 26), "a"), (("zebra", 13), "mroen")),
    ),
    Subject(
        buggy.second_largest,
        (
            (([1, 2, 3],), 2),
            (([3, 2, 1],), 2),
            (([5, 5, 3],), 3),
            (([4, 4],), None),
            (([],), None),
        ),
        ((([9, 1, 9],), 1), (([7],), None), (([-1, -5, -1, -3],), -3)),
    ),
    Subject(
        buggy.is_palindrome,
        (
            (("Anna",), True),
            (("ab",), False),
            (("Was it a car?",), False),
            (("A man, a plan, a canal: Panama",), True),
            (("",), True),
        ),
        ((("Never odd or even",), True), (("abca",), False), (("x",), True)),
    ),
    Subject(
        buggy.is_card_number,
        (
            (("0",), True),
            (("18",), True),
            (("81",), False),
            (("79927398713",), True),
            (("79927398710",), False),
        ),
        ((("4539578763621486",), True), (("4539578763621485",), False), (("59",), True)),
    ),
)
