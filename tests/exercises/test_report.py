"""Gradebook, summary and pages: what a spreadsheet program and a browser make of odd names."""

import csv
import json
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

from exercises.classroom import report
from exercises.classroom.marks import Mark, Result, Status

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\tcmd", "\rcmd")


def result(student, points=2.0, answer="x = 1", **changes):
    mark = Mark("q", points, 2.0, Status.PASSED, "", "right.", answer)
    return Result(student, "e01_x", f"{student}/e01_x.ipynb", (mark,), **changes)


@pytest.mark.parametrize("name", FORMULAS)
def test_cell_that_a_spreadsheet_would_run_is_neutralised(name, tmp_path):
    report.write([result(name)], tmp_path, "bubblewrap")
    for table in ("gradebook.csv", "summary.csv"):
        with (tmp_path / table).open(newline="") as file:
            (row,) = csv.DictReader(file, strict=True)
        assert row["student"] == f"'{name}"
    assert json.loads((tmp_path / "gradebook.json").read_text())["rows"][0]["student"] == name


@pytest.mark.parametrize("name", ['O\'Neil, "Bob"', "a;b", "ünï", "'quoted'", "a\\rb"])
def test_any_other_name_is_left_as_it_is_and_splits_no_row(name, tmp_path):
    report.write([result(name), result("zoe")], tmp_path, "bubblewrap")
    with (tmp_path / "gradebook.csv").open(newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    assert [row["student"] for row in rows] == [name, "zoe"]


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_spreadsheet_program_reads_names_as_text(tmp_path):
    names = [*FORMULAS[:4], 'O\'Neil, "Bob"', '=HYPERLINK("http://x")']
    report.write([result(name) for name in names], tmp_path, "bubblewrap")
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless"]
    command += ["--convert-to", "html", "--outdir", tmp_path, tmp_path / "gradebook.csv"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    text = (tmp_path / "gradebook.html").read_text()
    assert "Err:" not in text
    for name in names[:4]:
        assert f"'{name}" in text or f"&apos;{name}" in text


class Reader(HTMLParser):
    """Collects the elements and the text of a page."""

    def __init__(self):
        super().__init__()
        self.elements, self.text = [], ""

    def handle_starttag(self, tag, attributes):
        self.elements.append(tag)

    def handle_data(self, data):
        self.text += data


def test_feedback_page_shows_the_answer_and_runs_nothing():
    answer = "</pre><script>alert(1)</script><img src=x> & \x1b[31m"
    reader = Reader()
    reader.feed(report.page(result("<b>ada</b>", answer=answer, note="<i>odd</i>")))
    assert not {"script", "img", "b", "i"} & set(reader.elements)
    assert "<script>alert(1)</script>" in reader.text
    assert "<b>ada</b>: 2 of 2 points." in reader.text


def test_feedback_pages_of_odd_names_lie_in_the_folder_and_apart(tmp_path):
    names = ["../../etc", "a/b", "a_b", ".hidden", "x" * 300, "ada lovelace", "a b.", "a b"]
    pages = {report.page_path(tmp_path, result(name)).resolve() for name in names}
    assert len(pages) == len(names)
    assert all(path.is_relative_to(tmp_path / "feedback") for path in pages)
    assert report.safe("ada lovelace") == "ada lovelace"


def test_what_a_person_reads_is_counted_apart(tmp_path):
    waits = Mark("explanation", 0.0, 1.0, Status.MANUAL, "", "a person reads this answer", "text")
    both = result("ada")
    both = Result("ada", "e01_x", both.file, (*both.marks, waits))
    report.write([both], tmp_path, "bubblewrap")
    with (tmp_path / "summary.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["points"], row["max_points"], row["to_read"]) == ("2", "3", "1")
    assert "may earn 1 more" in report.page(both)


def test_log_is_written_for_whoever_grades_and_dropped(tmp_path):
    light = report.write_log(result("ada", log="long", junit="<x/>"), tmp_path)
    assert (light.log, light.junit) == ("", "")
    assert (tmp_path / "instructor" / "junit" / "ada" / "e01_x.log").read_text() == "long"
