"""Tables of learning platforms: they come back as they came, and compute nothing."""

import csv
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exercises.classroom.export import tables

HOSTILE = (
    *("=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", '=HYPERLINK("http://x";"y")'),
    *("=cmd|' /C calc'!A0", "-2+3+cmd", "=1\r\n=2", 'a"b', "a;b", "a,b", "a\rb"),
)


@pytest.fixture
def hostile_table(tmp_path):
    """A table with cells that a spreadsheet program would compute, as written to disk."""
    rows = [["name", "id"], *([text, str(k)] for k, text in enumerate(HOSTILE))]
    tables.write(tmp_path / "hostile.csv", tables.Table(rows), keys=(1,))
    return tmp_path / "hostile.csv"


def test_cells_are_neutral_and_rows_stay_whole(hostile_table):
    with hostile_table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file, strict=True))
    assert [row[1] for row in rows[1:]] == [str(k) for k in range(len(HOSTILE))]
    assert [row[0].removeprefix("'") for row in rows[1:]] == list(HOSTILE)
    assert not any(row[0][0] in "=+-@\t\r" for row in rows)


def test_numbers_are_no_formulas():
    for text in ("-3.5", "+2", "-", "-12 %", "7"):
        assert tables.neutral(text) == text


def test_a_spreadsheet_program_computes_none_of_it(hostile_table, tmp_path):
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    done = subprocess.run(
        [
            office,
            f"-env:UserInstallation=file://{tmp_path}/profile",
            *("--headless", "--convert-to", "fods", "--infilter=CSV:44,34,76,1,,,,,,true"),
            *("--outdir", tmp_path, hostile_table),
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    sheet = (tmp_path / "hostile.fods").read_text()
    assert "HYPERLINK" in sheet, done.stderr
    assert "table:formula" not in sheet


@given(
    cells=st.lists(st.lists(st.text(), min_size=2, max_size=2), max_size=5),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be"]),
    delimiter=st.sampled_from(",;\t"),
    newline=st.sampled_from(["\n", "\r\n"]),
)
def test_a_table_comes_back_as_it_was_written(cells, encoding, delimiter, newline):
    rows = [["name", "id", "points"], *([str(k), *row] for k, row in enumerate(cells))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table"
        tables.write(path, tables.Table(rows, encoding, delimiter, newline), keys=(0, 1, 2))
        again = tables.read(path)
    assert again.rows == rows
    assert (again.encoding, again.delimiter) == (encoding, delimiter)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_table_or_a_sentence(data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table"
        path.write_bytes(data)
        try:
            assert len(tables.read(path).header) > 1
        except ValueError as error:
            assert str(error).startswith("the roster")
