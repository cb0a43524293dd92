"""Where code that an optimizer wrote runs: behind a boundary, in a worker process.

The source that a person wrote and decorated runs as what it is, a function of theirs. From the
first version on that an optimizer wrote, a bundle asks the sandbox of the current context, which
by default is the best one that this machine offers. `docs/safety.md` says what that stops.
"""

from ._access import on_host as on_host
from ._choice import BACKENDS as BACKENDS
from ._choice import ISOLATING as ISOLATING
from ._choice import Availability as Availability
from ._choice import available as available
from ._choice import close as close
from ._choice import current as current
from ._choice import require as require
from ._choice import resolve as resolve
from ._choice import use as use
from ._failures import ProposalError as ProposalError
from ._failures import was_stopped as was_stopped
from ._limits import IMPORTS as IMPORTS
from ._limits import Limits as Limits
from ._program import Program as Program
from ._program import Result as Result
from ._program import Sandbox as Sandbox
