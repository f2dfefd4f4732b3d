"""Your own data, from a CSV file.

Everything that can be wrong with a file is said in one sentence that names the place.
"""

import csv
from pathlib import Path

import numpy as np

from course_lib.data import Data, Split

#: What people write where a value is missing.
MISSING = {"", "na", "n/a", "nan", "null", "none", "inf", "-inf"}
MEND = "Mend it, or remove the row."


class BadFile(ValueError):
    """A file cannot be used; a notebook shows the sentence that says why, and no traceback."""

    def _render_traceback_(self):  # IPython asks an exception for its own way to be shown
        return [str(self)]


def read_csv(path: str | Path, target: str | None = None, *, seed=0) -> Split:
    """Read a table of your own from a CSV file, scale it, and split it 70 : 15 : 15.

    Parameters
    ----------
    path : str or Path
        A file with a header, one row an example, numbers in all columns but the target's; UTF-8
        text, with columns parted by a comma, a semicolon or a tab.
    target : str, optional
        Column to predict; the last one unless given. Text, or whole numbers with at most 20
        different values, are classes; other numbers are a regression.
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
    """
    path = Path(path)
    columns, rows = _read_rows(path)
    target = columns[-1] if target is None else target
    if target not in columns:
        raise BadFile(
            f"{path.name} has no column {target!r}; its columns are {', '.join(columns)}."
        )
    at = columns.index(target)
    X = [
        [_number(path, i, columns[j], row[j]) for j in range(len(columns)) if j != at]
        for i, row in enumerate(rows, 2)
    ]
    y, is_regression = _targets(path, target, [row[at] for row in rows])
    parts = np.split(
        np.random.default_rng(seed).permutation(len(y)), [int(0.7 * len(y)), int(0.85 * len(y))]
    )
    X = _scaled(np.array(X), parts[0])
    y = _scaled(y, parts[0]) if is_regression else y
    return Split(*(Data(X[part], y[part]) for part in parts))


def _read_rows(path):
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise BadFile(
            f"There is no file {str(path)!r}. Is the name right, and the folder?"
        ) from None
    except (IsADirectoryError, PermissionError) as error:
        raise BadFile(f"{str(path)!r} cannot be read as a file: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise BadFile(
            f"{path.name} is not a text file in UTF-8. Save it as CSV in UTF-8."
        ) from None
    if not text.strip():
        raise BadFile(f"{path.name} is empty.")
    header = text.lstrip().splitlines()[0]
    delimiter = max(",;\t", key=header.count)
    table = [row for row in csv.reader(text.splitlines(), delimiter=delimiter) if row]
    columns, rows = [name.strip() for name in table[0]], table[1:]
    if len(columns) < 2:
        raise BadFile(
            f"{path.name} has a single column. It needs at least one feature and the target."
        )
    if len(set(columns)) < len(columns):
        raise BadFile(f"{path.name} has two columns of the same name: {', '.join(columns)}.")
    if len(rows) < 20:
        raise BadFile(f"{path.name} has {len(rows)} rows below its header. It needs at least 20.")
    for i, row in enumerate(rows, 2):
        if len(row) != len(columns):
            raise BadFile(
                f"{path.name}, row {i} has {len(row)} values, but the header {len(columns)}."
            )
    return columns, rows


def _number(path, i, column, text):
    try:
        number = float(text)
    except ValueError:
        number = None
    if number is not None and np.isfinite(number):
        return number
    what = f"is {text.strip()!r}, not a finite number" if text.strip() else "is empty"
    raise BadFile(f"{path.name}, row {i}, column {column!r} {what}. {MEND}")


def _targets(path, column, texts):
    """Return the targets as an array, and whether they are a regression's."""
    texts = [text.strip() for text in texts]
    for i, text in enumerate(texts, 2):
        if text.lower() in MISSING:
            raise BadFile(f"{path.name}, row {i}, column {column!r} has no value: {text!r}. {MEND}")
    try:
        numbers = np.array(texts, dtype=float)
    except ValueError:
        numbers = None
    names, y = np.unique(texts if numbers is None else numbers, return_inverse=True)
    if len(names) < 2:
        raise BadFile(f"{path.name}: every {column!r} is {texts[0]!r}: nothing to learn.")
    if numbers is not None and (len(names) > 20 or (numbers != numbers.round()).any()):
        return numbers, True
    if len(names) > len(texts) / 2:
        raise BadFile(
            f"{path.name}: column {column!r} has {len(names)} different values in {len(y)} rows. "
            "A target is a number, or a class that recurs."
        )
    return y, False


def _scaled(values, rows):
    """Scale columns to mean 0 and standard deviation 1 on the given rows; constant ones to 0."""
    spread = values[rows].std(axis=0)
    return (values - values[rows].mean(axis=0)) / np.where(spread > 0, spread, 1)
