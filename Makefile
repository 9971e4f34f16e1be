# Needs python3 (3.11 to 3.13) and make; everything else is fetched from the package registry into .venv.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
LOCKS = requirements/dev.lock requirements/bare.lock
PIP = $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet
PIP_TOOLS = --no-deps --require-hashes

.PHONY: setup call serve test test-one check bench soak clean

setup: $(VENV)/.ready

$(VENV)/.ready: $(LOCKS) pyproject.toml requirements/run.in
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else f"ivr needs Python 3.11 to 3.13; this is {v[0]}.{v[1]}. Say which to use: make PYTHON=python3.12 ...")'
	@echo "setting up $(VENV) (once; about a minute)"
	@$(PYTHON) -m venv $(VENV) || { echo "python3 has no venv module here: install your system's python3-venv package"; exit 3; }
	@$(PIP) install $(PIP_TOOLS) -r requirements/dev.lock
	@$(PIP) install $(PIP_TOOLS) -r requirements/bare.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

call: setup
	@$(BIN)/ivr demo

serve: setup
	@$(BIN)/ivr serve

test: setup
	@$(MAKE) --no-print-directory test-one VENV=$(VENV)
	@if [ -z "$(TEST_313)" ]; then echo "Python 3.13: no interpreter found here, its run is left out"; \
	 else $(MAKE) --no-print-directory setup PYTHON=$(TEST_313) VENV=.venv-3.13 && $(MAKE) --no-print-directory test-one VENV=.venv-3.13; fi

# The second interpreter, if there is one that runs and is not the one of .venv.
TEST_313 ?= $(shell python3.13 -c 'import sys; print(sys.executable)' 2>/dev/null)

test-one:
	@$(BIN)/python -m pytest

check: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python tests/docs/yaml_in_docs.py

# ARGS="--levels 1,50" and the like.
bench: setup
	@$(BIN)/python -m bench $(ARGS)

soak: setup
	@$(BIN)/python -m bench.soak $(ARGS)

clean:
	rm -rf .venv .venv-3.13 data
