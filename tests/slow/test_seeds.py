"""What a notebook asserts holds for other seeds than the stored one.

This takes minutes, so it runs only when asked for: ``python -m pytest -m slow tests/slow``.
"""

import re
from pathlib import Path

import nbformat
import pytest

from tests.tools.store import execute

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SEED_LINE = re.compile(r"^SEED = 0$", re.MULTILINE)


def read(path):
    return nbformat.read(path, as_version=4)


def reseed(notebook, seed):
    """Replace the seed in the code cells of `notebook`; return how many lines were replaced."""
    n_replaced = 0
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source, n = SEED_LINE.subn(f"SEED = {seed}", cell.source)
            n_replaced += n
    return n_replaced


SEEDED = [path for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb")) if reseed(read(path), 0)]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("path", SEEDED, ids=lambda path: path.stem)
def test_the_asserts_hold_for_another_seed(path, seed):
    notebook = read(path)
    assert reseed(notebook, seed) == 1, "the seed must be set once"
    execute(notebook, path.parent)  # raises at the first cell that fails
