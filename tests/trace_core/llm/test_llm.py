from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from trace_core.llm import LLM_KINDS, MockLLM, OpenAIClient, llm_class

CONF = Path(__file__).parents[3] / "conf" / "llm"


@pytest.mark.parametrize("kind", LLM_KINDS)
def test_a_config_holds_every_setting_with_its_default(kind, monkeypatch):
    monkeypatch.delenv("OPENAI_MODEL", raising=False)
    config = OmegaConf.to_container(OmegaConf.load(CONF / f"{kind}.yaml"), resolve=True)
    assert config.pop("name") == config.pop("kind") == kind
    assert config.pop("description")
    config.pop("cache", None)  # the harness's own key
    signature = inspect.signature(llm_class(kind))
    assert config == {name: p.default for name, p in signature.parameters.items()}


def test_the_model_may_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("OPENAI_MODEL", "my-model")
    assert OmegaConf.load(CONF / "openai.yaml").model == "my-model"


def test_kinds_have_classes():
    assert (llm_class("openai"), llm_class("mock")) == (OpenAIClient, MockLLM)
    with pytest.raises(KeyError):
        llm_class("oracle")


def test_importing_the_package_imports_no_client():
    program = (
        "import trace_core.llm, sys\n"
        "heavy = {'openai', 'httpx', 'httpx2', 'pydantic', 'numpy', 'omegaconf'}\n"
        "print(heavy & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.stdout == "set()\n"
