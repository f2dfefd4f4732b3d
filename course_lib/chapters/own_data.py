"""Your own data, from a CSV file.

Everything that can be wrong with a file is said in one sentence that names the place.
"""

import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np

from course_lib._checks import check_flag, check_kind, check_seed
from course_lib.chapters.csv_file import BadFile, listed, quoted, read_layout, read_values
from course_lib.data import Data, Split

__all__ = ["BadFile", "Table", "read_csv", "read_table", "split"]

#: Rows that a table needs at least.
FEWEST_ROWS = 20
#: Different whole numbers in a target that are still classes.
MOST_CLASSES = 20


class Table(NamedTuple):
    """What a file holds.

    Attributes
    ----------
    features : list of str
        Names of the D features.
    X : array, shape (N, D)
    y : array, shape (N,)
        The target as numbers: classes as 0, 1, … in sorted order.
    target : str
        Name of the target.
    classes : list of str
        Names of the classes; empty for a regression.
    remark : str
        What was done to the file unasked, in a sentence; empty if nothing was.
    """

    features: list[str]
    X: np.ndarray
    y: np.ndarray
    target: str
    classes: list[str]
    remark: str


def read_csv(
    path: str | Path, target: str | None = None, *, header: bool | None = None, seed: int = 0
) -> Split:
    """Read a table of your own from a CSV file, scale it, and split it 70 : 15 : 15.

    Parameters
    ----------
    path : str or Path
        One row an example, numbers in all columns but the target's; UTF-8 text, with columns parted
        by a comma, a semicolon or a tab.
    target : str, optional
        Column to predict; the last one unless given. Text, or whole numbers with at most 20
        different values, are classes; other numbers are a regression.
    header : bool, optional
        Whether the first line names the columns. Left out, it does unless all of it are numbers; a
        warning says so then, and the columns are called "column 1", "column 2" …
    seed : int
        Seed of the split.

    Returns
    -------
    Split
        Each feature, and the target of a regression, scaled to mean 0 and standard deviation 1 on
        the training part; classes as numbers 0, 1, … in sorted order.

    Raises
    ------
    BadFile
        If the file is missing or empty, has values that are no numbers, or nothing to learn.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "trees.csv"
    ...     _ = path.write_text("age,height\\n" + "".join(f"{i},{i / 2}\\n" for i in range(40)))
    ...     read_csv(path).train.X.shape
    (28, 1)
    """
    table = read_table(path, target, header=header)
    if table.remark:
        warnings.warn(table.remark, stacklevel=2)
    return split(table, seed=seed)


def read_table(path: str | Path, target: str | None = None, *, header: bool | None = None) -> Table:
    """Read a table from a CSV file as it stands; the arguments are those of :func:`read_csv`."""
    path = Path(check_kind("path", path, str | Path, '"my_own.csv"'))
    if header is not None:
        check_flag("header", header)
    layout = read_layout(path, header)
    columns = layout.columns
    name = columns[-1] if target is None else target
    if name not in columns:
        raise BadFile(f"target must be a column of {path.name}, {listed(columns)}; not {name!r}.")
    at = columns.index(name)
    values, texts = read_values(path, layout, at)
    if len(values) < FEWEST_ROWS:
        below = " below its header" if layout.has_header else ""
        raise BadFile(
            f"{path.name} has {len(values)} rows{below}. It needs at least {FEWEST_ROWS}."
        )
    y, classes = _targets(path, name, values[:, at], texts)
    remark = "" if layout.has_header or header is False else (
        f"The first line of {path.name} holds numbers only, so it was read as a row, and the "
        f'columns are called "column 1" to "column {len(columns)}".'
    )  # fmt: skip
    return Table(
        [*columns[:at], *columns[at + 1 :]], np.delete(values, at, 1), y, name, classes, remark
    )


def split(table: Table, *, seed: int = 0) -> Split:
    """Split a table at random 70 : 15 : 15, and scale it by its training part."""
    check_kind("table", table, Table, 'read_table("my_own.csv")')
    N = len(table.y)
    rows = np.random.default_rng(check_seed(seed)).permutation(N)
    parts = np.split(rows, [int(0.7 * N), int(0.85 * N)])
    X = _scaled(table.X, parts[0])
    y = table.y if table.classes else _scaled(table.y, parts[0])
    return Split(*(Data(X[part], y[part]) for part in parts))


def _targets(path, column, numbers, texts):
    """Return the targets as numbers, and the names of the classes, none for a regression."""
    names, y = np.unique(numbers if texts is None else texts, return_inverse=True)
    if len(names) < 2:
        only = f"{names[0]:g}" if texts is None else str(names[0])
        raise BadFile(f"{path.name}: every {column!r} is {quoted(only)}: nothing to learn.")
    if texts is None and (len(names) > MOST_CLASSES or (numbers != numbers.round()).any()):
        return numbers, []
    if len(names) > len(y) / 2:
        raise BadFile(
            f"{path.name}: column {column!r} has {len(names)} different values in {len(y)} rows. "
            "A target is a number, or a class that recurs."
        )
    return y, [f"{name:g}" if texts is None else str(name) for name in names]


def _scaled(values, rows):
    """Scale columns to mean 0 and standard deviation 1 on the given rows; constant ones to 0."""
    largest = np.abs(values).max(axis=0)
    values = values / np.where(largest > 0, largest, 1)  # so that no square overflows
    is_constant = np.ptp(values[rows], axis=0) == 0  # where rounding would leave a spread
    spread = np.where(is_constant, 1, values[rows].std(axis=0))
    return (values - values[rows].mean(axis=0)) / np.where(spread > 0, spread, 1)
