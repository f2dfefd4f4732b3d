"""Points in the tables of learning platforms, which find them again.

What those platforms do with a file is imitated from their documentation or their source, as named
in `exercises.classroom.export.platforms`.
"""

import csv
import json
import re
import subprocess
import zipfile

import pytest

from exercises.__main__ import main
from exercises.classroom import release
from exercises.classroom.export import grades, tables

from .tools import E04

CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,Essay (77),e04 Mini-batches (78),Final Score
,,,,,Manual Posting,,
    Points Possible,,,,,5,10,(read only)
"Byron, Ada",101,s-1,ada,A,4,,80
"Bloggs, Bob",102,s-2,bob,A,3,,60
"Curie, Marie",103,s-3,marie,B,5,6,90
"Student, Test",104,,test,A,,,
"""
MOODLE = """\
First name,Last name,ID number,Email address,Assignment: e04 (Real),Assignment: e04 (Percentage)
Ada,Byron,1815,ada@x.org,-,-
Bob,Bloggs,7,Bob@x.org,-,-
"""
WORKSHEET = """\
Identifier,Full name,Email address,Status,Grade,Maximum Grade,Last modified (grade),Feedback
Participant 501,Ada_Byron Lovelace,ada@x.org,Submitted,,10.00,-,
Participant 502,Bob / Bloggs,bob@x.org,Submitted,,10.00,-,
Participant 503,Marie Curie,marie@x.org,No submission,,10.00,-,
"""
BLACKBOARD = """"Last Name"\t"First Name"\t"Username"\t"e04 [Total Pts: 10 Score] |123"\t"Total |9"
"Byron"\t"Ada"\t"ada"\t""\t""
"Bloggs"\t"Bob"\t"bob"\t""\t""
"""


def gradebook(folder, points, exercise=E04, status="passed"):
    """Write a gradebook in which each student has some of ten points, and a feedback page each."""
    path = folder / "gradebook.json"
    rows = json.loads(path.read_text())["rows"] if path.exists() else []
    for student, earned in points.items():
        for grade_id, share, most in (("first", earned, 9.0), ("last", 0.0, 1.0)):
            row = {"student": student, "exercise": exercise, "grade_id": grade_id}
            row |= {"points": share, "max_points": most, "status": status, "mistake": ""}
            rows.append(row)
        page = folder / "feedback" / student / f"{exercise}.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(f"<p>{student}</p>")
    path.write_text(json.dumps({"note": "", "rows": rows}))
    return folder


def filled(folder, platform, roster, name="roster.csv", encoding="utf-8", **options):
    """Export, and return the rows of the result, the remarks as one text, and the path."""
    (folder / name).write_bytes(roster.encode(encoding))
    report = grades.export(folder, platform, folder / name, **options)
    table = tables.read(report.files[0])
    return table.rows, "\n".join(report.remarks), report.files[0]


def column(rows, name):
    """The cells below one name."""
    return [row[rows[0].index(name)] for row in rows[1:]]


def test_canvas_finds_students_by_any_of_its_three_ids(tmp_path):
    rows, remarks, _ = filled(
        gradebook(tmp_path, {"101": 7.0, "s-2": 5.5, "marie": 0.0}), "canvas", CANVAS
    )
    assert column(rows, "e04 Mini-batches (78)") == ["", "10", "7", "5.5", "0", ""]
    assert "3 students" in remarks and "not in the roster" not in remarks
    assert "Test" not in remarks


def test_all_other_cells_stay_as_they_were(tmp_path):
    _, _, path = filled(gradebook(tmp_path, {"ada": 7.0}), "canvas", CANVAS)
    assert path.read_text() == CANVAS.replace("ada,A,4,,80", "ada,A,4,7,80")


def test_unknown_and_missing_students_are_named(tmp_path):
    folder = gradebook(tmp_path, {"ada": 7.0, "eve\x1b[2J": 9.0, "MARIE": 3.0})
    rows, remarks, _ = filled(folder, "canvas", CANVAS)
    assert r"not in the roster: MARIE (differs from marie in case or zeros only); eve\x1b[2J" in (
        remarks
    )
    assert "nothing handed in (cells as they were): 102; 103" in remarks
    assert column(rows, "e04 Mini-batches (78)")[-2:] == ["6", ""]


def test_canvas_gets_a_new_column_with_its_points_possible(tmp_path):
    gradebook(tmp_path, {"ada": 7.0})
    folder = gradebook(tmp_path, {"bob": 4.0}, "e05_fair_comparisons")
    rows, remarks, _ = filled(folder, "canvas", CANVAS)
    assert column(rows, "e05_fair_comparisons") == ["", "10", "", "4", "", ""]
    assert "the column e05_fair_comparisons is new" in remarks
    plain = "\n".join(line for line in CANVAS.splitlines() if "Po" not in line)
    rows, *_ = filled(folder, "canvas", plain, exercises=["e05"])
    assert rows[1][0].strip() == "Points Possible" and rows[1][-1] == "10"


def test_the_importer_of_canvas_reads_it(tmp_path):
    """As lib/gradebook_importer.rb does: header, points, rows that are no students, then IDs."""
    _, _, path = filled(
        gradebook(tmp_path, {"102": 4.0}), "canvas", CANVAS.replace(",", ";").replace("; ", ", ")
    )
    with path.open(newline="") as file:
        lines = list(csv.reader(file, delimiter=";", strict=True))
    header = lines.pop(0)
    assert "Student" in header[0] and "ID" in header[1] and header[2:5] == CANVAS.split(",")[2:5]
    possible = next(line for line in lines if "Points Possible" in line[0])
    place = header.index("e04 Mini-batches (78)")
    assert float(possible[place]) == 10
    assert {line[1]: line[place] for line in lines if line[1]}["102"] == "4"


def test_other_points_than_the_platform_says_are_refused(tmp_path):
    folder = gradebook(tmp_path, {"ada": 7.0})
    for platform, roster in (
        ("canvas", CANVAS.replace(",5,10,", ",5,100,")),
        ("moodle", WORKSHEET.replace("10.00", "100.00")),
        ("blackboard", BLACKBOARD.replace("Pts: 10", "Pts: 100")),
    ):
        with pytest.raises(ValueError, match=r"has 10 points, but .* has 100 in the roster"):
            filled(folder, platform, roster)


def test_moodle_tells_capital_letters_apart_and_gets_no_feedback_without_a_number(tmp_path):
    folder = gradebook(tmp_path, {"1815": 8.0, "bob@x.org": 4.0})
    rows, remarks, _ = filled(folder, "moodle", MOODLE)
    assert column(rows, "Assignment: e04 (Real)") == ["8", "-"]
    assert column(rows, "Assignment: e04 (Percentage)") == ["-", "-"]
    assert "bob@x.org (differs from Bob@x.org in case" in remarks
    assert "no feedback.zip" in remarks and not (tmp_path / "export" / "feedback.zip").exists()


def import_feedback(archive, participants):
    """Return {participant: [file]}, as mod/assign/feedback/file/importziplib.php finds them."""
    found = {}
    for name in archive.namelist():
        *_, file = parts = name.split("/")
        assert not file.startswith((".", "~"))
        while parts:
            info = parts.pop(0).split("_", 4)
            if len(info) < 4 or not info[1].isdecimal() or int(info[1]) not in participants:
                continue
            assert info[2:4] == ["assignsubmission", "file"]  # a plugin that every Moodle has
            found.setdefault(int(info[1]), []).append("/".join([*info[4:], *parts]).lstrip("/"))
            break
    return found


def test_moodles_worksheet_and_its_feedback_archive(tmp_path):
    students = {"Ada_501_assignsubmission_file": 8.0, "bob@x.org": 4.0}
    rows, remarks, _ = filled(gradebook(tmp_path, students), "moodle", WORKSHEET)
    assert column(rows, "Grade") == ["8", "4", ""]
    assert "nothing handed in (cells as they were): Participant 503" in remarks
    with zipfile.ZipFile(tmp_path / "export" / "feedback.zip") as archive:
        assert import_feedback(archive, {501, 502, 503}) == {
            501: [f"{E04}.html"],
            502: [f"{E04}.html"],
        }
        assert b"bob@x.org" in archive.read(archive.namelist()[1])


def test_a_worksheet_holds_one_exercise(tmp_path):
    gradebook(tmp_path, {"bob@x.org": 4.0}, "e05_fair_comparisons")
    folder = gradebook(tmp_path, {"bob@x.org": 8.0})
    with pytest.raises(ValueError, match="name it with --exercise"):
        filled(folder, "moodle", WORKSHEET)
    rows, *_ = filled(folder, "moodle", WORKSHEET, exercises=["e05"])
    assert column(rows, "Grade")[1] == "4"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig"])
def test_blackboards_file_comes_back_in_its_own_form(tmp_path, encoding):
    folder = gradebook(tmp_path, {"HW_ada_attempt_2026-11-01-12-00-00": 7.5})
    roster = BLACKBOARD.replace("Bloggs", "Blöggs").replace("\n", "\r\n")
    *_, path = filled(folder, "blackboard", roster, "gc.xls", encoding)
    assert path.name == "blackboard.xls"
    expected = roster.replace('"ada"\t""', '"ada"\t"7.5"')
    encoding = "utf-8-sig" if encoding == "utf-8-sig" else "utf-16"
    assert path.read_bytes().decode(encoding) == expected
    assert path.read_bytes()[:2] in (b"\xff\xfe", b"\xef\xbb")


def test_the_loop_of_the_readme_collects_so_that_export_finds_everybody(tmp_path):
    readme = (release.EXERCISES / "README.md").read_text(encoding="utf-8")
    (loop,) = re.findall(r"^```\n(for file in downloads.*?)^```", readme, re.S | re.M)
    downloads = ("byronada_101_987", "bloggsbob_LATE_102_65", "h_1_ada_attempt_2026-11-01-12-00-00")
    (tmp_path / "downloads").mkdir()
    for name, end in zip(downloads, ("", "-2", ""), strict=True):
        (tmp_path / "downloads" / f"{name}_{E04}{end}.ipynb").write_text("")
    subprocess.run(["bash", "-c", loop], cwd=tmp_path, check=True)
    collected = {path.parent.name for path in (tmp_path / "submitted").glob(f"*/{E04}.ipynb")}
    assert collected == set(downloads)
    folder = gradebook(tmp_path, dict.fromkeys(collected, 7.0))
    rows, *_ = filled(folder, "canvas", CANVAS)
    assert column(rows, "e04 Mini-batches (78)") == ["", "10", "7", "7", "6", ""]
    rows, *_ = filled(folder, "blackboard", BLACKBOARD)
    assert rows[1][3:] == ["7", ""]


def test_a_column_that_blackboard_does_not_know_is_said_to_arrive_as_text(tmp_path):
    folder = gradebook(tmp_path, {"ada": 7.0}, "e05_fair_comparisons")
    rows, remarks, _ = filled(folder, "blackboard", BLACKBOARD)
    assert column(rows, "e05_fair_comparisons") == ["7", ""]
    assert "a column of text" in remarks


def test_what_waits_for_a_person_is_said(tmp_path):
    folder = gradebook(tmp_path, {"ada": 0.0}, status="manual")
    _, remarks, _ = filled(folder, "canvas", CANVAS)
    assert "answers that a person reads, not yet in the points: ada" in remarks


def test_the_number_in_a_download_is_no_id_number(tmp_path):
    """Moodle's participant numbers and a school's ID numbers may be the same digits."""
    folder = gradebook(tmp_path, {"Zoe_1815_assignsubmission_file": 7.0})
    rows, remarks, _ = filled(folder, "moodle", MOODLE)
    assert column(rows, "Assignment: e04 (Real)") == ["-", "-"]
    assert "not in the roster: Zoe_1815_assignsubmission_file" in remarks


def test_a_name_that_fits_two_people_is_nobodys(tmp_path):
    roster = CANVAS.replace("s-2", "101")
    rows, remarks, _ = filled(gradebook(tmp_path, {"101": 7.0}), "canvas", roster)
    assert column(rows, "e04 Mini-batches (78)") == ["", "10", "", "", "6", ""]
    assert "101 (fits 2 rows)" in remarks


def test_what_is_not_judged_yet_gets_no_points(tmp_path):
    gradebook(tmp_path, {"ada": 7.0})
    folder = gradebook(tmp_path, {"bob": 0.0}, status="unjudged")
    rows, remarks, _ = filled(folder, "canvas", CANVAS)
    assert column(rows, "e04 Mini-batches (78)")[2:4] == ["7", ""]
    assert "not judged yet, so left out: grade them once more: bob" in remarks
    assert "nothing handed in (cells as they were): 103" in remarks


def test_a_person_who_was_graded_twice_gets_the_better(tmp_path):
    rows, remarks, _ = filled(gradebook(tmp_path, {"101": 3.0, "ada": 8.0}), "canvas", CANVAS)
    assert column(rows, "e04 Mini-batches (78)")[2] == "8"
    assert "101 (the person of ada, who counts)" in remarks


def test_columns_of_other_names_can_be_named(tmp_path):
    folder = gradebook(tmp_path, {"ada@x.org": 7.0})
    roster = (
        MOODLE.replace("Email address", "E-Mail").replace("ID number", "Nr").replace("e04", "H")
    )
    with pytest.raises(ValueError, match="--key"):
        filled(folder, "moodle", roster)
    rows, *_ = filled(folder, "moodle", roster, key="E-Mail", column="Assignment: H (Real)")
    assert column(rows, "Assignment: H (Real)") == ["7", "-"]


@pytest.mark.parametrize(
    "roster",
    ["", "no table", "Student,ID\n1,2,3\n", 'a,b\n"x"y,2\n', "Name;Mail\nA;B\n", None],
    ids=["empty", "one_column", "wide_row", "quotes", "no_key", "absent"],
)
def test_a_bad_roster_is_refused_in_one_sentence(tmp_path, roster, capsys):
    gradebook(tmp_path, {"ada": 7.0})
    if roster is not None:
        (tmp_path / "r.csv").write_text(roster)
    assert main(["export", str(tmp_path), "--canvas", str(tmp_path / "r.csv")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_the_command_says_what_it_did(tmp_path, capsys):
    gradebook(tmp_path, {"ada": 7.0})
    (tmp_path / "r.csv").write_text(CANVAS)
    command = ["export", str(tmp_path), "--canvas", str(tmp_path / "r.csv"), "--exercise", "e04"]
    assert main(command) == 0
    assert "canvas.csv" in capsys.readouterr().out
    assert main([*command[:-1], "e09"]) == 2
    assert main(["export", str(tmp_path / "none"), *command[2:]]) == 2
