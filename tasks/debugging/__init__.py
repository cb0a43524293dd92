"""Task `debugging`: repair the code of a small function from failing tests (Example 5)."""

from .task import Debugging as Debugging
