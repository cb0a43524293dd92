import json
import math

import pytest

from trace_bench.terminal import WIDTH_OF_A_FILE, print_json, results


def test_json_on_stdout_is_json_whatever_the_numbers(capsys):
    print_json({"score": math.nan, "text": "é [bold]"})
    out = capsys.readouterr().out
    assert json.loads(out, parse_constant=pytest.fail) == {"score": "NaN", "text": "é [bold]"}


def test_a_file_gets_wide_plain_text_without_markup(capsys):
    console = results()
    console.print("a" * (WIDTH_OF_A_FILE - 8), "[b] :x:")
    assert capsys.readouterr().out == "a" * (WIDTH_OF_A_FILE - 8) + " [b] :x:\n"
