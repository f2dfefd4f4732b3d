"""Every sentence of the lesson, and what the course found about it.

The lesson's text stands in ``lesson.txt``. The rows of ``ledger.csv``, read one after the other,
quote all of it: a sentence is a claim, or several, or it says why it is none. A claim names the
notebook that measured it and quotes the figure as that notebook shows it. ``tests/test_ledger.py``
holds both files against each other and against the notebooks.
"""

import csv
from collections.abc import Iterable
from html import escape
from importlib.resources import files
from typing import NamedTuple

#: What the course can say of a claim, and what it calls the rest of the lesson.
VERDICTS = ("holds", "holds if", "confounded", "false", "not measured")
NOT_A_CLAIM = "not a claim"


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
        What was measured, in the words of that notebook.
    why : str
        The condition after "holds if", or the reason.
    """

    quote: str
    verdict: str
    notebook: str
    figure: str
    why: str


def lesson() -> str:
    """Return the text of the lesson."""
    return (files("course_lib") / "lesson.txt").read_text(encoding="utf-8")


def rows() -> list[Row]:
    """Return the rows of the ledger, in the order of the lesson."""
    text = (files("course_lib") / "ledger.csv").read_text(encoding="utf-8")
    return [Row(**row) for row in csv.DictReader(text.splitlines())]


class Table:
    """Rows as a table: HTML in a notebook, plain lines elsewhere."""

    def __init__(self, rows: Iterable[Row]):
        self.rows = list(rows)

    def _repr_html_(self) -> str:
        heads = ("the lesson says", "verdict", "notebook", "what it shows")
        cells = [
            (
                escape(_plain(row.quote)),
                _verdict(row),
                f'<a href="{row.notebook}.ipynb">{row.notebook[:2]}</a>' if row.notebook else "",
                escape(row.figure),
            )
            for row in self.rows
        ]
        lines = [_line("th", heads), *(_line("td", cell) for cell in cells)]
        return f"<table>{''.join(lines)}</table>"

    def __repr__(self) -> str:
        return "\n".join(
            f"{row.notebook[:2]:2}  {row.verdict:12}  {_plain(row.quote)}" for row in self.rows
        )


def table(rows: Iterable[Row]) -> Table:
    """Return rows as a table to show."""
    return Table(rows)


def _plain(quote):
    """Return a quote without the marks of a list and of bold letters, and with its dots."""
    quote = quote.replace("**", "").replace("<br/>", "").removeprefix("- ").strip()
    return f"… {quote}" if quote[0].islower() else quote


def _verdict(row):
    link = " " if row.verdict == "holds if" else ": "
    return f"<strong>{row.verdict}</strong>" + (link + escape(row.why) if row.why else "")


def _line(tag, cells):
    # JupyterLab aligns tables to the right, and takes no style but that of an element itself.
    style = 'style="text-align: left; vertical-align: top"'
    return f"<tr>{''.join(f'<{tag} {style}>{cell}</{tag}>' for cell in cells)}</tr>"
