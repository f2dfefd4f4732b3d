"""Every sentence of the lesson, and what the course found about it.

The lesson's text stands in ``lesson.txt``. The rows of ``ledger.csv``, read one after the other,
quote all of it: a sentence is a claim, or several, or it says why it is none. A claim names the
notebook that measured it and quotes the figure as that notebook shows it. ``tests/test_ledger.py``
holds the files against each other and against the notebooks. ``other_claims.csv`` has the same
columns for claims that people make and the lesson does not.
"""

import csv
from collections.abc import Iterable
from html import escape
from importlib.resources import files
from typing import NamedTuple

from course_lib._checks import check_kind, check_list

#: What the course can say of a claim, and what it calls the rest of the lesson.
VERDICTS = ("holds", "holds if", "confounded", "false", "not measured")
NOT_A_CLAIM = "not a claim"
#: What the table adds in square brackets to the lesson's words: a subject that stands in a row that
#: is left out, and marks at the lesson's own slips.
ADDED = {
    "The model parameters are": "[Batch gradient descent:] The model parameters are",
    "Thus, the model": "[Stochastic gradient descent:] Thus, the model",
    "and model parameters are": "[Mini-batch gradient descent:] … and model parameters are",
    "- Hardware constraints": "[It can depend on:] Hardware constraints",
    "- The desire": "[It can depend on:] The desire",
    "resulting in the most": "[Full batch gradient descent:] … resulting in the most",
    "Here We": "Here We [sic]",
    "bias ,": "bias , [sic]",
    "in and for": "in and for [sic]",
}
#: The columns of the table behind the claim, and the percentage of its width that each takes.
COLUMNS = {"verdict": 23, "how far it reaches": 14, "notebook": 8, "what it shows": 28}


class Row(NamedTuple):
    """A piece of the lesson with its verdict.

    Attributes
    ----------
    quote : str
        The lesson's words.
    verdict : str
        One of VERDICTS, or NOT_A_CLAIM.
    notebook : str
        File name, without its ending, of the notebook that measured it; empty if none did.
    figure : str
        What was measured, in the words of that notebook. What stands in square brackets is added,
        so that it can be read alone.
    why : str
        The condition after "holds if", or the reason.
    reach : str
        How far the evidence reaches: on which models, data and hardware it was measured.
    """

    quote: str
    verdict: str
    notebook: str
    figure: str
    why: str
    reach: str


def lesson() -> str:
    """Return the text of the lesson.

    Examples
    --------
    >>> len(lesson().split())
    865
    """
    return (files("course_lib.chapters") / "lesson.txt").read_text(encoding="utf-8")


def rows() -> list[Row]:
    """Return the rows of the ledger, in the order of the lesson.

    Examples
    --------
    >>> claims = [row for row in rows() if row.verdict in VERDICTS]
    >>> len(claims), claims[0].verdict, claims[0].notebook
    (55, 'holds if', '01_one_update')
    """
    return _read("ledger.csv")


def other_claims() -> list[Row]:
    """Return claims that people make about batch size and the lesson does not.

    Examples
    --------
    >>> other_claims()[0].quote, other_claims()[0].verdict
    ('A batch size must be a power of two.', 'false')
    """
    return _read("other_claims.csv")


def _read(name):
    text = (files("course_lib.chapters") / name).read_text(encoding="utf-8")
    return [Row(**row) for row in csv.DictReader(text.splitlines())]


class Table:
    """Rows as a table: HTML in a notebook, plain lines elsewhere."""

    def __init__(self, rows: Iterable[Row], says: str = "the lesson says"):
        self.rows, self.says = list(rows), says

    def _repr_html_(self) -> str:
        cells = [
            (
                escape(_plain(row.quote)),
                _verdict(row),
                escape(row.reach),
                f'<a href="{row.notebook}.ipynb">{row.notebook[:2]}</a>' if row.notebook else "",
                escape(row.figure and f"{row.figure.removesuffix('.')}."),
            )
            for row in self.rows
        ]
        lines = [_line("th", [self.says, *COLUMNS]), *(_line("td", cell) for cell in cells)]
        return f"<table>{''.join(lines)}</table>"

    def __repr__(self) -> str:
        return "\n".join(
            f"{row.notebook[:2]:2}  {row.verdict:12}  {_plain(row.quote)}" for row in self.rows
        )


def table(rows: Iterable[Row], says: str = "the lesson says") -> Table:
    """Return rows as a table to show; `says` heads the column of the claims.

    Examples
    --------
    >>> table(row for row in rows() if row.verdict == "false")
    00  false         Full Batch (Batch Size = 100): $w = 2.94$, $b = 3.19$
    05  false         … due to the lack of noise in the updates.
    """
    rows = check_list("rows", rows, "rows")
    for row in rows:
        check_kind("each of rows", row, Row, "rows()[0]")
    return Table(rows, check_kind("says", says, str, '"people say"'))


def _plain(quote):
    """Return a quote with what the table adds, without the marks of lists and of bold letters."""
    for words, shown in ADDED.items():
        quote = quote.replace(words, shown)
    for mark, shown in {"**": "", "<br/>": "", ": - ": ": "}.items():
        quote = quote.replace(mark, shown)
    quote = quote.removeprefix("- ").strip()
    return f"… {quote}" if quote[0].islower() else quote


def _verdict(row):
    link = " " if row.verdict == "holds if" else ": "
    return f"<strong>{row.verdict}</strong>" + (link + escape(row.why) if row.why else "")


def _line(tag, cells):
    # JupyterLab aligns tables to the right, and takes no style but that of an element itself.
    style = "text-align: left; vertical-align: top; width"
    widths = [100 - sum(COLUMNS.values()), *COLUMNS.values()]
    columns = zip(cells, widths, strict=True)
    inside = (f'<{tag} style="{style}: {width}%">{cell}</{tag}>' for cell, width in columns)
    return f"<tr>{''.join(inside)}</tr>"
