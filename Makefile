# govline: two commands for a newcomer (make demo, make test); the rest is for those who build it.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.govline-setup
WORKERS ?= 2
SEED   ?= 20261122
NAME   ?=
SUITE   = $(BIN)/python -m pytest -q --randomly-seed=$(SEED)

unexport PYTHONDONTWRITEBYTECODE  # hundreds of processes of a test run would each compile everything

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow shuffle check bench docs clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(STAMP) ## make or refresh .venv with every extra (uv is used when present)

$(STAMP): pyproject.toml
	@if command -v uv >/dev/null 2>&1; then \
	  test -x $(BIN)/python || uv venv -q --python "$$(command -v $(PYTHON))" $(VENV); \
	  uv pip install -q --python $(BIN)/python -e '.[all]' --group dev --group docs; \
	else \
	  test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV); \
	  $(BIN)/python -m pip install -q --disable-pip-version-check 'pip>=25.1'; \
	  $(BIN)/python -m pip install -q --disable-pip-version-check -e '.[all]' --group dev --group docs; \
	fi
	@touch $@

demo: setup ## run the demo town on SQLite in the browser simulator
	$(BIN)/govline demo

test: setup ## everything but kill, soak and load runs
	$(SUITE) -n $(WORKERS) --dist worksteal -m "not slow" tests

test-slow: setup ## kill, soak and load runs
	$(SUITE) -m slow tests

shuffle: SEED := $(strip $(shell od -An -N4 -tu4 /dev/urandom))
shuffle: setup ## make test in another order with other examples; SEED=n repeats one
	@echo "SEED=$(SEED)"
	$(SUITE) -n $(WORKERS) --dist worksteal -m "not slow" --hypothesis-profile=explore --hypothesis-seed=$(SEED) tests

check: setup ## format, lint, types, floors
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup ## make bench NAME=store
	$(BIN)/python -m benchmarks $(NAME) --json

docs: setup ## build the documents (ja and en)
	$(BIN)/python -m sphinx -q -W -b html docs docs/_build

clean: ## remove what was built
	rm -rf $(VENV) dist build docs/_build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
