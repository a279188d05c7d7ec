# Two commands for a new user: `make demo` shows ymir at work, `make test` checks it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DETECTOR := executors/tinydet
GPU_DETECTOR := executors/rtdetr
DEMO := demo
LOCK := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes

.PHONY: demo test docs soak fuzz check setup detector gpu-detector bench lock release clean

demo: setup detector ## run the helmet example until its goal is met
	test -d $(DEMO)/specs || $(BIN)/ymir init --example helmet $(DEMO)
	$(BIN)/ymir apply --workspace $(DEMO)

test: check $(DETECTOR)/.venv/.made ## everything: the checks, then all tests, a file to a core
	$(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

docs: $(VENV)/.dev ## the documentation, into build/docs/: open its index.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

soak: $(VENV)/.dev ## hours of faults: people, storms, laws, disks, a kill at every effect; needs Label Studio
	YMIR_REQUIRE=labelstudio YMIR_SOAK=$${YMIR_SOAK:-25} $(BIN)/pytest tests/loop/test_label_studio.py
	YMIR_SOAK=$${YMIR_SOAK:-25} $(BIN)/pytest tests/watching/test_storm.py
	YMIR_SOAK=$${YMIR_SOAK:-25} $(BIN)/pytest tests/long
	YMIR_SOAK=$${YMIR_SOAK:-25} $(BIN)/pytest tests/laws
	YMIR_SOAK=$${YMIR_SOAK:-25} $(BIN)/pytest tests/faults/test_disk.py tests/faults/test_signals.py
	YMIR_SOAK=1 $(BIN)/pytest tests/faults/test_crashes*.py
	$(MAKE) fuzz

fuzz: $(VENV)/.dev ## every reader of bytes from strangers, for FUZZ_SECONDS; `.fuzz/` has what was found
	$(BIN)/pip install --quiet --editable .[fuzz]
	$(BIN)/python -W ignore -m tests.fuzz all --seconds $${FUZZ_SECONDS:-3600}

check: $(VENV)/.dev ## lint, layers, types, sizes; licences and known weaknesses of packages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/pytest tests/test_conventions.py tests/supply

setup: $(VENV)/.made ## the virtual environment with ymir in it

detector: $(DETECTOR)/.venv/.made ## the environment of the CPU detector, with torch

gpu-detector: $(GPU_DETECTOR)/.venv/.made ## the environment of the detector for GPUs: 1.3 GB without CUDA

bench: setup detector $(VENV)/.dev ## every benchmark, in its quick form
	for topic in data loop executors report labels mining; do $(BIN)/python benchmarks/$$topic.py --quick || exit 1; done

lock: $(VENV)/.dev ## the newest versions of all packages, with digests, into the two lock files
	$(LOCK) --extra dev --output-file requirements-dev.lock pyproject.toml
	$(LOCK) --constraint requirements-dev.lock --output-file requirements.lock pyproject.toml

release: $(VENV)/.dev ## dist/: a wheel that was tried in an empty environment, its parts, its digests
	.ci/release

clean: ## remove what the targets above made
	rm -rf dist $(VENV) $(DETECTOR)/.venv $(GPU_DETECTOR)/.venv $(DEMO)

# Debian keeps Python's venv module in a package of its own.
$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	    { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq python3-venv; } \
	    || { echo "Python's venv module is missing: apt-get install python3-venv"; exit 1; }; \
	    $(PYTHON) -m venv $(VENV); }

# What is installed is what was tested, file by file: `make lock` moves on.
$(VENV)/.made: $(VENV)/bin/python pyproject.toml requirements.lock
	$(BIN)/pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --no-deps --editable .
	touch $@

$(VENV)/.dev: $(VENV)/.made requirements-dev.lock
	$(BIN)/pip install --quiet --require-hashes --requirement requirements-dev.lock
	touch $@

$(DETECTOR)/.venv/.made: $(VENV)/.made $(DETECTOR)/requirements.txt
	$(BIN)/ymir executor setup tinydet
	touch $@

$(GPU_DETECTOR)/.venv/.made: $(VENV)/.made $(GPU_DETECTOR)/requirements.txt
	$(BIN)/ymir executor setup rtdetr
	touch $@
