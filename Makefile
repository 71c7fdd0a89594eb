# Two commands matter: `make demo` and `make test`. Needs Python 3.11 or later, on Debian.

VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test campaign check bench lock vendor hooks clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo:  ## Install, then run everything on this machine (Ctrl-C stops it; ARGS="--help" for options)
	@.ci/environment run
	@exec $(BIN)/contactcenter demo $(ARGS)

test:  ## Install, then run every test, the browser's included (PICTURES=1 keeps pictures of the pages)
	@.ci/environment test
	@.ci/browser
	$(BIN)/pytest -n 4 --dist worksteal --durations=20 tests/fault tests/integration tests/property tests/unit
	$(BIN)/pytest -n 2 --dist worksteal --durations=10 tests/e2e

campaign:  ## Run what is too long for each change: whole fault tables, many seeds, the full race
	@.ci/environment test
	@.ci/browser
	$(BIN)/pytest -n 2 --dist worksteal -m campaign tests

check:  ## Format, lint, types, layers and sizes, the quickest first
	@.ci/environment test
	@.ci/check

bench:  ## Print the figures of the main line, routing, the race, the floods and the acts as JSON (about 4 minutes)
	@.ci/environment test
	@$(BIN)/python -m tests.bench slice --quick $(ARGS)
	@$(BIN)/python -m tests.bench routing --quick $(ARGS)
	@$(BIN)/python -m tests.bench race --quick $(ARGS)
	@$(BIN)/python -m tests.bench flood --quick $(ARGS)
	@$(BIN)/python -m tests.bench acts --quick $(ARGS)

lock:  ## Resolve the dependencies again (ARGS="--upgrade" to move them)
	@.ci/environment test
	@.ci/lock $(ARGS)

vendor:  ## Copy the browser libraries that the npm lock names into the repository
	@.ci/environment test
	cd contactcenter/desk/vendor-packages && export PATH="$(CURDIR)/$(BIN):$$PATH" && npm ci && npm run vendor

hooks:  ## Run the quick checks before each commit
	@.ci/environment test
	$(BIN)/pre-commit install

clean:  ## Remove what the tools made; the demo's records (.data) stay
	rm -rf $(VENV) .ci/node/node_modules .cache build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
