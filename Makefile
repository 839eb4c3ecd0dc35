# `make run` and `make test` are all that a newcomer needs; both set everything up themselves.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# Modules are compiled once, even where the environment says not to: the suite starts a hundred processes.
export PYTHONDONTWRITEBYTECODE =

.PHONY: help install run test check lint format types migrate migration seed openapi bench bench-versions bench-growth stats lock clean
.PHONY: fuzz crash faults stopping machine restore mutants trials

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: .venv/installed ## Make the environment in .venv, exactly as locked

.venv/installed: requirements/dev.txt requirements/run.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --no-deps --no-compile --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

run: install ## Migrate, load seed_content/ and serve on HOST:PORT (127.0.0.1:8000)
	@exec $(BIN)/twentyone serve --seed seed_content

test: install ## Run the whole suite, on SQLite and on PostgreSQL
	$(BIN)/pytest -n 3 --dist worksteal

check: lint ## Everything that CI checks
	@$(MAKE) --no-print-directory -j2 types test

lint: install ## Check format, style and import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: install ## Check types
	$(BIN)/mypy

format: install ## Write the code in the one format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

migrate: install ## Bring the database's tables to this version
	$(BIN)/twentyone migrate

migration: install migrate ## Draft a migration from the models: make migration NAME=add_bookmarks
	$(BIN)/alembic revision --autogenerate -m "$(NAME)" --rev-id "$$(date -u +%Y%m%d)_$(NAME)"

seed: install migrate ## Load seed_content/
	$(BIN)/twentyone content load seed_content

openapi: install ## Write docs/openapi.json
	$(BIN)/twentyone openapi > docs/openapi.json

bench: install ## Measure everything, as ratios in one run, in seven minutes
	$(BIN)/python -m bench

bench-versions: install ## Measure this version and another one in one run: make bench-versions BEFORE=../before
	$(BIN)/python -m bench.versions "$(BEFORE)"

bench-growth: install ## Fill PostgreSQL with a million runs, and measure what that costs (needs 8 GB and some minutes)
	$(BIN)/python -m bench.parts.journey_growth

stats: install ## Measure size and shape of the code, and the length of five requests, against limits
	$(BIN)/python -m bench.stats

fuzz: install ## Send what the document describes, and what it doesn't: N=5000 cases on each database
	$(BIN)/python -m trials.fuzz $(N) $(if $(SEED),--seed $(SEED))

crash: install ## Kill servers, databases and commands at any moment, and fill the disk: N=25 kills of each server
	$(BIN)/python -m trials.crash $(N)
	$(BIN)/python -m trials.crash.full_disk

faults: install ## Stop, restart, slow down and freeze the database under load: SECONDS=8 of each
	$(BIN)/python -m trials.faults $(SECONDS)

stopping: install ## Stop servers under load: N=3 rounds
	$(BIN)/python -m trials.stopping $(N)

machine: install ## Members at once against a model of what they may see: N=200 examples on each database
	$(BIN)/python -m trials.machine $(N)

restore: install ## Back up under load, restore, and look for what was acknowledged: N=5 rounds on each database
	$(BIN)/python -m trials.backup $(N)

mutants: install ## Make small faults in the rules, and see that the tests notice: FILES=app/journey/rules/merge.py
	$(BIN)/python -m trials.mutants $(FILES)

trials: fuzz crash faults stopping machine restore mutants ## All of these, one after the other

lock: install ## Lock the dependencies anew, with hashes and without addresses
	cd requirements && ../$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-annotate --no-header ../pyproject.toml -o run.txt
	cd requirements && ../$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-annotate --no-header --extra dev -c run.txt ../pyproject.toml -o dev.txt

clean: ## Remove the environment and what was built; var/ stays
	rm -rf .venv dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
