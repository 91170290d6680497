# Two commands: `make demo` makes pictures, `make test` runs all tests. Both build .venv first. Outside this folder they write
# the asset cache (manikin assets pull) and, for the demo, Prefect's database.

PYTHON ?= python3
IMAGES ?= 64
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test lint format benchmark clean
.DELETE_ON_ERROR:

demo: .venv/installed
	$(BIN)/manikin synth --images $(IMAGES) --root demo --name demo --shard 32 --sheet demo/contact_sheet.png

test: .venv/installed-dev
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile $(ARGS)

# The tools that read code without importing it see the folders as one package through links.
lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	mkdir -p build/typed/manikin
	ln -sfn $(foreach d,flows tasks storage validation manikin/__init__.py manikin/py.typed,$(CURDIR)/$(d)) build/typed/manikin/
	cd build/typed && $(CURDIR)/$(BIN)/lint-imports --config $(CURDIR)/pyproject.toml --no-cache
	cd build/typed && $(CURDIR)/$(BIN)/mypy --config-file $(CURDIR)/pyproject.toml manikin

format: .venv/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

benchmark: .venv/installed-dev
	$(BIN)/python benchmarks/chain.py

clean:
	rm -rf .venv build demo

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
		|| { echo "$(PYTHON) is $$($(PYTHON) --version), expected Python 3.11 to 3.13; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python pyproject.toml constraints.txt
	@echo "installing into .venv (about 1 GB, a minute or two)"
	$(PIP) install --constraint constraints.txt --editable .
	@touch $@

.venv/installed-dev: .venv/installed
	$(PIP) install --constraint constraints.txt --editable ".[dev,gl]"
	@touch $@
