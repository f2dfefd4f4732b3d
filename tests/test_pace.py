"""A notebook is read in one sitting, and shows the code that teaches.

Cells that only draw or only check are folded: JupyterLab hides their source until it is asked for.
"""

import ast
import re
from itertools import pairwise

import pytest

from tests.test_notebooks import LESSONS, code_cells, prose, read

MOST_CELLS, MOST_WORDS = 70, 2_000

paced = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)


def is_folded(cell):
    return cell.metadata.get("jupyter", {}).get("source_hidden", False)


def is_explorer(cell):
    return cell.cell_type == "code" and re.search(
        r"^\w+Explorer\(.*\)\Z", cell.source, re.MULTILINE
    )


def only_draws(source):
    """Whether a cell ends with a picture; the runs that it shows were made before."""
    last = ast.parse(source).body[-1]
    return isinstance(last, ast.Expr) and ast.unparse(last).startswith("describe(")


def only_checks(source):
    """Whether asserts make up half of a cell or more, and it neither prints nor defines."""
    statements = ast.parse(source).body
    n_asserts = sum(isinstance(each, ast.Assert) for each in statements)
    return 2 * n_asserts >= len(statements) and not re.search(r"\b(print\(|def )", source)


@paced
def test_it_is_no_longer_than_a_sitting(path):
    cells = read(path).cells
    played_with = sum(
        bool(is_explorer(cell)) for cell in cells
    )  # each, and the words after it, on top
    assert len(cells) - 2 * played_with <= MOST_CELLS
    assert sum(len(text.split()) for text in prose(path)) <= MOST_WORDS


#: No picture to move belongs to what only happens in words: other libraries, and the ledger.
MOVED = [path for path in LESSONS if path.stem[:2] <= "11"]


@pytest.mark.parametrize("path", MOVED, ids=lambda path: path.stem)
def test_it_has_a_picture_to_move(path):
    assert any(is_explorer(cell) for cell in read(path).cells)


@paced
def test_what_only_draws_or_only_checks_is_folded(path):
    cells = code_cells(path)
    found = [cell for cell in cells if only_draws(cell.source) or only_checks(cell.source)]
    assert found, "nothing is drawn and nothing is checked"
    assert not [cell.source for cell in found if not is_folded(cell)]


@paced
def test_a_folded_check_is_told_before(path):
    for before, cell in pairwise(read(path).cells):
        if cell.cell_type == "code" and is_folded(cell) and only_checks(cell.source):
            assert "checked" in before.source.lower(), cell.source


@paced
def test_no_experiment_is_folded(path):
    trains = re.compile(r"\b(train|sweep|choose_batch_size|iterate\w*)\(")
    assert not [c.source for c in code_cells(path) if is_folded(c) and trains.search(c.source)]
