"""Meta-World's scripted policy as an expert that says where to go, and as a reader of states."""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Any

from .names import SUFFIX

if TYPE_CHECKING:
    import numpy as np

HIDDEN = ("unused", "extra_info")
"""Parts of the state with these words in their names are not observed."""


class Expert:
    """The scripted policy of an environment.

    It is written to say how fast the hand should move, which is a gain times the way to where it
    should be; here it says the place instead.
    """

    def __init__(self, env: str) -> None:
        from metaworld.policies import ENV_POLICY_MAP

        policy: Any = ENV_POLICY_MAP[env + SUFFIX]
        self._policy, act = policy(), policy.get_action
        # The same code with another `move`: a computed speed would have lost the place by rounding,
        # and Meta-World warns of each speed above 1.
        self._act = FunctionType(act.__code__, {**act.__globals__, "move": self._note})
        self._place: Any = None
        self._gain = 0.0

    def fields(self, state: np.ndarray) -> dict[str, list[float]]:
        """The named parts of a state, all as lists, without those that are hidden."""
        import numpy as np

        parsed = self._policy._parse_obs(state)
        seen = {k: v for k, v in parsed.items() if not any(word in k for word in HIDDEN)}
        return {name: np.atleast_1d(value).tolist() for name, value in seen.items()}

    def target(self, state: np.ndarray) -> np.ndarray:
        """Where the hand should be, in metres, and the effort of the gripper: four numbers."""
        import numpy as np

        effort = self._act(self._policy, state)[3]
        return np.array([*self._place, round(float(effort), 6)])

    def gain(self, state: np.ndarray) -> float:
        """By what the policy multiplies a way, in 1/m, in this state."""
        self.target(state)
        return self._gain

    def _note(self, from_xyz: Any, to_xyz: Any, p: float) -> Any:
        import numpy as np

        self._place, self._gain = np.broadcast_to(to_xyz, 3), p  # handle-pull's may be one number
        return to_xyz - from_xyz
