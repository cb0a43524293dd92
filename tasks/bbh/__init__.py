"""Task `bbh`: prompts and code of an LLM workflow are learnt together (§5.3, App. H.4; Table 1)."""

from .task import BBH as BBH
