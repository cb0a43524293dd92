"""Gaussian process minimization with scikit-optimize (App. H.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, ClassVar

from annotated_types import Ge

from trace_core import ParameterNode, UserError
from trace_core.optimizers import BlackBox, Point
from trace_core.opto import Interval

STREAM = 0x6A55
"""Sets the random stream apart from others that are seeded with the number of the trial."""


class GP(BlackBox):
    """Evaluates where a Gaussian process, fitted to all scores, has its least lower bound.

    The paper's rules: the common start, then random points, then the model; a point that was
    evaluated before is replaced by a random one, converged or not. A failed evaluation counts as
    the worst so far.

    Args:
        parameters: numbers.
        bounds: an interval for each parameter, by base name.
        lower_is_better: which scores are good.
        random_points: random points between the start and the model's first proposal.
        kappa: how many standard deviations below the mean the bound is; larger explores more.
        seed: decides all that is random.
    """

    thread_safe: ClassVar[bool] = False
    """The filters of warnings belong to the process."""
    cpu_bound: ClassVar[bool] = True

    def __init__(
        self,
        parameters: Sequence[ParameterNode[Any]],
        bounds: Mapping[str, Interval],
        lower_is_better: bool = True,
        *,
        random_points: Annotated[int, Ge(1)] = 10,
        kappa: Annotated[float, Ge(0)] = 1.96,
        seed: int = 0,
    ) -> None:
        import numpy as np

        super().__init__(parameters, bounds, lower_is_better)
        self._rng = np.random.RandomState(np.random.MT19937(np.random.SeedSequence((seed, STREAM))))
        with _contained():
            self._model = self._build(random_points, kappa)

    def ask(self) -> Sequence[float]:
        """The model's choice, or a random point in its stead."""
        with _contained():
            point = self._model.ask()
            if self.was_evaluated(point):
                point = self._model.space.rvs(random_state=self._rng)[0]
        return list(point)

    def tell(self, point: Point, cost: float | None) -> None:
        """Fit the model anew."""
        cost = self.or_highest(cost)
        if cost is not None:
            with _contained():
                self._model.tell(list(point), cost)

    def _build(self, random_points: int, kappa: float) -> Any:
        skopt = _import("skopt")
        kinds = {True: skopt.space.Integer, False: skopt.space.Real}
        space = [kinds[i.integer](i.low, i.high) for i in self.intervals]
        seed = self._rng.randint(2**31 - 1)
        # scikit-optimize's own model, its kernel fitted from one start in place of three: the same
        # proposals in the runs compared, in less than half the time.
        model = skopt.utils.cook_estimator("GP", space, random_state=seed, n_restarts_optimizer=0)
        return skopt.Optimizer(
            space,
            base_estimator=model,
            # The start is the first of scikit-optimize's initial points.
            n_initial_points=random_points + 1,
            acq_func="LCB",
            acq_func_kwargs={"kappa": kappa},
            # The least of 10,000 random points; a gradient search from there would double the
            # time for fractions of whole numbers.
            acq_optimizer="sampling",
            random_state=self._rng,
        )


@contextmanager
def _contained() -> Iterator[None]:
    """One thread for linear algebra (eight times as fast on two cores), and no warnings.

    The warnings are about repeated points, which is the rule here, and about fits at the edge of
    the kernel's bounds.
    """
    import warnings

    threadpoolctl = _import("threadpoolctl")
    with threadpoolctl.threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _import(name: str) -> Any:
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError as error:
        raise UserError("gp needs scikit-optimize: pip install 'trace-bench[traffic]'") from error
