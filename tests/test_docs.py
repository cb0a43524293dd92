"""What the documentation shows works as it says."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = {"docs/tracing.md": 6, "README.md": 1}
"""Pages whose Python blocks are one program, with the number of blocks."""


@pytest.mark.parametrize("page", PAGES)
def test_the_python_of_a_page_runs_from_top_to_bottom(page, chat_server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL)
    assert len(blocks) == PAGES[page]
    program = tmp_path / "program.py"
    program.write_text("\n\n".join(blocks), "utf-8")
    namespace = {"__name__": "program", "__file__": str(program)}
    exec(compile(program.read_text("utf-8"), str(program), "exec"), namespace)
    assert chat_server.requests, "the optimizer of the page has asked the LLM"


def test_every_page_is_reached_from_the_navigation():
    listed = set(re.findall(r"[\w-]+\.md", (ROOT / "mkdocs.yml").read_text("utf-8")))
    assert listed == {page.name for page in (ROOT / "docs").glob("*.md")}
