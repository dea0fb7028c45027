.PHONY: setup test
PYTHON ?= python3.11

setup: .venv/.ready

.venv/.ready: requirements/dev.txt pyproject.toml
	test -d .venv || $(PYTHON) -m venv .venv
	.venv/bin/pip install -q --require-hashes -r requirements/dev.txt
	touch $@

test: setup
	PYTHONPATH=src .venv/bin/pytest
