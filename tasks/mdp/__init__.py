"""Task `mdp`: a table of actions for a small Markov decision process (the paper's Example 2)."""

from .task import MDP as MDP
