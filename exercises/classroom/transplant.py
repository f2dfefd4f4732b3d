"""Take the text of the answers out of a submission, and set it into a pristine notebook.

Nothing else of a submission is used: no metadata, tag, output or extra cell, so that none of them
can matter.
"""

import ast
import json
import re

import nbformat

from exercises.classroom.source import is_check, is_given, is_judge, meta


def answers(exercise, cells):
    """Return {grade_id of the question: list of the pieces of its answer}.

    An answer's cells are found by their grade_id; if there are none, by the cell id; if there is
    none either, by the definition of the function. All that are found count, in their order, as
    they would in a notebook run from top to bottom (a cell that was split has two halves, a cell
    that was copied has two versions); the untouched stub does not count, wherever it stands.
    """
    found = {}
    for question in exercise.questions:
        written = []
        for belongs in _ways(question):
            pieces = [_without_stub(cell.source, question) for cell in cells if belongs(cell)]
            written = [piece for piece in pieces if piece.strip()]
            if written:
                break
        found[question.grade_id] = written
    return found


def _without_stub(source, question):
    """Return a cell without the untouched stub, whose line ends and blanks may differ."""
    lines = [line.rstrip() for line in source.splitlines()]
    stub = [line.rstrip() for line in question.stub.splitlines()]
    if [line for line in lines if line] == [line for line in stub if line]:
        return ""
    try:
        untouched = {ast.dump(node) for node in _functions(stub)}
        stubs = [node for node in _functions(lines) if ast.dump(node) in untouched]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source  # prose, or not Python: it is judged as it is
    for node in reversed(stubs):
        del lines[node.lineno - 1 : node.end_lineno]
    return "\n".join(lines) if stubs else source


def _functions(lines):
    return [node for node in ast.parse("\n".join(lines)).body if isinstance(node, ast.FunctionDef)]


def _ways(question):
    name = question.grade_id
    defines = re.compile(rf"^(def\s+{name}\s*\(|{name}\s*=)", re.M)
    yield lambda cell: cell.grade_id == question.answer
    yield lambda cell: cell.id == question.answer
    if not question.manual:
        yield lambda cell: cell.kind == "code" and defines.search(cell.source)


def hints(exercise, cells):
    """Return {grade_id of a question: how many cells that open a hint stand below its answer}.

    A student who deletes them is not asked for them.
    """
    of = {
        name: q.grade_id for q in exercise.questions for name in (q.answer, f"{q.grade_id}_check")
    }
    found, question = {}, None
    for cell in cells:
        question = of.get(cell.grade_id) or of.get(cell.id) or question
        if question and cell.kind == "code" and cell.source.strip() == "hint()":
            found[question] = found.get(question, 0) + 1
    return found


BEGIN = """
from exercises.classroom.judging import begin, judge

answers = begin()
"""


def pristine(exercise, pieces, backend):
    """Return what judges a submission: a notebook of trusted cells, and the answers beside it.

    Parameters
    ----------
    exercise : source.Exercise
    pieces : dict
        What `answers` returns.
    backend : str
        Which sandbox holds the answers.

    Returns
    -------
    notebook : NotebookNode
        The given cells, and for each question a proxy of its function, its visible check and, if
        it is answered, its hidden one; of the student nothing.
    answers : str
        JSON for `bridge.Answers.read`.
    """
    given = [cell.source for cell in exercise.notebook.cells if is_given(cell)]
    texts = {q.answer: pieces[q.grade_id] for q in exercise.questions if not q.manual}
    cells = [_code(BEGIN.strip(), "begin")]
    for cell in exercise.notebook.cells:
        name = meta(cell).get("grade_id", "")
        if is_check(cell):
            cells.append(_code(cell.source, cell.id))  # it only says what it would try
        elif is_given(cell) or (is_judge(cell) and pieces[name]):
            cells.append(cell)
        elif cell.cell_type == "code" and name in texts:
            function = name.removesuffix("_answer")
            cells.append(_code(f"{function} = answers.function({name!r}, {function!r})", name))
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=exercise.notebook.metadata)
    return notebook, json.dumps({"given": given, "answers": texts, "backend": backend})


def _code(source, id):
    return nbformat.v4.new_code_cell(source, id=id, execution_count=1)
