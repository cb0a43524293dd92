"""The harness: composes, runs, resumes and draws what `tasks` and `baselines` offer."""

__version__ = "0.1.0"
