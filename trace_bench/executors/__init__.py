"""Where the runs of a sweep are driven: in this process, in others, on other machines."""

from __future__ import annotations

from ._base import Executor as Executor
from ._base import Job as Job
from ._base import Lane as Lane
