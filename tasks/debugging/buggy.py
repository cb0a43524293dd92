"""Functions that do not do what their docstrings say. Each has one mistake, on purpose."""

from __future__ import annotations


def median(values: list[float]) -> float:
    """The middle value; of an even number of values, the mean of the two in the middle."""
    ordered = sorted(values)
    half = len(ordered) // 2
    if len(ordered) % 2 == 0:
        return (ordered[half] + ordered[half + 1]) / 2
    return ordered[half]


def is_leap_year(year: int) -> bool:
    """Whether the year has 366 days in the Gregorian calendar."""
    return year % 4 == 0 and (year % 100 != 0 and year % 400 == 0)


def run_lengths(text: str) -> list[list[object]]:
    """Each run of equal letters as [letter, length]: "aab" gives [["a", 2], ["b", 1]]."""
    letters: list[str] = []
    lengths: list[int] = []
    for k in range(len(text)):
        if k > 1 and text[k - 1] == text[k]:
            lengths[-1] += 1
        else:
            letters.append(text[k])
            lengths.append(1)
    return [[letter, length] for letter, length in zip(letters, lengths, strict=True)]


def moving_average(values: list[float], width: int) -> list[float]:
    """The mean of each `width` values in a row, from the first ones to the last ones."""
    windows = len(values) - width - 1
    return [sum(values[k : k + width]) / width for k in range(windows)]


def caesar(text: str, shift: int) -> str:
    """The text, of small letters and spaces, with each letter moved on in the alphabet."""
    moved = [
        letter if letter == " " else chr((ord(letter) - 97 + shift) % 25 + 97) for letter in text
    ]
    return "".join(moved)


def second_largest(values: list[int]) -> int | None:
    """The largest value that is smaller than the largest one; None if there is none."""
    largest = second = None
    for value in values:
        if largest is None or value > largest:
            largest, second = value, largest
        elif (second is None or second < value) and value <= largest:
            second = value
    return second


def is_palindrome(text: str) -> bool:
    """Whether its letters are the same read backwards, in any case, other characters left out."""
    letters = [letter.lower() for letter in text if letter.isalpha()]
    return letters == letters[::1]


def is_card_number(number: str) -> bool:
    """Whether the digits pass Luhn's test.

    From the right, every second digit is doubled, less 9 if that is more than 9; the sum of all is
    a multiple of 10.
    """
    total = 0
    for k in range(len(number)):
        digit = int(number[-1 - k])
        if k % 2 == 0:
            digit = digit * 2
            digit = digit - 9 if digit > 9 else digit
        total += digit
    return total % 10 == 0
