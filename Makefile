# Two commands matter: `make run` starts the site, `make test` checks everything.
.DEFAULT_GOAL := help
.PHONY: help run test soak bench bench-quick lint format messages screenshots lock audit clean
PY := .venv/bin/python

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

run: ## start the whole site on http://127.0.0.1:${PORT:-8000}, data under ${DATA_DIR:-var}
	@tools/environment.sh embedded
	@exec $(PY) -m mitai.supervisor --end-with-parent

test: ## run every check and every test; brings database, broker and browser
	@tools/environment.sh development
	@tools/chromium.sh
	@exec $(PY) -m tools.gate

bench: ## measure speed, size and memory against their budgets (ten minutes); report under ${DATA_DIR:-var}/bench
	@tools/environment.sh development
	@exec $(PY) -m tests.load

bench-quick: ## the same in two minutes, with fewer repetitions and rows
	@tools/environment.sh development
	@exec $(PY) -m tests.load --quick

soak: ## kill, crowd, double, restart and fill up for ten minutes: SOAK_SEED, SOAK_MINUTES, SCENARIOS
	@tools/environment.sh development
	@exec $(PY) -m tests.soak $(SCENARIOS)

lint: ## run the checks without the tests
	@tools/environment.sh development
	@exec $(PY) -m tools.gate --without-tests

format: ## format the Python code and sort its imports
	@tools/environment.sh development
	@$(PY) -m ruff check --fix --quiet . && $(PY) -m ruff format .

messages: ## bring the German catalogue in step with the code and compile it
	@tools/environment.sh development
	@$(PY) -m tools.messages update

screenshots: ## take pictures of every page into DATA_DIR/screenshots and say what is wrong in them
	@tools/environment.sh development
	@tools/chromium.sh
	@exec $(PY) -m tools.screenshots

lock: ## pin the newest versions pyproject.toml allows, with hashes (needs the network)
	@tools/environment.sh development
	@$(PY) -m tools.locks update

audit: ## ask the public advisory database about the pinned versions (needs the network)
	@tools/environment.sh development
	@$(PY) -m tools.locks audit

clean: ## remove the environment and caches; DATA_DIR stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
