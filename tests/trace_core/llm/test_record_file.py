from __future__ import annotations

from contextlib import closing

import pytest

from tests.trace_core.llm.conftest import ask
from trace_core._errors import UserError
from trace_core.llm import Exchange, Reply
from trace_core.llm._record_file import RecordFile


def exchange(number: int) -> Exchange:
    return Exchange(f"key {number}", "mock", ask(f"question {number}"), Reply("yes \ud800 é"))


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "llm.jsonl"
    append(path, 0, 1)
    return path


def append(path, *numbers):
    with closing(RecordFile(path)) as record:
        assert list(record.read()) == [exchange(i) for i in range(numbers[0])]
        for number in numbers:
            record.append(exchange(number))


def test_what_is_written_is_read(path):
    append(path, 2)
    assert len(path.read_bytes().splitlines()) == 3


def test_a_line_is_on_disk_before_the_file_is_closed(path):
    with closing(RecordFile(path)) as record:
        list(record.read())
        record.append(exchange(2))
        assert path.read_bytes().count(b"\n") == 3


def test_a_torn_last_line_is_cut_off_wherever_it_was_torn(path):
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for end in range(first, len(whole)):
        path.write_bytes(whole[:end])
        append(path, 1)
        assert path.read_bytes() == whole


@pytest.mark.parametrize("damage", [b"{}\n", b"[]\n", b"garbage\n", b"\n", b"\xff\xfe\n"])
def test_no_other_damage_is_tolerated(path, damage):
    path.write_bytes(damage + path.read_bytes())
    with pytest.raises(UserError, match="line 1 is damaged"):
        list(RecordFile(path).read())


def test_a_field_of_another_version_is_told(path):
    path.write_text(path.read_text().replace('"mode"', '"way"'))
    with pytest.raises(UserError, match="another version"):
        list(RecordFile(path).read())


def test_without_an_exchange_there_is_no_file(tmp_path):
    with closing(RecordFile(tmp_path / "llm.jsonl")) as record:
        assert list(record.read()) == []
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_after_the_end(path):
    record = RecordFile(path)
    with closing(record):
        list(record.read())
        record.append(exchange(2))
    record.append(exchange(3))  # an answer that a thread was still waiting for
    assert list(RecordFile(path).read()) == [exchange(i) for i in range(3)]


def test_two_writers_do_not_take_each_others_answers(path):
    with closing(RecordFile(path)) as one, closing(RecordFile(path)) as two:
        known = list(one.read())
        assert list(two.read()) == known
        one.append(exchange(2))
        with pytest.raises(UserError, match="by somebody else"):
            two.append(exchange(3))
        one.append(exchange(4))
    assert [e.key for e in RecordFile(path).read()] == ["key 0", "key 1", "key 2", "key 4"]


def test_a_full_disk_is_told_and_costs_one_answer(path):
    class Full:
        def __init__(self, stream):
            self.stream = stream

        def write(self, line):
            self.stream.write(line[:10])

        def flush(self):
            self.stream.flush()
            raise OSError(28, "No space left on device")

        def close(self):
            self.stream.close()
            raise OSError(28, "No space left on device")

    with closing(RecordFile(path)) as record:
        list(record.read())
        record.append(exchange(2))
        record._stream = Full(record._stream)
        with pytest.raises(UserError, match="llm.jsonl: No space left on device"):
            record.append(exchange(3))
        record.append(exchange(4))
    assert [e.key for e in RecordFile(path).read()] == ["key 0", "key 1", "key 2", "key 4"]
