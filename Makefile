# make studio    set everything up and open the studio (TORCH=cpu: with PyTorch's CPU build, where there is no NVIDIA card)
# make test      set everything up, the developer tools too, and run the whole test suite
# make fuzz      run the tests that draw examples, with new and more examples
# make quick     run the tests but for the slow ones and those that start the program
# make check     lint, types, import contracts and tests
# make docs      generate docs/cli.md and docs/keys.md from the parsers and the key bindings
# make pictures  generate the pictures of the README and the guide (RUN=FOLDER: the run of the Train screen)
# make bench     measure the speed of training, composing and the screens
# make growth    measure the scaling of training; writes a section of docs/experiments.md
# make recipe    measure variations of the studio preset, for hours; writes the table of docs/experiments.md
# make soak      kill trainings at random moments, for half an hour

VENV   := .venv
BIN    := $(VENV)/bin
# Both are written only when pip has succeeded, so that an interrupted installation starts again.
STAMP  := $(VENV)/.installed
DEV    := $(VENV)/.installed-dev
PATHS  := engine poetry_tui tests benchmarks hatch_build.py

# Where PyTorch says that its CPU builds are; PyPI's build for Linux brings 2.5 GB for NVIDIA cards.
CPU_WHEELS := https://download.pytorch.org/whl/cpu
PIP        := $(BIN)/python -m pip install --disable-pip-version-check -c $(VENV)/constraints.txt

.PHONY: studio setup test fuzz quick check lint types contracts bench docs pictures growth recipe soak format clean

studio: $(STAMP)
	@$(BIN)/poetry-tui corpus install tang --if-missing || true
	@$(BIN)/poetry-tui

setup: $(DEV)

# A PyTorch that is there already stays, whatever its version from 2.6 on. pip compiles what it copies, but not what it
# links to: without that the first start is a slow one, and every one where Python may not write.
define install
	@echo "Installing the studio into $(VENV)." >&2
	@if $(BIN)/python -c "$$HAS_TORCH" 2>/dev/null; then \
	    grep -v '^torch==' constraints.txt >$(VENV)/constraints.txt; \
	    echo "PyTorch is there already; at most 60 MB are downloaded." >&2; \
	else \
	    cp constraints.txt $(VENV)/constraints.txt; \
	    if [ '$(TORCH)' = cpu ]; then \
	        echo "About 250 MB are downloaded (1 GB on disk), most of it PyTorch's CPU build." >&2; \
	        $(PIP) --retries 1 --no-deps --index-url $(CPU_WHEELS) torch || { \
	            echo "PyTorch's CPU build cannot be had from $(CPU_WHEELS); try again, or run make without TORCH=cpu for PyPI's build." >&2; \
	            exit 1; }; \
	    elif [ "$$(uname -s)" = Linux ]; then \
	        echo "About 3 GB are downloaded (5 GB on disk), most of it for NVIDIA cards." >&2; \
	        command -v nvidia-smi >/dev/null || [ -e /proc/driver/nvidia ] || \
	            echo "No NVIDIA card is found here: stop with Ctrl-C, and make $(or $(firstword $(MAKECMDGOALS)),studio) TORCH=cpu downloads 250 MB instead." >&2; \
	    else \
	        echo "About 200 MB are downloaded (800 MB on disk), most of it PyTorch." >&2; \
	    fi; \
	fi
	@$(PIP) -e '.$(1)'
	@$(BIN)/python -m compileall -q engine poetry_tui
endef

$(STAMP): pyproject.toml constraints.txt | $(BIN)/python
	$(call install)
	@touch $@

$(DEV): pyproject.toml constraints.txt | $(BIN)/python
	$(call install,[dev])
	@touch $(STAMP) $@

# Whether a Python has PyTorch 2.6 or newer, told from its metadata in a moment.
export HAS_TORCH := from importlib.metadata import version; raise SystemExit([*map(int, version("torch").split(".")[:2])] < [2, 6])

# python3 may be old where a newer one lies beside it, and a shim may exist without working: each candidate is run. Without
# its venv module Python leaves half an environment behind: its python goes, so that make tries again. The environment sees
# the packages of the system only where PyTorch is one of them.
$(BIN)/python:
	@for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	    if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	        if $$python -m venv $(VENV); then \
	            $$python -m venv $(VENV) --without-pip --system-site-packages && $@ -c "$$HAS_TORCH" 2>/dev/null || \
	                $$python -m venv $(VENV) --without-pip; \
	            exit 0; \
	        fi; \
	        rm -f $@; \
	        echo "$$python cannot make a virtual environment; install its venv module (on Debian: python3-venv)." >&2; \
	        exit 1; \
	    fi; \
	done; \
	echo "The studio needs Python 3.11 or newer, and none was found; install one and run make again." >&2; \
	exit 1

# Bytecode is written whatever the environment says: without it every worker rewrites 300 files of tests, and every program that
# a test starts compiles what has changed since the installation.
test fuzz quick: export PYTHONDONTWRITEBYTECODE :=

# Three workers for two cores (tests/conftest.py), up to eight. The tests of a file stay together, since they share what they set up; files come in the
# order of tests/conftest.py, the longest first.
test: setup
	$(BIN)/python -m pytest -q -n auto --maxprocesses 8 --dist loadfile --no-loadscope-reorder

# The seed of a failure is printed with its example.
fuzz: setup
	STUDIO_FUZZ=1 $(BIN)/python -m pytest -q -n auto --maxprocesses 8 --dist loadfile -m hypothesis

# Without the tests that start the program as a user does, and the slow ones.
quick: setup
	$(BIN)/python -m pytest -q -n auto --maxprocesses 8 --dist loadfile --no-loadscope-reorder -m "not e2e and not slow"

lint: setup
	$(BIN)/ruff check $(PATHS)
	$(BIN)/ruff format --check $(PATHS)

types: setup
	$(BIN)/mypy

contracts: setup
	$(BIN)/lint-imports

check: lint types contracts test

format: setup
	$(BIN)/ruff check --fix $(PATHS)
	$(BIN)/ruff format $(PATHS)

bench: setup
	$(BIN)/python -m benchmarks.speed

docs: setup
	$(BIN)/python -m benchmarks.docs

# Some minutes: without RUN it trains one for the Train screen.
pictures: setup
	@$(BIN)/poetry-tui corpus install tang --if-missing
	$(BIN)/python -m benchmarks.pictures $(if $(RUN),--run $(RUN))

# A quarter of an hour, and 1 GB of disk for the largest corpus.
growth: setup
	$(BIN)/python -m benchmarks.growth

recipe: setup
	$(BIN)/poetry-tui corpus install tang --if-missing
	$(BIN)/poetry-tui corpus install tang-song --if-missing
	$(BIN)/poetry-tui corpus install tang-song-ci --if-missing
	$(BIN)/python -m benchmarks.recipe

soak: setup
	$(BIN)/python -m benchmarks.soak.kills --kills 50

clean:
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
