"""Task `traffic`: two green times for a crossing simulated by UXsim (§5.2, App. H.3; Fig. 5b)."""

from .task import Traffic as Traffic
