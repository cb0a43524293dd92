# `make demo` and `make test` set up all they need. PYTHON picks the interpreter (3.11 or newer).
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
.DEFAULT_GOAL := help
.PHONY: help setup demo test check docs smoke reproduce-figures

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv && $(BIN)/pip install -q -c constraints.txt -e '.[all,dev]' && touch $@

help:  ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 20

setup: $(READY)  ## make the environment in .venv
demo: $(READY)  ## run the demonstration: two optimizers, 30 problems; OptoPrime with a small LLM here; a picture
	$(BIN)/trace-bench run experiment=demo && $(BIN)/trace-bench plot --statistic median
test: $(READY)  ## run the tests
	$(BIN)/python -m pytest -n 2 --dist worksteal -q
check: $(READY) docs  ## lint, formatting, types and the documentation's links
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy
	$(BIN)/python scripts/cli_help.py --check
docs: $(READY)  ## the documentation as a site in site/; a broken link is an error
	$(BIN)/zensical build --strict
smoke: $(READY)  ## the command line, end to end, with the mocked LLM
	$(BIN)/python scripts/smoke.py
reproduce-figures: $(READY)  ## what is recorded or needs no LLM of the paper's figures, and a report; never paid calls
	$(BIN)/trace-bench reproduce all && $(BIN)/trace-bench report
