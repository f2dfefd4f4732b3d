"""The students of a learning platform's table, and its columns for exercises."""

import re
from collections import defaultdict

from exercises.classroom.export import tables
from exercises.classroom.export.tables import printable


class Roster:
    """A platform's gradebook, in which students are looked up by name.

    Parameters
    ----------
    path : path-like
    platform : platforms.Platform
    key : str, optional
        The column that tells who a student is, in place of those that the platform has.

    Raises
    ------
    ValueError
        If it is no table, or has no such column.
    """

    def __init__(self, path, platform, key=None):
        self.table = tables.read(path)
        self.platform = platform
        names = [key] if key else platform.keys
        self.keys = [k for k in map(self.table.column, names) if k is not None]
        if not self.keys:
            header = ", ".join(map(printable, self.table.header))
            raise ValueError(
                f"the roster has no column {' or '.join(names)}, but {header}: name the one that "
                "tells who a student is with --key"
            )
        self.students = platform.students(self.table)
        self.first = self.table.column(names[0])
        self._by_name, self._by_number = defaultdict(dict), defaultdict(dict)
        for row in self.students:
            for place in self.keys:  # a person may have the same text in two of them
                self._by_name[row[place].strip()][id(row)] = row
            if self.first is not None:
                self._by_number[platform.number(row[self.first])][id(row)] = row
        self._by_name.pop("", None)

    def find(self, student):
        """Return the row of a student called so in the gradebook, or None, and why not."""
        download = self.platform.folder.search(student)
        rows = self._by_name.get(student.strip()) or {}
        if not rows and download:
            rows = self._by_number.get(download[1]) or {}
        if len(rows) == 1:
            return next(iter(rows.values())), ""
        if rows:
            return None, f" (fits {len(rows)} rows)"
        near = [name for name in self._by_name if _loosely(name) == _loosely(student)]
        return None, f" (differs from {printable(near[0])} in case or zeros only)" if near else ""

    def who(self, row):
        """Return the first thing that the roster knows of a student."""
        return next((row[k] for k in self.keys if row[k].strip()), row[0])

    def participant(self, row, student):
        """Return the number that Moodle gives a student in an assignment, or an empty text."""
        place = self.table.column("Identifier")
        number = self.platform.number(row[place]) if place is not None else ""
        download = self.platform.folder.search(student)
        return number if number.isdecimal() else download[1] if download else ""

    def full_name(self, row):
        """Return a student's name as a file name may hold it, without underscores."""
        places = [self.table.column("Full name")]
        if places == [None]:
            places = [self.table.column("First name"), self.table.column("Last name", "Surname")]
        name = " ".join(row[k] for k in places if k is not None)
        return re.sub(r"[^\w .'-]|_", " ", name).strip(" .") or "Participant"

    def column(self, exercise, most, name=None):
        """Return the place of an exercise's column, or None if it has yet to be added.

        Raises
        ------
        ValueError
            If there are several, or the platform says that other points can be had in it.
        """
        if name is not None and self.table.column(name) is None:
            raise ValueError(f"the roster has no column {name}")
        found = [self.table.column(name)] if name else self.platform.columns(self.table, exercise)
        names = [printable(self.table.header[k]) for k in found]
        if len(found) > 1:
            raise ValueError(f"{exercise} may go into {' or '.join(names)}: choose with --column")
        stated = self.platform.most(self.table, found[0]) if found else None
        if stated is not None and stated != most:
            raise ValueError(
                f"{exercise} has {most:g} points, but {names[0]} has {stated:g} in the roster: "
                "make them equal there and export it again"
            )
        return found[0] if found else None


def _loosely(name):
    return name.strip().casefold().lstrip("0")
