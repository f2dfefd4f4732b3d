"""The numbers in a CSV file as met in the wild, or what is wrong with it, and in which line."""

import csv
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import NamedTuple

import numpy as np

__all__: list[str] = []  # for own_data alone

#: What people write where a value is missing.
MISSING = {"", "na", "n/a", "nan", "null", "none", "inf", "-inf"}
MEND = "Mend it, or remove the row."
#: Characters of a value that a sentence quotes at most, and names that it lists at most.
MOST_QUOTED, MOST_LISTED = 40, 20


class BadFile(ValueError):
    """A file cannot be used; a notebook shows the sentence that says why, and no traceback."""

    def _render_traceback_(self):  # IPython asks an exception for its own way to be shown
        return [str(self)]


class Layout(NamedTuple):
    delimiter: str
    columns: list[str]
    has_header: bool
    has_trailing: bool  # each line ends with a delimiter, behind which there is nothing


def read_layout(path, header):
    """Look at the first two rows of the file."""
    with _lines(path) as lines:
        first = next((line for line in lines if line.strip()), None)
    if first is None:
        raise BadFile(f"{path.name} is empty.")
    delimiter = max(",;\t", key=lambda each: len(next(_rows([first], each))))
    (_, names), *second = islice(_records(path, delimiter), 2)
    names = [name.strip() for name in names]
    has_trailing = len(names) > 2 and not names[-1]
    if second:
        row = second[0][1]
        has_trailing |= len(row) == len(names) + 1 and not row[-1].strip()
    names = names[:-1] if has_trailing and not names[-1] else names
    has_header = not all(map(is_number, names)) if header is None else header
    if not has_header:
        names = [f"column {j + 1}" for j in range(len(names))]
    if len(names) < 2:
        raise BadFile(
            f"{path.name} has a single column. It needs at least one feature and the target."
        )
    if len(set(names)) < len(names):
        raise BadFile(f"{path.name} has two columns of the same name: {listed(names)}.")
    return Layout(delimiter, names, has_header, has_trailing)


def read_values(path, layout, at):
    """Return all values as numbers, and the target's texts where it holds any that are none.

    numpy reads a sound file quickly. Any other is read row by row, to say what is wrong where.
    """
    codes = {}
    for converters in (None, {at: lambda text: codes.setdefault(text.strip(), len(codes))}):
        try:
            values = _load(path, layout, converters)
        except ValueError:
            continue
        missing = MISSING & {text.lower() for text in codes}
        if np.isfinite(values).all() and values.shape[1] == len(layout.columns) and not missing:
            texts = np.array([*codes])[values[:, at].astype(int)] if codes else None
            return values, texts
    return _read_row_by_row(path, layout, at)


def _load(path, layout, converters):
    with _lines(path) as lines, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a file without a row is refused elsewhere
        rest = (line for line in lines if line.strip())
        rest = islice(rest, int(layout.has_header), None)
        if layout.has_trailing:
            rest = (line.rstrip("\r\n").removesuffix(layout.delimiter) for line in rest)
        return np.loadtxt(
            rest, delimiter=layout.delimiter, quotechar='"', comments=None, ndmin=2,
            converters=converters,
        )  # fmt: skip


def _read_row_by_row(path, layout, at):
    rows, texts = [], []
    columns, n = layout.columns, len(layout.columns)
    for line, row in islice(_records(path, layout.delimiter), int(layout.has_header), None):
        if layout.has_trailing and len(row) == n + 1 and not row[-1].strip():
            row = row[:-1]
        if len(row) != n:
            than = "the header" if layout.has_header else "the first line"
            raise BadFile(f"{path.name}, line {line} has {len(row)} values, but {than} {n}.")
        rows.append([0.0 if j == at else _number(path, line, columns[j], row[j]) for j in range(n)])
        texts.append(row[at].strip())
        if texts[-1].lower() in MISSING:
            raise BadFile(
                f"{path.name}, line {line}, column {columns[at]!r} has no value: {texts[-1]!r}. "
                f"{MEND}"
            )
    values = np.array(rows).reshape(-1, n)
    if all(map(is_number, texts)):
        values[:, at] = [float(text) for text in texts]
        return values, None
    return values, np.array(texts)


def _number(path, line, column, text):
    if is_number(text):
        return float(text)
    text = text.strip()
    what = f"is {quoted(text)}, not a finite number" if text else "is empty"
    decimal = " Write decimals with a point." if is_number(text.replace(",", ".", 1)) else ""
    raise BadFile(f"{path.name}, line {line}, column {column!r} {what}.{decimal} {MEND}")


@contextmanager
def _lines(path) -> Iterator:
    """Open the file; say in one sentence why it cannot be read."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield file
    except FileNotFoundError:
        raise BadFile(
            f"There is no file {str(path)!r}. Is the name right, and the folder?"
        ) from None
    except UnicodeDecodeError:
        raise BadFile(
            f"{path.name} is not a text file in UTF-8. Save it as CSV in UTF-8."
        ) from None
    except OSError as error:
        raise BadFile(f"{str(path)!r} cannot be read as a file: {error.strerror}.") from None


def _records(path, delimiter):
    """Yield each row that is not blank, with the number of the line on which it starts."""
    before = csv.field_size_limit(2**31 - 1)  # the standard limit is 131,072 characters
    try:
        with _lines(path) as lines:
            reader, line = _rows(lines, delimiter), 1
            for row in reader:
                if any(value.strip() for value in row) or len(row) > 1:
                    yield line, row
                line = reader.line_num + 1
    except csv.Error as error:
        raise BadFile(f"{path.name}, line {reader.line_num} is no CSV: {error}.") from None
    finally:
        csv.field_size_limit(before)


def _rows(lines, delimiter):
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=True)


def is_number(text):
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


def quoted(text):
    if len(text) <= MOST_QUOTED:
        return repr(text)
    return f"{text[:MOST_QUOTED] + '…'!r} ({len(text):,} characters)"


def listed(names):
    more = len(names) - MOST_LISTED
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:MOST_LISTED])} and {more} more"
