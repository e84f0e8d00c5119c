# make studio    set everything up and open the studio
# make test      set everything up and run the whole test suite
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
STAMP  := $(VENV)/.installed
PATHS  := engine poetry_tui tests benchmarks

.PHONY: studio setup test quick check lint types contracts bench docs pictures growth recipe soak format clean

studio: setup
	@$(BIN)/poetry-tui corpus install tang --if-missing || true
	@$(BIN)/poetry-tui

setup: $(STAMP)

# Written only when the installation has succeeded, so that an interrupted one starts again. pip compiles what it copies,
# but not what it links to: without it the first start is a slow one, and every one where Python may not write.
$(STAMP): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing the studio into $(VENV) (the first time takes some minutes) …" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@$(BIN)/python -m compileall -q engine poetry_tui
	@touch $@

# python3 may be old where a newer one lies beside it, and a shim may exist without working: each candidate is run. Without
# its venv module Python leaves half an environment behind: its python goes, so that make tries again.
$(BIN)/python:
	@for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	    if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	        $$python -m venv $(VENV) && exit 0; \
	        rm -f $@; \
	        echo "$$python cannot make a virtual environment; install its venv module (on Debian: python3-venv)." >&2; \
	        exit 1; \
	    fi; \
	done; \
	echo "The studio needs Python 3.11 or newer, and none was found; install one and run make again." >&2; \
	exit 1

# A worker for each core, up to eight. The tests of a file stay together, since they share what they set up; files come in the
# order of tests/conftest.py, the longest first.
test: setup
	$(BIN)/python -m pytest -q -n auto --maxprocesses 8 --dist loadfile --no-loadscope-reorder

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
