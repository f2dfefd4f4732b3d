"""Find submissions, name them, read them. Everything hostile in a file or a name ends here.

A submission is read leniently, since whoever pressed the wrong button has still worked.
"""

import json
import stat
from dataclasses import dataclass
from pathlib import Path

from exercises.classroom.source import Cell

MAX_BYTES = 64_000_000


class NoSubmissionsError(ValueError):
    """There is nothing to grade; the text says what was looked for."""


class UnreadableError(ValueError):
    """A submission that cannot be read; its text is the reason, in one plain sentence."""


@dataclass(frozen=True)
class Submission:
    """One file of one student, or a folder that cannot be looked into.

    Attributes
    ----------
    student, exercise, where : str
        As they are shown; `where` is the path below the folder of all submissions.
    path : Path
    problem : str
        Why there is nothing to read, or "".
    """

    student: str
    exercise: str
    where: str
    path: Path
    problem: str = ""


def shown(name):
    """Return a name from the disk as it can be printed anywhere: what is not plain is escaped."""
    return "".join(
        c if c.isprintable() and c != "\\" else c.encode("unicode_escape").decode() for c in name
    )


def find(submitted):
    """Return the submissions below a folder, as ``student[/assignment]/exercise.ipynb``.

    Raises
    ------
    NoSubmissionsError
        If there is no such folder, or nothing in it.
    """
    submitted = Path(submitted)
    if not submitted.is_dir():
        raise NoSubmissionsError(
            f"{submitted} is not a folder; it should hold a folder for each student"
        )
    found = []
    for student in sorted(submitted.iterdir()):
        if student.is_dir() and not student.is_symlink() and not student.name.startswith("."):
            found += _of(student, submitted)
    if not found:
        raise NoSubmissionsError(
            f"{submitted} holds no submission; they are looked for as STUDENT/EXERCISE.ipynb or "
            "STUDENT/ASSIGNMENT/EXERCISE.ipynb"
        )
    return found


def _of(student, submitted):
    found = []
    folders = [student]
    for folder in folders:
        try:
            entries = sorted(folder.iterdir())
        except OSError as error:
            found.append(_named(folder, submitted, f"its folder cannot be read: {error.strerror}"))
            continue
        for path in entries:
            if path.name.startswith("."):
                continue
            if path.suffix == ".ipynb":
                found.append(_named(path, submitted))
            elif folder is student and not path.is_symlink() and path.is_dir():
                folders.append(path)
    return found


def _named(path, submitted, problem=""):
    below = path.relative_to(submitted)
    exercise = "" if problem else shown(path.stem)
    return Submission(shown(below.parts[0]), exercise, shown(str(below)), path, problem)


def read_bytes(submission):
    """Return the bytes of a submission.

    Raises
    ------
    UnreadableError
        If it is not a regular file of at most `MAX_BYTES`.
    """
    if submission.problem:
        raise UnreadableError(submission.problem)
    try:
        status = submission.path.lstat()
        if stat.S_ISLNK(status.st_mode):
            raise UnreadableError("it is a symbolic link, and only files are read")
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableError("it is not a file")
        if status.st_size > MAX_BYTES:
            size = f"{status.st_size / 1e6:.0f} MB, more than {MAX_BYTES / 1e6:.0f} MB"
            raise UnreadableError(f"it is too large: {size}. Clear its outputs and submit again")
        return submission.path.read_bytes()
    except OSError as error:
        raise UnreadableError(f"it cannot be read: {error.strerror}") from None


def cells_of(data):
    """Return the `Cell`s of a notebook given as bytes.

    Raises
    ------
    UnreadableError
        If they hold no notebook.
    """
    if not data.strip():
        raise UnreadableError("the file is empty")
    utf16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    text = data.decode("utf-16" if utf16 else "utf-8-sig", errors="replace")
    try:
        content = json.loads(text)
    except RecursionError:
        raise UnreadableError("it is nested too deeply to be a notebook") from None
    except (ValueError, MemoryError):
        raise UnreadableError("it is not a notebook, or only a part of one") from None
    if not isinstance(content, dict):
        raise UnreadableError("it is not a notebook")
    sheets = content.get("worksheets")  # where format 3 kept its cells
    sheets = sheets if isinstance(sheets, list) else [content]
    cells = []
    for sheet in sheets:
        found = sheet.get("cells") if isinstance(sheet, dict) else None
        cells += found if isinstance(found, list) else []
    if not cells:
        raise UnreadableError("it is not a notebook: it has no cells")
    return [_cell(cell) for cell in cells if isinstance(cell, dict)]


def _cell(cell):
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    source = source if isinstance(source, str) else ""
    meta = cell.get("metadata")
    meta = meta.get("nbgrader") if isinstance(meta, dict) else None
    grade_id = meta.get("grade_id") if isinstance(meta, dict) else None
    source = source.encode(errors="replace").decode()  # a lone surrogate could not be written
    return Cell(cell.get("cell_type"), source, grade_id, cell.get("id"))
