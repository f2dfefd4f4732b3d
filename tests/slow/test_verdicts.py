"""What a notebook asserts holds for other seeds, and for another data size, than the stored ones.

This takes minutes, so it runs only when asked for: ``python -m pytest -m slow tests/slow``.

A notebook sets its seed in a line ``SEED = 0``, and the size of its data in a line ``N = 1_000``
with a comment. A cell that checks a number of that size alone has the tag ``this-size``.
"""

import re
from pathlib import Path

import nbformat
import pytest

from tests.tools.store import execute

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SEED_LINE = re.compile(r"^SEED = 0$", re.MULTILINE)
SIZE_LINE = re.compile(r"^N = ([\d_]+)(?=  # )", re.MULTILINE)
OTHER_SIZE = 1.5  # times the stored one
THIS_SIZE = "this-size"


def read(path):
    return nbformat.read(path, as_version=4)


def replace(notebook, line, new):
    """Replace `line` in the code cells of `notebook`; return how many lines were replaced."""
    n_replaced = 0
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source, n = line.subn(new, cell.source)
            n_replaced += n
    return n_replaced


def reseed(notebook, seed):
    return replace(notebook, SEED_LINE, f"SEED = {seed}")


def resize(notebook, factor):
    def larger(line):
        return f"N = {round(int(line[1]) * factor)}"

    return replace(notebook, SIZE_LINE, larger)


def belongs_to_this_size(cell):
    return THIS_SIZE in cell.metadata.get("tags", [])


def n_asserting(cells):
    """How many of `cells` assert something."""
    asserts = re.compile(r"^\s*assert ", re.MULTILINE)
    return sum(cell.cell_type == "code" and bool(asserts.search(cell.source)) for cell in cells)


ALL = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
SEEDED = [path for path in ALL if reseed(read(path), 0)]
SIZED = [path for path in ALL if resize(read(path), 1)]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("path", SEEDED, ids=lambda path: path.stem)
def test_the_asserts_hold_for_another_seed(path, seed):
    notebook = read(path)
    assert reseed(notebook, seed) == 1, "the seed must be set once"
    execute(notebook, path.parent)  # raises at the first cell that fails


@pytest.mark.slow
@pytest.mark.parametrize("path", SIZED, ids=lambda path: path.stem)
def test_the_verdicts_hold_for_another_size(path):
    notebook = read(path)
    assert resize(notebook, OTHER_SIZE) == 1, "the size must be set once"
    skipped = [cell for cell in notebook.cells if belongs_to_this_size(cell)]
    notebook.cells = [cell for cell in notebook.cells if not belongs_to_this_size(cell)]
    assert n_asserting(skipped) == len(skipped), "only a check may belong to this size"
    assert len(skipped) < n_asserting(notebook.cells), "most of what is checked must be a verdict"
    execute(notebook, path.parent)
