"""What each learning platform calls its students and columns, and how it reads a file back."""

import csv
import re


class Platform:
    """A gradebook file of a learning platform.

    Attributes
    ----------
    keys : tuple of str
        Columns that tell who a student is, the one that the system looks at first in front.
    folder : regular expression
        How the system names one student's files in a download; its group is found in the first of
        `keys`.
    remark : str
        What the teacher has to do when a column is new.
    """

    name = ""
    keys = ()
    folder = re.compile(r"(?!)")
    remark = ""
    quoting = csv.QUOTE_MINIMAL

    def students(self, table):
        """Return the rows that are students."""
        return table.rows[1:]

    def number(self, cell):
        """Return what stands in a download's names for the text in the first key column."""
        return cell.strip()

    def columns(self, table, exercise):
        """Return the places of the columns that an exercise's points may go into.

        A column belongs to ``e04_mini_batches`` if ``e04`` stands in its name as a word.
        """
        word = re.compile(rf"(?<![a-z0-9]){exercise.partition('_')[0]}(?![a-z0-9])", re.I)
        return [k for k, name in enumerate(table.header) if word.search(name)]

    def most(self, table, column):
        """Return the points that the system says can be had in a column, or None."""
        return None

    def add(self, table, exercise, most):
        """Add a column for an exercise; returns its place."""
        return table.add_column(exercise)


class Canvas(Platform):
    """Canvas: ``Student, ID, SIS User ID, SIS Login ID, Section``, then the assignments.

    As its importer does it (canvas-lms, lib/gradebook_importer.rb): a student is found by ID, else
    by SIS User ID, else by SIS Login ID; the columns in front keep their order, with Section last;
    a row whose first cell holds "Points Possible" sets the points of every assignment; a row of
    "Manual Posting" and blanks is passed over; columns marked "read only" are not imported.
    """

    name = "canvas"
    keys = ("ID", "SIS User ID", "SIS Login ID")
    folder = re.compile(r"_(\d+)_\d+$")  # lovelaceada_12345_67890_e04_mini_batches.ipynb
    remark = "Canvas will ask whether to make a new assignment"

    def students(self, table):
        """Return the rows that are students; Canvas's own test student is none."""
        return [
            row
            for row in table.rows[1:]
            if "Points Possible" not in row[0]
            and not all(re.fullmatch(r"\s*(Muted|Manual Posting.*)?\s*", cell) for cell in row)
            and row[0].strip() not in ("Student, Test", "Test Student")
        ]

    def _possible(self, table):
        return next((row for row in table.rows[1:] if "Points Possible" in row[0]), None)

    def columns(self, table, exercise):
        """Leave out what Canvas computes itself."""
        possible = self._possible(table) or [""] * len(table.header)
        found = super().columns(table, exercise)
        return [k for k in found if "read only" not in possible[k]]

    def most(self, table, column):
        """Return what stands in the row Points Possible."""
        possible = self._possible(table)
        return points(possible[column]) if possible else None

    def add(self, table, exercise, most):
        """Add the column, and its points in the row Points Possible."""
        column = table.add_column(exercise)
        possible = self._possible(table)
        if possible is None:
            possible = ["    Points Possible"] + [""] * column
            table.rows.insert(1, possible)
        possible[column] = f"{most:g}"
        return column


class Moodle(Platform):
    """Moodle: a gradebook that was exported as plain text, or an assignment's grading worksheet.

    A student is found by ID number or by e-mail address, in which case counts (Moodle docs, "Grade
    import"); in a worksheet by the number in ``Participant 123`` (mod/assign/feedback/offline).
    Feedback that is imported without grades loses the grades, so none is written into the table.
    """

    name = "moodle"
    keys = ("Identifier", "ID number", "Email address", "Username")
    folder = re.compile(r"_(\d+)_assignsubmission_file_?$")
    remark = "map it to a new grade item, and set the item's maximum"

    def number(self, cell):
        """Return the number of ``Participant 123``, in whatever language."""
        return cell.strip().rpartition(" ")[2]

    def columns(self, table, exercise):
        """In a worksheet the column Grade; else points, not what is derived from them."""
        if table.column("Identifier") is not None and table.column("Grade") is not None:
            return [table.column("Grade")]
        derived = re.compile(r"\((percentage|letter|feedback)\)\s*$", re.I)
        found = super().columns(table, exercise)
        return [k for k in found if not derived.search(table.header[k])]

    def most(self, table, column):
        """Return a worksheet's Maximum Grade."""
        maximum = table.column("Maximum Grade")
        if maximum is None or len(table.rows) < 2 or column != table.column("Grade"):
            return None
        return points(table.rows[1][maximum])


class Blackboard(Platform):
    """Blackboard Learn: tabs in UTF-16, named ``.xls``, or commas, every cell in quotation marks.

    A student is found by Username, a column by the number at its end: ``e04 [Total Pts: 10 Score]
    |123``. A column without one becomes a new column of text with no points (Blackboard Help,
    "Uploading or Downloading Grade Center Items for Working Offline").
    """

    name = "blackboard"
    keys = ("Username", "Student ID")
    folder = re.compile(r"_([^_]+)_attempt_[\d-]+$")
    remark = (
        "Blackboard makes it a column of text, which no total counts: make a column with points "
        "there first and download the gradebook again, or convert it afterwards"
    )
    quoting = csv.QUOTE_ALL

    def most(self, table, column):
        """Return the points in the column's name."""
        stated = re.search(r"\[Total Pts: (?:up to )?([\d.,]+)", table.header[column])
        return points(stated[1]) if stated else None


def points(text):
    """Return the number in a cell, or None."""
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return None


PLATFORMS = {platform.name: platform for platform in (Canvas(), Moodle(), Blackboard())}
