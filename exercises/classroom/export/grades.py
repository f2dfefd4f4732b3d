"""Points from a gradebook into a learning platform's own table."""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from exercises.classroom.export import feedback, tables
from exercises.classroom.export.platforms import PLATFORMS
from exercises.classroom.export.roster import Roster
from exercises.classroom.export.tables import printable
from exercises.classroom.marks import Status

JUDGED = set(Status) - {Status.UNJUDGED}


@dataclass
class Total:
    """What a student has in an exercise; `pending` if an answer has yet to be judged."""

    points: float = 0.0
    most: float = 0.0
    to_read: float = 0.0
    pending: bool = False

    def add(self, row):
        """Add a row of the gradebook."""
        self.points += row["points"]
        self.most += row["max_points"]
        self.to_read += row["max_points"] if row["status"] == "manual" else 0
        self.pending |= row["status"] not in JUDGED


@dataclass
class Report:
    """What came of an export: files written, and sentences for the teacher."""

    files: list = field(default_factory=list)
    remarks: list = field(default_factory=list)

    def tell(self, exercise, what, names):
        """Add a sentence about students, if there are any."""
        if names:
            self.remarks.append(f"{exercise}: {what}: {'; '.join(sorted(names))}")


def export(folder, platform, path, exercises=None, column=None, key=None):
    """Fill a roster's columns with the points in a gradebook.

    Parameters
    ----------
    folder : path-like
        Where `grade` wrote to.
    platform : str
        ``"canvas"``, ``"moodle"`` or ``"blackboard"``.
    path : path-like
        The roster: the gradebook as that system exports it.
    exercises : list of str, optional
        Which exercises, as ``e04`` or by their full names; by default all that were graded.
    column : str, optional
        The roster's column to fill, if it is not named for the exercise.
    key : str, optional
        The roster's column that tells who a student is, if it has another name.

    Returns
    -------
    Report

    Raises
    ------
    ValueError
        If a file is not what it should be, or a column's points are others than the exercise's.
    """
    folder, platform = Path(folder), PLATFORMS[platform]
    note, totals = read_gradebook(folder)
    chosen = choose(totals, exercises)
    if column and len(chosen) > 1:
        raise ValueError("--column fills one column: name one exercise with --exercise")
    roster = Roster(path, platform, key)
    report = Report(remarks=[note] if note else [])
    places = columns(roster, totals, chosen, column, report)
    matched = {}
    for exercise, place in places.items():
        matched[exercise] = match(roster, totals[exercise], exercise, report)
        for student, row in matched[exercise].items():
            row[place] = f"{totals[exercise][student].points:g}"
    target = folder / "export" / f"{platform.name}{Path(path).suffix or '.csv'}"
    tables.write(target, roster.table, roster.keys, platform.quoting)
    report.files.append(target)
    if platform.name == "moodle":
        feedback.write(folder, roster, matched, report)
    return report


def read_gradebook(folder):
    """Return the gradebook's note, and {exercise: {student: Total}}."""
    path = folder / "gradebook.json"
    if not path.exists():
        raise ValueError(f"{folder} holds no gradebook; grade into it first")
    content = json.loads(path.read_text(encoding="utf-8"))
    totals = defaultdict(lambda: defaultdict(Total))
    for row in content["rows"]:
        if row["grade_id"]:  # else the file belongs to no exercise
            totals[row["exercise"]][row["student"]].add(row)
    return content["note"], totals


def choose(known, wanted):
    """Return the exercises meant by names such as ``e04``, in order."""
    chosen = set()
    for name in wanted or known:
        fits = {exercise for exercise in known if f"{exercise}_".startswith(f"{name}_")}
        if len(fits) != 1:
            raise ValueError(f"there is no exercise {name} here, only: {', '.join(sorted(known))}")
        chosen |= fits
    if not chosen:
        raise ValueError("the gradebook holds no exercise")
    return sorted(chosen)


def columns(roster, totals, chosen, name, report):
    """Return {exercise: place of its column}; what is not there is added."""
    places = {}
    for exercise in chosen:
        most = max(total.most for total in totals[exercise].values())
        place = roster.column(exercise, most, name)
        if place is None:
            remark = f"the column {exercise} is new: {roster.platform.remark} ({most:g} points)"
            report.remarks.append(remark)
            place = roster.platform.add(roster.table, exercise, most)
        if place in places.values():
            header = printable(roster.table.header[place])
            raise ValueError(f"{header} belongs to one exercise: name it with --exercise")
        places[exercise] = place
    return places


def match(roster, totals, exercise, report):
    """Return {student: row}, and report who is unknown, who is missing, and who waits.

    Of several folders of one person the one with most points counts, as it does when grading.
    """
    found, unknown = {}, []
    pending = {student for student in totals if totals[student].pending}
    for student in sorted(totals.keys() - pending, key=lambda s: (-totals[s].points, s)):
        row, doubt = roster.find(student)
        if better := next((s for s, other in found.items() if other is row), None):
            doubt = f" (the person of {printable(better)}, who counts)"
        elif row is not None:
            found[student] = row
            continue
        unknown.append(printable(student) + doubt)
    handed_in = [*found.values(), *(roster.find(student)[0] for student in pending)]
    missing = [row for row in roster.students if not any(row is other for other in handed_in)]
    report.remarks.append(f"{exercise}: points of {len(found)} students are filled in")
    report.tell(exercise, "graded, but not in the roster", unknown)
    report.tell(
        exercise,
        "in the roster, but nothing handed in (cells as they were)",
        [printable(roster.who(row)) for row in missing],
    )
    report.tell(
        exercise,
        "answers that a person reads, not yet in the points",
        [printable(student) for student in found if totals[student].to_read],
    )
    report.tell(
        exercise, "not judged yet, so left out: grade them once more", map(printable, pending)
    )
    return found
