"""TensorBoard: a folder of event files for each run, written without TensorFlow or torch."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from trace_bench.record import RunRecord
from trace_bench.rows import Row

from .hook import Tracker, numbers, results


class TensorBoardTracker(Tracker):
    """Writes to `tensorboard/RUN` below the folder; `tensorboard --logdir` shows it."""

    def __init__(self, out: Path) -> None:
        super().__init__(out / "tensorboard")
        self._writers: dict[str, EventFileWriter] = {}

    def begin(self, record: RunRecord) -> int:
        """Begin the run's folder anew: event files are only ever added to."""
        folder = self.out / record.id
        shutil.rmtree(folder, ignore_errors=True)
        self._writers[record.id] = EventFileWriter(str(folder))
        self._add(record, 0, _text("config", json.dumps(dict(record.config), indent=2)))
        return 0

    def step(self, record: RunRecord, row: Row) -> None:
        """Add the numbers and the feedback of a step."""
        values = [Summary.Value(tag=k, simple_value=v) for k, v in numbers(row).items()]
        self._add(record, row.iteration, Summary(value=values))
        self._add(record, row.iteration, _text("feedback", row.feedback))

    def end(self, record: RunRecord) -> None:
        """Add what came out, and close the files."""
        found = results(record).items()
        values = [Summary.Value(tag=f"result/{k}", simple_value=v) for k, v in found]
        self._add(record, record.ledger.iterations, Summary(value=values))
        self._writers.pop(record.id).close()

    def _add(self, record: RunRecord, step: int, summary: Summary) -> None:
        event = Event(wall_time=time.time(), step=step, summary=summary)
        self._writers[record.id].add_event(event)


def _text(tag: str, text: str) -> Summary:
    value = Summary.Value(tag=tag)
    value.metadata.plugin_data.plugin_name = "text"
    value.tensor.dtype = 7  # DT_STRING
    value.tensor.string_val.append(text.encode())
    return Summary(value=[value])
