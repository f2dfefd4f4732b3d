"""Grade one submission where another system runs the grader: in its container, at its paths.

``python -m exercises.classroom.export.inside gradescope EXERCISE`` reads ``/autograder/submission``
and writes ``/autograder/results/results.json``; with ``prairielearn`` these are ``/grade/student``
and ``/grade/results/results.json``. ``AUTOGRADER_ROOT`` and ``GRADE_ROOT`` name another folder than
``/autograder`` and ``/grade``.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path

from exercises.classroom import sandbox

ROOTS = {
    "gradescope": ("AUTOGRADER_ROOT", "/autograder", "submission"),
    "prairielearn": ("GRADE_ROOT", "/grade", "student"),
}
STUDENT = "student"
# What `grade` is told where no sandbox works, as in a container that forbids namespaces.
WITHOUT_SANDBOX = ("--without-sandbox",)
UNPROTECTED = (
    "Graded without a sandbox, which does not work in this container: answers could read the "
    "grader's files and change marks."
)


def main(system, exercise):
    """Grade what was handed in, and write the results in the system's form."""
    variable, default, handed_in = ROOTS[system]
    root = Path(os.environ.get(variable, default))
    try:
        rows, feedback = graded(submission(root / handed_in, exercise), exercise)
        results = FORMS[system](rows, feedback)
    except ValueError as error:
        results = REFUSALS[system](str(error))
    (root / "results").mkdir(exist_ok=True)
    (root / "results" / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    print(f"results: {root / 'results' / 'results.json'}")


def submission(folder, exercise):
    """Return the one notebook in a folder, or the one that is named for the exercise.

    Raises
    ------
    ValueError
        If there is none, or several that it may be.
    """
    found = sorted(path for path in folder.rglob("*.ipynb") if not path.is_symlink())
    named = [path for path in found if path.stem == exercise]
    fits = named or found
    if len(fits) != 1:
        raise ValueError(f"Hand in one notebook, {exercise}.ipynb; there are {len(fits)}.")
    return fits[0]


def graded(notebook, exercise):
    """Grade a notebook as every other: returns its rows of the gradebook and its feedback page."""
    unprotected = bool(sandbox.available())
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "submitted" / STUDENT).mkdir(parents=True)
        shutil.copy(notebook, folder / "submitted" / STUDENT / f"{exercise}.ipynb")
        command = ["grade", folder / "submitted", "--to", folder / "graded", "--workers", "1"]
        done = subprocess.run(
            [sys.executable, "-m", "exercises", *command, *WITHOUT_SANDBOX * unprotected],
            cwd=Path(__file__).resolve().parents[3],
            stderr=subprocess.STDOUT,  # for the instructor alone
        )
        if done.returncode:
            raise ValueError("The grader failed, which is no fault of yours; tell your instructor.")
        rows = json.loads((folder / "graded" / "gradebook.json").read_text())["rows"]
        page = folder / "graded" / "feedback" / STUDENT / f"{exercise}.html"
        feedback = text_of(page.read_text(encoding="utf-8"))
    return rows, f"{UNPROTECTED}\n\n{feedback}" if unprotected else feedback


class _Text(HTMLParser):
    """Collects what a page shows, a line for each block."""

    BLOCKS = frozenset({"h1", "h2", "h3", "p", "pre", "section", "li", "tr", "div"})

    def __init__(self):
        super().__init__()
        self.text, self.hidden = "", False

    def handle_starttag(self, tag, attributes):
        self.hidden = self.hidden or tag in ("style", "title", "script")
        if tag in self.BLOCKS and not self.text.endswith("\n"):
            self.text += "\n"

    def handle_endtag(self, tag):
        self.hidden = self.hidden and tag not in ("style", "title", "script")
        if tag in self.BLOCKS:
            self.text += "\n"

    def handle_data(self, data):
        if not self.hidden and (data.strip() or not self.text.endswith("\n")):
            self.text += data


def text_of(page):
    """Return what a feedback page shows, as plain text."""
    parser = _Text()
    parser.feed(page)
    return parser.text.strip()


def words(row):
    """Return what a row of the gradebook says, without its points."""
    return f"{row['status']}: {row['mistake']}" if row["mistake"] else row["status"]


def gradescope(rows, feedback):
    """Return results.json as Gradescope reads it ("Autograder Specifications")."""
    tests = [
        {
            "name": row["grade_id"],
            "score": row["points"],
            "max_score": row["max_points"],
            "status": "passed" if row["status"] == "passed" else "failed",
            "output": words(row),
            "output_format": "text",
        }
        for row in rows
    ]
    score = sum(row["points"] for row in rows)
    return {
        "score": score,
        "output": feedback,
        "output_format": "text",
        "stdout_visibility": "hidden",  # the grader's own words are the instructor's
        "tests": tests,
    }


def prairielearn(rows, feedback):
    """Return results.json as PrairieLearn reads it ("External Grading"); the score is a share."""
    tests = [
        {
            "name": row["grade_id"],
            "points": row["points"],
            "max_points": row["max_points"],
            "message": words(row),
        }
        for row in rows
    ]
    most = sum(row["max_points"] for row in rows)
    score = sum(row["points"] for row in rows) / most if most else 0.0
    return {"gradable": True, "score": score, "message": "", "output": feedback, "tests": tests}


FORMS = {"gradescope": gradescope, "prairielearn": prairielearn}
REFUSALS = {
    "gradescope": lambda text: {"score": 0.0, "output": text, "stdout_visibility": "hidden"},
    "prairielearn": lambda text: {"gradable": False, "format_errors": [text]},
}

if __name__ == "__main__":
    main(*sys.argv[1:])
