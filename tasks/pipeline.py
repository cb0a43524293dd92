"""Task `pipeline`: hyper-parameters of a machine learning pipeline (the paper's Example 7)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from annotated_types import Ge, Le

from trace_core import ExecutionError, Node, UserError, bundle, node, stop_tracing
from trace_core.opto import BOUNDS, FEEDBACK, SCORE, Interval, Outcome, Problem, Task

from ._quoted import quoted

if TYPE_CHECKING:
    import numpy as np

STREAM = 0x919E
"""Sets the task's random stream apart from others that are seeded with the trial's number."""
CONTEXT = (
    "A pipeline classifies measurements: it scales them, projects them onto `components` principal "
    "components, and asks the `neighbors` nearest neighbours among the training data. Minimise the "
    "error on the validation data."
)
BOUNDS_OF = {
    "components": Interval(1, 10, integer=True),
    "neighbors": Interval(1, 30, integer=True),
}
START = {"components": 1, "neighbors": 30}


@dataclass(frozen=True, eq=False, slots=True)
class Table:
    """Measurements, (rows, columns), and the class of each row."""

    rows: np.ndarray
    labels: np.ndarray

    def __repr__(self) -> str:
        return f"Table of {' x '.join(map(str, self.rows.shape))} measurements with classes"


@dataclass(frozen=True, eq=False, slots=True)
class Data:
    """What a stage of the pipeline works on: the training data, and others likewise treated."""

    train: Table
    other: Table


@bundle()
def scale(data: Data) -> Data:
    """Shift and scale each column to mean 0 and variance 1 on the training data."""
    from sklearn.preprocessing import StandardScaler

    return _with_rows(data, StandardScaler().fit(data.train.rows).transform)


@bundle()
def project(data: Data, components: object) -> Data:
    """Project onto so many principal components of the training data."""
    from sklearn.decomposition import PCA

    number = _require_allowed("components", components)
    fitted = PCA(number, svd_solver="full").fit(data.train.rows)
    return _with_rows(data, fitted.transform)


@bundle()
def classify(data: Data, neighbors: object) -> float:
    """The percentage of the other rows whose class is not that of most nearest neighbours."""
    from sklearn.neighbors import KNeighborsClassifier

    model = KNeighborsClassifier(_require_allowed("neighbors", neighbors))
    model.fit(data.train.rows, data.train.labels)
    wrong = model.predict(data.other.rows) != data.other.labels
    return 100 * int(wrong.sum()) / len(wrong)


def _with_rows(data: Data, change: Any) -> Data:
    return Data(*(Table(change(table.rows), table.labels) for table in (data.train, data.other)))


def _require_allowed(name: str, value: object) -> int:
    interval = BOUNDS_OF[name]
    if type(value) is not int or not interval.low <= value <= interval.high:
        raise ValueError(
            f"{name} must be a whole number from {interval.low} to {interval.high}, "
            f"not {quoted(value)}"
        )
    return value


class PipelineProblem(Problem):
    """Minimise the validation error over two hyper-parameters.

    Args:
        rows: of the training data.
        seed: the split.
    """

    context = CONTEXT
    bounds = BOUNDS_OF

    def __init__(self, rows: int, seed: int) -> None:
        self.parameters = tuple(node(v, name=k, trainable=True) for k, v in START.items())
        self._rows, self._seed = rows, seed
        self._validation, self._test = (node(data, name="data") for data in _split(rows, seed))

    def oracle(self) -> Outcome:
        """Fit the pipeline and validate it."""
        try:
            error: Any = _run(self._validation, *self.parameters)
        except ExecutionError as failure:
            return Outcome(failure.exception_node, str(failure.exception_node.data))
        solved = error.data <= self.optimum
        feedback = f"The validation error is {error.data:.4g} %."
        return Outcome(error, feedback, error.data, solved=solved)

    def evaluate(self) -> dict[str, float]:
        """The error on the test data."""
        with stop_tracing():
            try:
                return {"test_error_percent": _run(self._test, *self.parameters).data}
            except ExecutionError:
                return {"test_error_percent": 100.0}

    @property
    def optimum(self) -> float:
        """The lowest validation error of all settings within bounds."""
        return _lowest_error(self._rows, self._seed)


@cache
def _split(rows: int, seed: int) -> tuple[Data, Data]:
    """Training data with validation data, and with test data."""
    import numpy as np

    measured, labels = _measurements()
    order = np.random.default_rng((seed, STREAM)).permutation(len(labels))
    parts = np.split(order, [rows, 2 * rows])
    train, validation, test = (Table(measured[part], labels[part]) for part in parts)
    return Data(train, validation), Data(train, test)


@cache
def _lowest_error(rows: int, seed: int) -> float:
    """The optimum, by trying all."""
    with stop_tracing():
        scaled = scale(node(_split(rows, seed)[0]))
        projected = [project(scaled, number) for number in _values("components")]
        errors = [classify(each, k).data for each in projected for k in _values("neighbors")]
    return float(min(errors))


def _run(data: Node[Data], components: Any, neighbors: Any) -> Any:
    return classify(project(scale(data), components), neighbors)


def _values(name: str) -> range:
    return range(int(BOUNDS_OF[name].low), int(BOUNDS_OF[name].high) + 1)


class Pipeline(Task):
    """Tune an ML pipeline on scikit-learn's bundled data, from its validation error (Example 7).

    Args:
        rows: of the training data; as many validate, and the rest tests.
    """

    metric: ClassVar[str] = "validation error (%)"
    lower_metrics: ClassVar[frozenset[str]] = frozenset({"test_error_percent"})
    worst_score: ClassVar[float | None] = 100.0
    provides: ClassVar[frozenset[str]] = frozenset({FEEDBACK, SCORE, BOUNDS})
    iterations: ClassVar[int] = 30

    def __init__(self, *, rows: Annotated[int, Ge(30), Le(200)] = 100) -> None:
        self.rows = rows

    def problem(self, seed: int) -> PipelineProblem:
        """Trial `seed`: its own split of the data.

        Raises:
            UserError: there is no such trial, or scikit-learn is missing.
        """
        if seed < 0:
            raise UserError(f"seed={seed} is no trial: they are numbered from 0.")
        return PipelineProblem(self.rows, seed)

    def calibrate(self, problem: Problem, score: float) -> float:
        """0 = all is wrong, 1 = the lowest error of all settings."""
        assert isinstance(problem, PipelineProblem)
        return (100 - score) / (100 - problem.optimum)


def _measurements() -> tuple[np.ndarray, np.ndarray]:
    """569 tumours with 30 measurements, benign or malignant: bundled with scikit-learn."""
    try:
        from sklearn.datasets import load_breast_cancer
    except ImportError as error:
        reason = "pipeline needs scikit-learn: pip install 'trace-bench[small]'"
        raise UserError(reason) from error
    return load_breast_cancer(return_X_y=True)  # type: ignore[no-any-return]
