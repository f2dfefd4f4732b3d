"""Feedback pages in an archive that Moodle hands out."""

import zipfile

TIME = (1980, 1, 1, 0, 0, 0)  # of every file in an archive, so that it depends on nothing else
NUMBERS = (
    "no feedback.zip: Moodle wants participant numbers in it, which stand in the assignment's "
    "grading worksheet (Download grading worksheet): give that as the roster"
)


def write(folder, roster, matched, report):
    """Write ``feedback.zip`` for Moodle's "Upload multiple feedback files in a zip".

    Each file stands in a folder ``Full name_PARTICIPANT_assignsubmission_file_``, as in the archive
    of all submissions that Moodle offers; Moodle reads the number and passes over any other file
    (mod/assign/feedback/file/importziplib.php).

    Parameters
    ----------
    folder : Path
        Where `grade` wrote to.
    roster : roster.Roster
    matched : dict
        {exercise: {student: row of the roster}}
    report : grades.Report
    """
    pages = {}
    for exercise, found in matched.items():
        for student, row in found.items():
            number = roster.participant(row, student)
            page = folder / "feedback" / student / f"{exercise}.html"
            if number and page.is_file():
                name = f"{roster.full_name(row)}_{number}_assignsubmission_file_/{exercise}.html"
                pages[name] = page.read_bytes()
    if not pages:
        report.remarks.append(NUMBERS)
        return
    path = folder / "export" / "feedback.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(pages):
            archive.writestr(zipfile.ZipInfo(name, TIME), pages[name])
    report.files.append(path)
