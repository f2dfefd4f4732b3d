"""For after the deadline: each exercise with its solution, and what each mistake was about."""

import inspect
import textwrap
from collections import Counter
from pathlib import Path

import nbformat
from nbgrader.preprocessors import ClearOutput

from exercises.classroom import items, mistakes, source


def write(folder, graded=None):
    """Write a notebook with solution and discussion for each exercise.

    Parameters
    ----------
    folder : path-like
        Made if it is not there; what lies there under the same names is replaced.
    graded : path-like, optional
        Where a class was graded: how often each mistake was made is then told.

    Returns
    -------
    list of Path
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    cost = {}
    if graded is not None:
        _, table = items.statistics(graded)
        cost = {(item["exercise"], item["grade_id"]): item for item in table}
    written = []
    for path in source.paths():
        nbformat.write(solution(path, cost), folder / path.name)
        written.append(folder / path.name)
    return written


def solution(path, cost):
    """Return one exercise with solutions, and a discussion in place of each check.

    Parameters
    ----------
    path : Path
        Of the source notebook.
    cost : dict
        {(exercise, grade_id): what `items.statistics` says of it}.
    """
    asked = source.asked(path)
    notebook, _ = ClearOutput().preprocess(nbformat.read(path, as_version=4), {})
    cells = []
    for cell in notebook.cells:
        grade_id = source.meta(cell).get("grade_id", "")
        cell.metadata.pop("nbgrader", None)
        if f"{path.stem}/{grade_id}" in asked:
            question = asked[f"{path.stem}/{grade_id}"].question
            text = discussion(question, cost.get((path.stem, grade_id)))
            cells.append(nbformat.v4.new_markdown_cell(text, id=f"{grade_id}_discussion"))
        elif not grade_id.endswith("_check"):
            cell.source = without_markers(cell.source)
            cells.append(cell)
    return nbformat.v4.new_notebook(cells=cells, metadata=notebook.metadata)


def without_markers(text):
    """Return the text of a cell without the lines that only nbgrader reads."""
    lines = [
        line for line in text.splitlines() if not line.strip(" #").startswith(("BEGIN ", "END "))
    ]
    return "\n".join(lines)


def discussion(question, item=None):
    """Return what is to be said about a question: other right answers, and each known mistake.

    Parameters
    ----------
    question : type
        Its class.
    item : dict, optional
        What it cost the class.
    """
    made = item["mistakes"] if item else Counter()
    parts = []
    if item:
        parts.append(
            f"*Of {item['students']} students, {item['students'] - made.total()} were right.*"
        )
    others = {n: f for n, f in mistakes.right_answers(question).items() if n != mistakes.RIGHT}
    if others:
        parts.append("**Other ways to write it**\n\n" + "\n".join(map(_code, others.values())))
    parts.append("**Known mistakes**")
    for name, mistake in mistakes.known_mistakes(question).items():
        times = f" (made by {made[name]})" if made[name] else ""
        parts.append(
            f"*{name.replace('_', ' ')}*{times}. {mistakes.message(mistake)}\n\n{_code(mistake)}"
        )
    return "\n\n".join(parts)


def _code(function):
    lines = textwrap.dedent(inspect.getsource(function)).splitlines()
    if doc := inspect.getdoc(function):
        quoted = doc.splitlines()[0]
        start = next(i for i, line in enumerate(lines) if quoted in line)
        del lines[start : start + len(doc.splitlines())]
    return "```python\n" + "\n".join(lines) + "\n```"
