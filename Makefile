# Everything is behind these commands; `make` alone lists them. What they do is in tools/.
PYTHON ?= python3
VENV_PYTHON = .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup demo stop test test-postgresql test-launchers check fix bench

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-16s %s\n", $$1, $$2}' Makefile

setup: ## Make .venv, install the locked packages, fetch the front-end assets
	@command -v $(PYTHON) >/dev/null || { echo "Espalier needs Python 3.11 or newer, and there is no $(PYTHON)." >&2; exit 1; }
	@$(PYTHON) -m tools.setup

demo: setup ## Start Espalier with example data and print its address (PORT=8000)
	@$(VENV_PYTHON) -m tools.demo start $(PORT)

stop: ## Stop what `make demo` started
	@$(PYTHON) -m tools.demo stop

test: setup ## Run every test, in a real browser too (ARGS="tests/registry -k name" runs some)
	@$(VENV_PYTHON) -m tools.test $(ARGS)

test-postgresql: setup ## The same on a PostgreSQL server that lives as long as the tests
	@$(VENV_PYTHON) -m tools.postgresql $(VENV_PYTHON) -m tools.test $(ARGS)

test-launchers: setup ## The launchers on Podman, Docker and Ray, none left out (as root; ARGS are passed on)
	@$(VENV_PYTHON) -m tools.ray test $(ARGS)

check: setup ## Lint, format, types, templates, imports, migrations, production settings
	@$(VENV_PYTHON) -m tools.check

fix: setup ## Mend what the tools of `make check` can mend
	@.venv/bin/ruff check --fix-only --quiet . && .venv/bin/ruff format --quiet . && .venv/bin/djlint --reformat --quiet templates || true

bench: setup ## Measure the speed (DATABASE_URL names another database, ARGS are passed on)
	@$(VENV_PYTHON) -m benchmarks $(ARGS)
