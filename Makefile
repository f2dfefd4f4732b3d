# Two commands: `make lab` opens the course and `make test` proves it. Students, whose edition has no
# tests, have `make check` instead.
#
# Paths are relative, since the folder's own path may hold spaces, and nothing here needs more than
# the make that macOS ships (GNU Make 3.81). Where there is no make, the README gives the plain lines.

NOTEBOOKS = notebooks/*.ipynb
LAB_OPTIONS =
TEST_OPTIONS =

# JupyterLab refuses to run as root unless told to; in a container there may be nobody else.
AS_ROOT = $(shell test "$$(id -u)" -ne 0 || echo --allow-root)

.PHONY: help lab check test store lint clean

help:
	@echo "make lab     open the course in JupyterLab (LAB_OPTIONS=--no-browser: only print its address)"
	@echo "make check   say of every exercise which answers are right"
	@test ! -d tests || echo "make test    run every test and every notebook (TEST_OPTIONS='-k batches': only some)"
	@test ! -d tests || echo "make store   run the notebooks and store their outputs (NOTEBOOKS=notebooks/04_*.ipynb: only some)"
	@echo "make lint    check the style of the code"
	@echo "make clean   remove all that the other commands installed"
	@echo "Each installs what is missing first. PYTHON=/path/to/python chooses the Python to install with."

lab: .venv/installed
	@exec .venv/bin/python -m jupyterlab $(AS_ROOT) \
	    --LabApp.default_url=/lab/tree/notebooks/00_four_batch_sizes.ipynb $(LAB_OPTIONS)

check: .venv/installed
	@exec .venv/bin/python -m exercises.practice

test: .venv/installed
	@exec .venv/bin/python -m pytest -n 2 $(TEST_OPTIONS)

store: .venv/installed
	@exec .venv/bin/python -m tests.tools.store $(NOTEBOOKS)

lint: .venv/installed
	@.venv/bin/python -m ruff check . && exec .venv/bin/python -m ruff format --check .

clean:
	rm -rf .venv *.egg-info build .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# .venv/installed holds the folder that was installed, and is written last. A folder that was moved or
# copied since, or has lost its Python, starts again, because its .venv points to the old place.
ifneq (,$(shell test -x .venv/bin/python && test "$$(cat .venv/installed 2>/dev/null)" = "$$(pwd -P)" || echo anew))
.PHONY: .venv/installed
NEW_VENV = $(FIND_PYTHON) && { "$$python" -m venv --clear .venv >/dev/null 2>&1 || $(NO_VENV); } &&
endif
NO_VENV = { echo "The course was not installed: no .venv can be made in this folder." \
    "Is the disk full, or the folder read-only?" >&2; exit 1; }

.venv/installed: requirements.txt pyproject.toml
	@$(NEW_VENV) .venv/bin/python -m course_lib.lab.install && pwd -P > $@

# The first Python that runs, is new enough and can make a virtual environment.
PYTHONS = $(if $(PYTHON),"$(PYTHON)",python3.13 python3.12 python3.11 python3)
FITS = import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))
REFUSAL = The course needs Python 3.11 or newer with its venv module, which was not found as $(PYTHONS) \
    (install it, on Debian and Ubuntu with python3-venv, or name it with PYTHON=/path/to/python).
FIND_PYTHON = for python in $(PYTHONS) ""; do \
        test -z "$$python" || ! "$$python" -c "$(FITS)" 2>/dev/null || break; \
    done; \
    if test -z "$$python"; then echo "$(REFUSAL)" >&2; exit 1; fi
