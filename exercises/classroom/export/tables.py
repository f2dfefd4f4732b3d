"""A table from a learning platform, read and written back in the form in which it came."""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from exercises.classroom import report

NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?\s*%?|-")  # a lone hyphen is Moodle's "no grade"


@dataclass
class Table:
    """The cells of a file, its header first, and how it was written."""

    rows: list
    encoding: str = "utf-8"
    delimiter: str = ","
    newline: str = "\r\n"

    @property
    def header(self):
        """The names of the columns."""
        return self.rows[0]

    def column(self, *names):
        """Return where the first of `names` stands in the header, or None; case does not count."""
        known = [name.strip().casefold() for name in self.header]
        return next((known.index(n) for n in map(str.casefold, names) if n in known), None)

    def add_column(self, name):
        """Add an empty column; returns where it stands."""
        for row in self.rows:
            row.append("")
        self.header[-1] = name
        return len(self.header) - 1


def neutral(text):
    """Return a cell that no spreadsheet program takes for a formula.

    A cell that begins with ``= + - @``, a tab or a carriage return gets an apostrophe in front, as
    OWASP recommends ("CSV Injection"). A number stays a number.

    Examples
    --------
    >>> neutral("=1+1"), neutral("-3.5"), neutral("Ada")
    ("'=1+1", '-3.5', 'Ada')
    """
    return text if NUMBER.fullmatch(text.strip()) else report.neutral(text)


def printable(text):
    """Return a text without control characters, which could change what a terminal shows."""
    return text if text.isprintable() else ascii(text)[1:-1]


def read(path):
    """Read a table: UTF-8 or UTF-16, with or without a byte order mark; comma, semicolon or tab.

    Raises
    ------
    ValueError
        If the file cannot be read, or holds no table.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ValueError(f"the roster {path} cannot be read: {error.strerror}") from None
    encoding = _encoding(data)
    text = data.decode(encoding, errors="replace").removeprefix("\ufeff")
    parsed = {delimiter: _rows(text, delimiter) for delimiter in "\t;,"}
    delimiter = max(parsed, key=lambda d: len(parsed[d][0]))
    rows = parsed[delimiter]
    width = len(rows[0])
    if width < 2 or not any(rows[0]):
        raise ValueError(f"the roster {path} is no table with commas, semicolons or tabs")
    rows = [row + [""] * (width - len(row)) for row in rows if any(row)]
    if wide := [row for row in rows if len(row) > width]:
        raise ValueError(f"the roster {path} has a row of {len(wide[0])} cells, its header {width}")
    return Table(rows, encoding, delimiter, "\r\n" if "\r\n" in text else "\n")


def _encoding(data):
    if data[:2] == b"\xff\xfe" or data[1:2] == b"\0":
        return "utf-16-le"
    if data[:2] == b"\xfe\xff" or data[:1] == b"\0":
        return "utf-16-be"
    if data[:3] == b"\xef\xbb\xbf":
        return "utf-8-sig"
    try:
        data.decode()
        return "utf-8"
    except UnicodeDecodeError:
        return "cp1252"  # what a spreadsheet program writes on Windows as plain "CSV"


def _rows(text, delimiter):
    try:
        lines = io.StringIO(text, newline="")
        return list(csv.reader(lines, delimiter=delimiter, strict=True)) or [[]]
    except csv.Error:
        return [[]]


def write(path, table, keys=(), quoting=csv.QUOTE_MINIMAL):
    """Write a table in the form in which it was read; cells outside the columns `keys` are neutral.

    Names are the students' own in many systems, so they are not trusted either. What the system
    finds a student by stays as it is.
    """
    lines = []
    for row in table.rows:
        line = io.StringIO(newline="")
        writer = csv.writer(line, delimiter=table.delimiter, quoting=quoting)
        writer.writerow(cell if k in keys else neutral(cell) for k, cell in enumerate(row))
        # Its own line end, "\r\n", makes the writer quote a lone carriage return as well.
        lines.append(line.getvalue().removesuffix("\r\n") + table.newline)
    mark = "\ufeff" if table.encoding.startswith("utf-16") else ""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((mark + "".join(lines)).encode(table.encoding, errors="replace"))
