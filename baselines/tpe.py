"""The tree-structured Parzen estimator of Optuna: a strong black box of today, not in the paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from annotated_types import Ge

from trace_core import ParameterNode, UserError
from trace_core.optimizers import BlackBox, Point
from trace_core.opto import Interval

STREAM = 0x79E
"""Sets the random stream apart from others that are seeded with the number of the trial."""


class TPE(BlackBox):
    """Proposes where good points are dense and bad ones are not (Bergstra et al., 2011).

    The common start is the first trial; points may repeat, as Optuna lets them. A failure counts as
    the worst evaluation so far: Optuna would leave failed trials out of all that it learns.

    Args:
        parameters: numbers.
        bounds: an interval for each parameter, by base name.
        lower_is_better: which scores are good.
        random_points: evaluations before the estimator proposes; the start is one of them.
        seed: decides all that is random.
    """

    version: ClassVar[int] = 2

    def __init__(
        self,
        parameters: Sequence[ParameterNode[Any]],
        bounds: Mapping[str, Interval],
        lower_is_better: bool = True,
        *,
        random_points: Annotated[int, Ge(1)] = 10,
        seed: int = 0,
    ) -> None:
        import numpy as np

        super().__init__(parameters, bounds, lower_is_better)
        optuna = _optuna()
        drawn = int(np.random.default_rng((seed, STREAM)).integers(2**32))
        sampler = optuna.samplers.TPESampler(n_startup_trials=random_points, seed=drawn)
        self._study = _silent_study(optuna, sampler)
        self._failed = optuna.trial.TrialState.FAIL
        self._names = [p.base_name for p in parameters]
        kinds = {
            True: optuna.distributions.IntDistribution,
            False: optuna.distributions.FloatDistribution,
        }
        self._space = {
            p.base_name: kinds[i.integer](i.low, i.high)
            for p, i in zip(parameters, self.intervals, strict=True)
        }
        start = dict(zip(self._names, self.fitting([p.data for p in parameters]), strict=True))
        self._study.enqueue_trial(start)
        self._trial = self._study.ask(self._space)

    def ask(self) -> Sequence[float]:
        """Begin a trial."""
        self._trial = self._study.ask(self._space)
        return [self._trial.params[name] for name in self._names]

    def tell(self, point: Point, cost: float | None) -> None:
        """End the trial."""
        cost = self.or_highest(cost)
        if cost is None:
            self._study.tell(self._trial, state=self._failed)
        else:
            self._study.tell(self._trial, cost)


def _silent_study(optuna: Any, sampler: Any) -> Any:
    """A study in memory; Optuna would announce it on stderr."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        return optuna.create_study(sampler=sampler)
    finally:
        optuna.logging.set_verbosity(before)


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise UserError("tpe needs optuna: pip install 'trace-bench[traffic]'") from error
    return optuna
