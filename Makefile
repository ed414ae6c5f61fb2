# Every verb sets up what it needs: a machine with Python >= 3.11 and make is enough.
PYTHON ?= $(or $(shell for python in python3.13 python3.12 python3.11 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done),python3)
CHECKED = src tests $(patsubst %/,%,$(sort $(dir $(wildcard benchmarks/*.py docs/*.py scripts/*.py))))
VENV = .venv/.made
DEMO_VENV = .venv-demo/.made
BENCH_VENV = .venv-bench/.made

# Tests start some thousand processes: without kept bytecode each of them would compile the sources anew.
export PYTHONDONTWRITEBYTECODE =

.PHONY: help setup demo test lint bench card docs lock ci-setup soak fuzz mutants clean
.DEFAULT_GOAL := help
.NOTPARALLEL:

help: ## list the verbs
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12

# The version stands in the package, and its tests compare it with what is installed.
$(VENV): requirements/dev.txt requirements/torch.txt scripts/fetch-torch src/focusmesh/__init__.py
$(DEMO_VENV): requirements/demo.txt
$(BENCH_VENV): requirements/bench.txt requirements/apart.txt scripts/fetch-apart requirements/torch.txt scripts/fetch-torch
$(VENV) $(DEMO_VENV) $(BENCH_VENV): requirements/uv.txt pyproject.toml scripts/make-venv
	scripts/make-venv '$(PYTHON)' $(@D) $(filter-out requirements/uv.txt requirements/apart.txt requirements/torch.txt,$(filter requirements/%,$^))
	$(if $(filter requirements/apart.txt,$^),scripts/fetch-apart $(@D) requirements/apart.txt)
	$(if $(filter requirements/torch.txt,$^),scripts/fetch-torch $(@D) requirements/torch.txt)
	@touch $@

setup: $(VENV) ## make the development environment in .venv

demo: $(DEMO_VENV) ## rank the standard library of the running Python and ask it two questions
	.venv-demo/bin/focusmesh demo

test: $(VENV) ## run every test; the last line says what did not run
	.venv/bin/python -m pytest -n auto --dist loadfile

lint: $(VENV) ## ruff, strict mypy, import contracts; lists tables that are older than their code
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy --strict --num-workers auto $(CHECKED)
	.venv/bin/lint-imports
	.venv/bin/python -m benchmarks.staleness

bench: $(BENCH_VENV) ## measure against the peers; prints ratios, writes JSON and the tables and plots of the pages
	.venv-bench/bin/python -m benchmarks --tracked
	.venv-bench/bin/python -m benchmarks.page

docs: $(VENV) ## build the pages into docs/_build
	.venv/bin/sphinx-build -W --keep-going -q -b html docs docs/_build/html

card: $(VENV) ## test and measure on an NVIDIA card, CuPy being in .venv; keeps all of it in benchmarks/results/card.json
	.venv/bin/python -m benchmarks.cards.card -o benchmarks/results/card.json

soak: $(VENV) ## the tests that take too long for every change
	FOCUSMESH_SOAK=1 .venv/bin/python -m pytest -n auto --dist loadfile

FUZZ_SECONDS ?= 60
fuzz: $(VENV) ## fuzz every reader of what strangers hand in, FUZZ_SECONDS each; findings and corpora are kept in .cache/fuzz
	.venv/bin/python -m tests.fuzz --seconds $(FUZZ_SECONDS) --keep .cache/fuzz

MUTANTS ?= 40
mutants: $(VENV) ## change the core in MUTANTS places of each area and see whether its tests notice; hours of processor time
	.venv/bin/python -m tests.mutants --count $(MUTANTS) --json benchmarks/results/mutants.json

lock: $(VENV) ## resolve the locked environments anew
	scripts/lock

ci-setup: ## install system packages; the only verb that does
	scripts/ci-setup

clean: ## remove environments, caches (of compiled kernels too) and what was built
	rm -rf "$${XDG_CACHE_HOME:-$$HOME/.cache}/focusmesh-tests"
	rm -rf .venv .venv-demo .venv-bench .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist docs/_build
	find src tests docs $(wildcard benchmarks) -name __pycache__ -prune -exec rm -rf {} +
