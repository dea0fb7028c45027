.PHONY: demo run test test-engines test-control setup setup-aws setup-test front messages lint audit bench pictures clean
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/uv pip install -q --python $(BIN)/python --require-hashes
ONLY ?=
TESTS ?=
FRONT_SOURCES := $(shell find frontend -type f 2>/dev/null) package.json package-lock.json
MESSAGES := $(shell find src -name '*.po')
PATH := $(CURDIR)/$(BIN):$(PATH)

demo: setup ## run the platform with three sample centres
	@$(BIN)/reservo demo

run: setup ## run this installation
	@$(BIN)/reservo run

setup: $(VENV)/.base front messages

setup-aws: setup $(VENV)/.aws ## also what places of backups in a bucket (S3 API) want

setup-test: setup $(VENV)/.dev

$(BIN)/uv: requirements/tools.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: set PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/tools.txt
	@touch $@

$(VENV)/.base: $(BIN)/uv requirements/base.txt
	@echo "Installing Python packages…"
	@$(INSTALL) -r requirements/base.txt
	@$(BIN)/python -c "import site, pathlib; pathlib.Path(site.getsitepackages()[0], 'reservo.pth').write_text('$(CURDIR)/src\n')"
	@printf '#!%s\nfrom reservo.config.cli import main\n\nmain()\n' "$(CURDIR)/$(BIN)/python" > $(BIN)/reservo
	@chmod +x $(BIN)/reservo
	@touch $@

$(VENV)/.aws: $(VENV)/.base requirements/aws.txt
	@echo "Installing what buckets want…"
	@$(INSTALL) -r requirements/aws.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.base requirements/dev.txt
	@echo "Installing the tools of the tests…"
	@$(INSTALL) -r requirements/dev.txt
	@touch $@

front: build/.front

node_modules/.ready: package-lock.json | $(VENV)/.base
	@echo "Installing front-end packages…"
	@$(BIN)/npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

build/.front: node_modules/.ready $(FRONT_SOURCES)
	@$(BIN)/node frontend/build.mjs
	@rm -rf build/static
	@mkdir -p build && touch $@

messages: build/.messages

build/.messages: $(MESSAGES) | $(VENV)/.base
	@$(BIN)/python scripts/compile_messages.py
	@mkdir -p build && touch $@

test: setup-test ## everything that can be tested with what this machine has
	@$(BIN)/python scripts/preflight.py
	$(BIN)/pytest

test-engines: setup-test ## the same, with every centre on PostgreSQL, then on MariaDB; TESTS=tests/agenda for a part
	RESERVO_TEST_ENGINE=postgresql $(BIN)/pytest $(TESTS)
	RESERVO_TEST_ENGINE=mariadb $(BIN)/pytest $(TESTS)

test-control: setup-test ## the same, with the control plane on PostgreSQL, then on MariaDB
	RESERVO_TEST_CONTROL=postgresql $(BIN)/pytest $(TESTS)
	RESERVO_TEST_CONTROL=mariadb $(BIN)/pytest $(TESTS)

lint: setup-test
	$(BIN)/ruff check src tests scripts bench
	$(BIN)/ruff format --check src tests scripts bench
	$(BIN)/lint-imports
	$(BIN)/mypy src/reservo/core src/reservo/tenancy src/reservo/adapters src/reservo/jobs
	$(BIN)/bandit -q -r src -c pyproject.toml

audit: setup-test ## known vulnerabilities of the locked packages
	$(BIN)/pip-audit --require-hashes --disable-pip -r requirements/base.txt -r requirements/aws.txt

bench: setup-test ## figures beside their baselines; ONLY=name runs one
	$(BIN)/python -m bench $(ONLY)

pictures: setup-test ## the pictures of the README
	$(BIN)/python scripts/pictures.py

clean:
	rm -rf $(VENV) node_modules build src/reservo/ui/static/dist
