"""The ledger leaves out nothing of the lesson, and says what the notebooks say."""

import re
from html import escape
from pathlib import Path

import nbformat
import pytest

from course_lib.chapters.ledger import (
    ADDED,
    NOT_A_CLAIM,
    VERDICTS,
    lesson,
    other_claims,
    rows,
    table,
)

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
CLAIMS = [row for row in rows() if row.verdict != NOT_A_CLAIM]
OTHERS = other_claims()
LESSONS = sorted(NOTEBOOKS.glob("*.ipynb"))


def one_line(text):
    return " ".join(text.split())


def quoted(figure):
    """A figure as its notebook has it: what stands in square brackets is the ledger's."""
    return one_line(re.sub(r" ?\[[^]]*\]", "", figure))


def read(name):
    return nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)


def shown(name):
    """What a reader of the stored notebook sees and nbval or an assert holds: prose and outputs."""
    for cell in read(name).cells:
        if cell.cell_type == "markdown":
            yield one_line(cell.source)
        elif "nbval-ignore-output" not in cell.metadata.get("tags", []):
            for output in cell.get("outputs", []):
                yield one_line(output.get("text") or output.get("data", {}).get("text/plain", ""))


def words(text):
    """A text without markup and capitals, to find a quote in it."""
    return one_line(re.sub(r"[^\w$\\ =.]+", " ", text.replace("**", "").lower())).strip(" .")


def verdicts_of(name):
    """Yield the pieces of the lesson that a summary quotes, and what it says of them."""
    summary = read(name).cells[-1].source.partition("**Verdicts.**")[2]
    for item in re.split(r"\n- ", summary)[1:]:
        item = one_line(item)
        if quotes := re.match(r'"[^"]+"(,? (and )?"[^"]+")*', item):
            pieces = map(words, re.split(r'…|\[[^]]*\]|"', quotes[0]))
            yield [p for p in pieces if len(p.split()) >= 3], item[quotes.end() :]


def given_verdicts(says):
    """The verdicts in what a summary says of a quote: they are printed in italics."""
    for italic in re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", says):
        italic = italic.lower().replace("only ", "")
        yield from [v for v in VERDICTS if re.match(rf"{v}\b", italic)][-1:]
    if re.search(r"no verdict|not measured", says):
        yield "not measured"


def touched(piece):
    """The claims of the ledger that share words with a piece of the lesson."""
    text, spans = "", []
    for row in rows():
        start = len(text)
        text += words(row.quote) + " "
        spans.append((row, start, len(text) - 1))
    at = text.find(piece)
    end = at + len(piece)
    return [
        row for row, a, b in spans
        if at >= 0 and a < end and at < b and row.verdict != NOT_A_CLAIM
    ]  # fmt: skip


def test_the_rows_are_the_whole_lesson_in_its_order():
    assert one_line(" ".join(row.quote for row in rows())) == one_line(lesson())


def test_each_row_is_a_claim_with_a_verdict_or_says_why_it_is_none():
    for row in rows():
        assert row.verdict in (*VERDICTS, NOT_A_CLAIM), row.quote
        if row.verdict == NOT_A_CLAIM:
            assert row.why and not row.notebook, row.quote
    assert len(CLAIMS) > 40


@pytest.mark.parametrize("row", CLAIMS + OTHERS, ids=lambda row: words(row.quote)[:40])
def test_a_verdict_has_its_figure_or_its_reason(row):
    if row.verdict == "not measured":
        assert row.why and not row.figure and not row.reach
    else:
        figure = quoted(row.figure)
        assert len(figure) >= 15, "too short to be found"
        assert any(figure in text for text in shown(row.notebook)), row.figure
        assert row.reach, "how far does this evidence reach?"
    if row.verdict in ("holds if", "confounded", "false"):
        assert row.why


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_notebook_gives_the_same_verdict(path):
    for pieces, says in verdicts_of(path.stem):
        given = {*given_verdicts(says)}
        for row in (row for piece in pieces for row in touched(piece)):
            assert row.verdict in given or not given, f"{sorted(given)} of: {row.quote}"


def test_identical_evidence_has_an_identical_verdict():
    found = {}
    for row in CLAIMS:
        if row.figure:
            assert found.setdefault((row.notebook, row.figure), row.verdict) == row.verdict, row
    assert len(found) < len(CLAIMS) - 10, "no evidence is used twice: this compares nothing"


def test_what_needs_the_same_rate_holds_only_if():
    """A claim that is true at the same learning rate is not true as it stands."""
    named = [row for row in CLAIMS if re.search(r"rate is (the same|kept)|same rate", row.why)]
    assert named and all(row.verdict == "holds if" for row in named)


def test_the_other_claims_are_not_the_lesson_s():
    assert len(OTHERS) > 10 and {row.verdict for row in OTHERS} <= {*VERDICTS}
    assert not [row.quote for row in OTHERS if touched(words(row.quote))]


def test_quotes_of_the_lesson_are_found():
    """If this fails, the search above compares nothing."""
    assert [row.verdict for row in touched(words("getting stuck in local minima"))] == ["holds if"]
    assert not touched(words("the critical batch size is a constant"))
    found = [piece for path in LESSONS for pieces, _ in verdicts_of(path.stem) for piece in pieces]
    assert sum(bool(touched(piece)) for piece in found) > 25


def test_the_table_shows_every_row():
    html = table(CLAIMS)._repr_html_()
    assert html.count("<tr>") == len(CLAIMS) + 1
    assert "<br" not in html and "**" not in html and ": - " not in html
    assert all(f'href="{row.notebook}.ipynb"' in html for row in CLAIMS if row.notebook)
    assert len(repr(table(CLAIMS)).splitlines()) == len(CLAIMS)


def test_a_table_is_headed_by_who_says_it():
    html = table(OTHERS, says="people say")._repr_html_()
    assert ">people say</th>" in html and "the lesson says" not in html
    assert all(escape(row.reach) in html for row in OTHERS)


def test_what_the_table_adds_stands_in_brackets_in_one_row():
    html = table(CLAIMS)._repr_html_()
    for exact, added in ADDED.items():
        assert words(quoted(added)) == words(exact)
        assert sum(exact in row.quote for row in CLAIMS) == 1
        assert added in html
