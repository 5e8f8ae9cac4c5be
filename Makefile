# The two commands of a newcomer: `make demo` and `make test`. Nothing but Python 3.11 and make is needed.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: install demo test check run bench effect slow chaos browser pictures cli-triggers lock clean

install: .venv/installed ## make .venv and install everything into it

.venv/installed: requirements-dev.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

demo: install ## a small business lives a year, then the clock runs on
	$(BIN)/reclaim demo

run: install ## web and worker in one process, with your own settings
	$(BIN)/reclaim serve

test: check ## every check, and the suite on SQLite and PostgreSQL
	$(BIN)/python -m pytest -n 3 --dist worksteal

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile
	$(BIN)/compose-lint compose.yaml
	$(BIN)/python -m tests.migrations_match

bench: install ## ratios, measured side by side in one run
	$(BIN)/python -m benchmarks

effect: install ## policies compared over simulated worlds; `python -m simulator honesty` tests the report
	$(BIN)/python -m simulator

slow: install ## the long versions: years over every zone, thousands of forgeries, each trigger
	$(BIN)/python -m pytest -n 3 --dist worksteal --slow

chaos: install ## kill workers and the mail server while mails go out
	$(BIN)/python -m pytest -n 0 tests/chaos --chaos

browser: .venv/browser ## every page in a real Chromium: keyboard, widths, both colour schemes, axe
	$(BIN)/python -m pytest -n 0 tests/browser --browser

pictures: .venv/browser ## the pictures of the cancel page in docs/
	$(BIN)/python -m tests.browser.pictures

.venv/browser: .venv/installed requirements-browser.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-browser.txt
	touch $@

cli-triggers: install ## every trigger of the provider's own command line against the stand-in
	$(BIN)/python -m tests.sandbox.official_cli

lock: ## write the locked requirements anew from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --generate-hashes --universal --python-version 3.11 \
		--no-emit-index-url --no-header --quiet --output-file requirements.txt
	$(BIN)/uv pip compile pyproject.toml --extra dev --generate-hashes --universal --python-version 3.11 \
		--no-emit-index-url --no-header --quiet --output-file requirements-dev.txt
	$(BIN)/uv pip compile pyproject.toml --extra dev --extra browser --generate-hashes --universal --python-version 3.11 \
		--no-emit-index-url --no-header --quiet --output-file requirements-browser.txt

clean:
	rm -rf .venv var build dist *.egg-info
