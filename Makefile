# `make` alone explains itself. Everything runs in a Python environment of the project's own, which
# the first target that needs it makes from requirements.lock.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SEED ?= 1
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## Show this list
	@echo "Quota Invoice OCR: images of quota invoices in a bucket become JSON records"
	@echo
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-22s %s\n", $$1, $$2}'
	@echo
	@echo "Variables: PYTHON (3.10 to 3.13; now $(PYTHON)), VENV (now $(VENV))"

$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' \
		|| { echo "error: $(PYTHON) is $$($(PYTHON) --version 2>&1); this needs Python 3.10 to 3.13: make PYTHON=python3.12 …" >&2; exit 1; }
	@echo "Installing packages into $(VENV); once, about a minute …"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.PHONY: install
install: $(READY) ## Make the Python environment; the others do so by themselves

.PHONY: demo
demo: $(READY) ## Turn the sample invoices into records, on real parts, on this machine
	@$(BIN)/python -m local demo

.PHONY: up
up: $(READY) ## Keep the local cloud running, to try one's own images
	@$(BIN)/python -m local up

.PHONY: invoke
invoke: $(READY) ## Hand one event to the function: make invoke EVENT=events/eventgrid.json
	@test -n "$(EVENT)" || { echo "error: name an event: make invoke EVENT=events/eventgrid.json" >&2; exit 2; }
	@$(BIN)/python -m local invoke "$(EVENT)"

.PHONY: backfill
backfill: $(READY) ## Have the deployed function read what has no record: make backfill [PREFIX=2026/] [DRY_RUN=1]
	@PYTHONPATH=handler $(BIN)/python -m ops.backfill --prefix "$(PREFIX)" $(if $(DRY_RUN),--dry-run) $(BACKFILL)

.PHONY: test
test: $(READY) ## Run all tests
	@$(BIN)/python -m pytest $(TESTS)

.PHONY: lint
lint: $(READY) ## Check style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

.PHONY: drawing-fonts
drawing-fonts: $(VENV)/.fonts ## Install the fonts that invoices are drawn with

$(VENV)/.fonts: $(READY) requirements-drawing.lock
	@echo "Installing fonts, 85 MB; once …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-drawing.lock
	@touch $@

.PHONY: samples
samples: $(VENV)/.fonts ## Draw the sample invoices anew
	@$(BIN)/python -m ops.drawing samples

.PHONY: bench-ocr
bench-ocr: $(VENV)/.fonts $(VENV)/.stock ## Measure reading beside the stock engine: make bench-ocr SEED=7 [FOLDER=photos]
	@$(BIN)/python -m ops.bench_ocr --seed $(SEED) $(if $(FOLDER),--folder $(FOLDER)) $(BENCH)

$(VENV)/.stock: $(READY) requirements-bench.lock
	@echo "Installing ONNX Runtime, which the stock engine runs on; once …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@touch $@

$(VENV)/.function: $(READY) requirements-function.lock
	@echo "Installing the function's packages for its runtime; once …"
	@rm -rf $(VENV)/function
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
		--no-compile --target $(VENV)/function --python-version 3.12 --only-binary=:all: \
		--platform manylinux_2_28_x86_64 --platform manylinux2014_x86_64 --platform manylinux1_x86_64 \
		--no-binary=crcmod,esdk-obs-python -r requirements-function.lock
	@touch $@

.PHONY: package
package: $(VENV)/.function ## Make build/function.zip, which is deployed, and run it by itself
	@$(BIN)/python -m ops.package build --packages $(VENV)/function --python "$(RUNTIME_PYTHON)"
	@$(BIN)/python -m ops.package check --python "$(RUNTIME_PYTHON)"

.PHONY: lock
lock: $(READY) ## Renew requirements.lock from pyproject.toml
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --extra local --extra dev \
		pyproject.toml handler/requirements.txt --output-file requirements.lock
	@$(BIN)/uv pip compile --quiet --python-version 3.12 --python-platform x86_64-manylinux_2_28 \
		--generate-hashes --no-emit-index-url --no-header --no-annotate \
		handler/requirements.txt --output-file requirements-function.lock

.PHONY: clean
clean: ## Remove what was made: records, logs, caches; not the environment
	@rm -rf build .mypy_cache .pytest_cache .ruff_cache .hypothesis
