"""Points from a gradebook into a learning platform's own table, and feedback pages for Moodle."""

import json
import re
import zipfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from exercises.classroom.export import tables
from exercises.classroom.export.platforms import PLATFORMS
from exercises.classroom.export.tables import printable

TIME = (1980, 1, 1, 0, 0, 0)  # of every file in an archive, so that it depends on nothing else


@dataclass
class Total:
    """What a student has in an exercise."""

    points: float = 0.0
    most: float = 0.0
    to_read: float = 0.0


@dataclass
class Report:
    """What came of an export: files written, and sentences for the teacher."""

    files: list = field(default_factory=list)
    remarks: list = field(default_factory=list)


def export(folder, platform, roster, exercises=None, column=None, key=None):
    """Fill a roster's columns with the points in a gradebook.

    Parameters
    ----------
    folder : path-like
        Where `grade` wrote to.
    platform : str
        ``"canvas"``, ``"moodle"`` or ``"blackboard"``.
    roster : path-like
        The gradebook as that system exports it.
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
    table = tables.read(roster)
    keys = key_columns(table, platform, key)
    report = Report(remarks=[note] if note else [])
    matched, places = {}, []
    for exercise in chosen:
        most = max(total.most for total in totals[exercise].values())
        place = find_column(table, platform, exercise, most, column, report)
        if place in places:
            raise ValueError(
                f"{printable(table.header[place])} belongs to one exercise: name it with --exercise"
            )
        places.append(place)
        found = match(table, platform, keys, totals[exercise], exercise, report)
        for student, row in found.items():
            row[place] = f"{totals[exercise][student].points:g}"
        matched[exercise] = found
    path = folder / "export" / f"{platform.name}{Path(roster).suffix or '.csv'}"
    tables.write(path, table, keys, platform.quoting)
    report.files.append(path)
    if platform.name == "moodle":
        write_feedback(folder, table, platform, matched, report)
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
            total = totals[row["exercise"]][row["student"]]
            total.points += row["points"]
            total.most += row["max_points"]
            total.to_read += row["max_points"] if row["status"] == "manual" else 0
    return content["note"], totals


def choose(known, wanted):
    """Return the exercises meant by names such as ``e04``, in order."""
    chosen = set()
    for name in wanted or known:
        fits = {e for e in known if e == name or e.startswith(f"{name.rstrip('_')}_")}
        if len(fits) != 1:
            raise ValueError(f"there is no exercise {name} here, only: {', '.join(sorted(known))}")
        chosen |= fits
    if not chosen:
        raise ValueError("the gradebook holds no exercise")
    return sorted(chosen)


def key_columns(table, platform, key):
    """Return the places of the columns that tell who a student is, the system's first in front."""
    places = [table.column(name) for name in ([key] if key else platform.keys)]
    places = [place for place in places if place is not None]
    if not places:
        raise ValueError(
            f"the roster has no column {' or '.join([key] if key else platform.keys)}, but "
            f"{', '.join(map(printable, table.header))}. Name the one for a student with --key"
        )
    return places


def find_column(table, platform, exercise, most, name, report):
    """Return the place of an exercise's column, which is added if there is none."""
    if name is not None and table.column(name) is None:
        raise ValueError(f"the roster has no column {name}")
    found = [table.column(name)] if name else platform.columns(table, exercise)
    if len(found) > 1:
        names = ", ".join(printable(table.header[k]) for k in found)
        raise ValueError(f"{exercise} may go into several columns: {names}. Choose with --column")
    if not found:
        report.remarks.append(f"the column {exercise} is new: {platform.remark} ({most:g} points)")
        return platform.add(table, exercise, most)
    stated = platform.most(table, found[0])
    if stated is not None and stated != most:
        raise ValueError(
            f"{exercise} has {most:g} points, but {printable(table.header[found[0]])} has "
            f"{stated:g} in the roster: make them equal there and export it again"
        )
    return found[0]


def match(table, platform, keys, totals, exercise, report):
    """Return {student: row}, and report who is unknown, who is missing, and who waits."""
    rows = platform.students(table)
    by_key = defaultdict(dict)  # a person may have the same text in two columns
    for place in keys:
        for row in rows:
            by_key[platform.key(row[place])][id(row)] = row
    by_key.pop("", None)
    found, unknown = {}, []
    for student in sorted(totals, key=lambda s: (-totals[s].points, s)):
        download = platform.folder.search(student)
        names = [student.strip(), download[1] if download else ""]
        fits = next((list(by_key[n].values()) for n in names if n in by_key), [])
        if len(fits) != 1:
            unknown.append(printable(student) + doubt(student, fits, by_key))
        elif better := next((s for s, row in found.items() if row is fits[0]), None):
            unknown.append(f"{printable(student)} (the person of {printable(better)}, who counts)")
        else:
            found[student] = fits[0]
    missing = [row for row in rows if not any(row is other for other in found.values())]
    waiting = [s for s in found if totals[s].to_read]
    say = report.remarks.append
    say(f"{exercise}: points of {len(found)} students are filled in")
    if unknown:
        say(f"{exercise}: graded, but not in the roster: {'; '.join(sorted(unknown))}")
    if missing:
        names = "; ".join(printable(who(row, keys)) for row in missing)
        say(f"{exercise}: in the roster, but nothing handed in (cells as they were): {names}")
    if waiting:
        names = "; ".join(map(printable, waiting))
        say(f"{exercise}: answers that a person reads, not yet in the points: {names}")
    return found


def doubt(student, fits, by_key):
    """Return why a student was not found, in brackets, if there is something to say."""
    if fits:
        return f" (fits {len(fits)} rows)"
    near = [k for k in by_key if _loosely(k) == _loosely(student)]
    return f" (differs from {printable(near[0])} in case or zeros only)" if near else ""


def _loosely(name):
    return name.strip().casefold().lstrip("0")


def who(row, keys):
    """Return the first thing that is known of a student."""
    return next((row[place] for place in keys if row[place].strip()), row[0])


def write_feedback(folder, table, platform, matched, report):
    """Write ``feedback.zip`` for Moodle's "Upload multiple feedback files in a zip".

    Each file stands in a folder ``Full name_PARTICIPANT_assignsubmission_file_``, as in the archive
    of all submissions that Moodle offers; Moodle reads the number and passes over any other file
    (mod/assign/feedback/file/importziplib.php).
    """
    identifier = table.column("Identifier")
    pages = {}
    for exercise, found in matched.items():
        for student, row in found.items():
            download = platform.folder.search(student)
            number = platform.key(row[identifier]) if identifier is not None else ""
            number = number if number.isdecimal() else (download[1] if download else "")
            page = folder / "feedback" / student / f"{exercise}.html"
            if number and page.is_file():
                name = f"{full_name(table, row)}_{number}_assignsubmission_file_/{exercise}.html"
                pages[name] = page.read_bytes()
    if not pages:
        report.remarks.append(
            "no feedback.zip: Moodle wants participant numbers in it, which stand in the "
            "assignment's grading worksheet (Download grading worksheet): give that as the roster"
        )
        return
    path = folder / "export" / "feedback.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(pages):
            archive.writestr(zipfile.ZipInfo(name, TIME), pages[name])
    report.files.append(path)


def full_name(table, row):
    """Return a student's name as a file name may hold it; an underscore would end it."""
    places = [table.column("Full name")]
    if places == [None]:
        places = [table.column("First name"), table.column("Last name", "Surname")]
    name = " ".join(row[place] for place in places if place is not None)
    return re.sub(r"[^\w .'-]|_", " ", name).strip(" .") or "Participant"
