# Start with `make run` and `make test`; both install everything they need.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
TESTS ?= not trial
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# Compile modules even if the environment disables it: the test suite starts a hundred processes.
export PYTHONDONTWRITEBYTECODE =

.PHONY: help install run test check lint format types migrate migration seed openapi bench bench-growth stats lock clean
.PHONY: fuzz crash faults stopping machine restore mutants trials

help: ## List all targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: .venv/installed ## Create .venv with the locked dependencies

.venv/installed: requirements/dev.txt requirements/run.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --no-deps --no-compile --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

run: install ## Migrate, load seed_content/ and serve on HOST:PORT (127.0.0.1:8000)
	@exec $(BIN)/twentyone serve --seed seed_content

test: install ## Run the test suite, on SQLite and on PostgreSQL
	$(BIN)/pytest -n 3 --dist worksteal -m "$(TESTS)"

check: lint ## Run all checks of CI: the test suite, short trials, and types
	@$(MAKE) --no-print-directory -j2 types test TESTS=

lint: install ## Check format, style and import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: install ## Check types
	$(BIN)/mypy

format: install ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

migrate: install ## Migrate the database
	$(BIN)/twentyone migrate

migration: install migrate ## Generate a migration from the models: make migration NAME=add_bookmarks
	$(BIN)/alembic revision --autogenerate -m "$(NAME)" --rev-id "$$(date -u +%Y%m%d)_$(NAME)"

seed: install migrate ## Load seed_content/
	$(BIN)/twentyone content load seed_content

openapi: install ## Write docs/openapi.json
	$(BIN)/twentyone openapi > docs/openapi.json

bench: install ## Run the benchmarks (seven minutes)
	$(BIN)/python -m bench

bench-growth: install ## Benchmark PostgreSQL with a million runs (5 GB of disk, some minutes)
	$(BIN)/python -m bench.parts.journey_growth

stats: install ## Check code statistics and the length of five requests against limits
	$(BIN)/python -m tests.structure.code_statistics

fuzz: install ## Fuzz the API from its OpenAPI document: N=5000 requests per database
	$(BIN)/python -m trials.fuzz $(or $(N),5000) $(SEED)

crash: install ## Kill servers, databases and commands, and fill the disk: N=25 kills per server
	$(BIN)/python -m trials.crash $(N)
	$(BIN)/python -m trials.crash.full_disk

faults: install ## Inject database faults under load: SECONDS=8 per fault
	$(BIN)/python -m trials.faults $(SECONDS)

stopping: install ## Stop servers under load: N=3 rounds
	$(BIN)/python -m trials.stopping $(N)

machine: install ## Send random requests of several members, and check invariants: N=200 scenarios per database
	$(BIN)/python -m trials.machine $(N)

restore: install ## Back up under load and restore: N=5 rounds per database
	$(BIN)/python -m trials.backup $(N)

mutants: install ## Run mutation tests: FILES=app/journey/rules/merge.py
	$(BIN)/python -m trials.mutants $(FILES)

trials: fuzz crash faults stopping machine restore mutants ## Run all trials

lock: install ## Lock the dependencies with hashes, without index URLs
	cd requirements && ../$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-annotate --no-header ../pyproject.toml -o run.txt
	cd requirements && ../$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-annotate --no-header --extra dev -c run.txt ../pyproject.toml -o dev.txt

clean: ## Remove .venv, builds and caches; keep var/
	rm -rf .venv dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
