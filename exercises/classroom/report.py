"""What comes out of grading: gradebook, summary, feedback pages, and what cost the class most."""

import csv
import hashlib
import json
import re
from collections import defaultdict
from dataclasses import asdict, replace
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from exercises.classroom import sandbox
from exercises.classroom.marks import WITHOUT_SANDBOX, WORDS, Status

COLUMNS = ("student", "exercise", "grade_id", "points", "max_points", "status", "mistake", "hints")
_pages = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)


def write(results, to, backend):
    """Write gradebook (CSV and JSON), summary and feedback pages into `to`.

    Parameters
    ----------
    results : list of Result
    to : Path
    backend : str
        Which sandbox held the answers.
    """
    rows = [row for result in results for row in rows_of(result)]
    note = WITHOUT_SANDBOX if backend == sandbox.LIMITS else ""
    write_csv(to / "gradebook.csv", COLUMNS, rows, note)
    content = {"note": note, "sandbox": sandbox.holds(backend), "rows": rows}
    _write(to / "gradebook.json", json.dumps(content, indent=1) + "\n")
    write_summary(results, to / "summary.csv", note)
    for result in results:
        _write(page_path(to, result), page(result))


def rows_of(result):
    """Return the rows of the gradebook about a result, one at least."""
    names = {"student": result.student, "exercise": result.exercise}
    if not result.marks:
        mistake = "unknown_exercise" if result.exercise else "unreadable"
        empty = {"grade_id": "", "points": 0.0, "max_points": 0.0, "status": Status.MISSING}
        return [names | empty | {"mistake": mistake, "hints": 0}]
    return [
        names | {column: value for column, value in asdict(mark).items() if column in COLUMNS}
        for mark in result.marks
    ]


def neutral(value):
    """Return a cell that no spreadsheet program takes for a formula, as OWASP recommends."""
    if isinstance(value, float):
        return f"{value:g}"
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def write_csv(path, columns, rows, note=""):
    """Write rows as CSV (RFC 4180); a note becomes a first line that starts with ``#``."""
    part = path.with_name(path.name + ".part")
    with part.open("w", newline="", encoding="utf-8", errors="replace") as file:
        if note:
            file.write(f"# {note}\r\n")
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        for row in rows:
            writer.writerow({key: neutral(value) for key, value in row.items()})
    part.replace(path)


def write_summary(results, path, note=""):
    """Write one row a student: points in each exercise, in all, and what waits for a person."""
    exercises = sorted({result.exercise for result in results if result.marks})
    totals = defaultdict(lambda: {"points": 0.0, "max_points": 0.0, "to_read": 0.0})
    for result in results:
        row = totals[result.student]
        row["student"] = result.student
        if result.marks:
            row[result.exercise] = result.points
        row["points"] += result.points
        row["max_points"] += result.max_points
        row["to_read"] += to_read(result)
    columns = ("student", *exercises, "points", "max_points", "to_read")
    write_csv(path, columns, [totals[student] for student in sorted(totals)], note)


def to_read(result):
    """Return the points that wait for a person."""
    return sum(mark.max_points for mark in result.marks if mark.status is Status.MANUAL)


def page(result):
    """Return the feedback page of one submission: its points, what to think about, its own text."""
    template = _pages.get_template("feedback.html")
    return template.render(result=result, words=WORDS, to_read=to_read(result))


def page_path(to, result):
    """Return where the feedback page of a result is written."""
    return to / "feedback" / safe(result.student) / f"{safe(result.exercise or 'folder')}.html"


def write_log(result, to):
    """Write what only whoever grades sees of one submission; returns the result without it.

    So that memory does not grow with the class.
    """
    if result.junit or result.log:
        folder = to / "instructor" / "junit" / safe(result.student)
        _write(folder / f"{safe(result.exercise)}.xml", result.junit)
        _write(folder / f"{safe(result.exercise)}.log", result.log)
    return replace(result, junit="", log="")


def safe(name):
    """Return a file name without anything that a shell or a browser would stumble over."""
    plain = re.sub(r"[^\w. -]", "_", name).strip(". ")[:80]
    if plain == name:
        return plain
    return f"{plain}-{hashlib.sha256(name.encode(errors='replace')).hexdigest()[:6]}"


def _write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", errors="replace")
