"""Run parts of a workflow in other processes, or on other machines, as one trace.

A worker sends back what it recorded, and that is joined to the caller's graph: nodes among the
arguments are the caller's own again, so `backward` here reaches the caller's parameters.

    with ProcessPoolExecutor() as pool:
        futures = [remote.submit(pool, workflow, agent, task) for task in batch]
        outputs = [future.result() for future in futures]

Any executor with `submit(function, *args)` will do whose futures have `add_done_callback`: the
standard library's, loky's, Dask's, MPI's.
"""

from ._submit import run as run
from ._submit import submit as submit
