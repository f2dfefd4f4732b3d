"""Solutions for after the deadline: runnable, and a word about each known mistake."""

import nbformat
import pytest

from exercises import __main__ as command
from exercises.classroom import mistakes, report, solutions
from exercises.classroom.marks import Mark, Result, Status

from .hostile import FIRST
from .tools import E04, NAMES, questions


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("solutions")
    assert command.main(["solutions", str(folder)]) == 0
    return {name: nbformat.read(folder / f"{name}.ipynb", as_version=4) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_solutions_run_and_every_mistake_is_discussed(name, written, capsys):
    notebook = written[name]
    nbformat.validate(notebook)
    text = "\n".join(cell.source for cell in notebook.cells)
    assert "BEGIN" not in text and "judge(" not in text and "check(" not in text
    namespace = {"__name__": "__main__"}
    for cell in notebook.cells:
        if cell.cell_type == "code" and not cell.id.startswith("draw"):
            exec(cell.source, namespace)
    for question, q in questions(name).items():
        assert callable(namespace[question.rpartition("/")[2]])
        for mistake in mistakes.known_mistakes(q.question).values():
            assert mistakes.message(mistake) in text
            assert f"def {mistake.__name__}(" in text


def test_class_that_was_graded_is_told(tmp_path):
    made = next(iter(mistakes.known_mistakes(questions(E04)[f"{E04}/{FIRST}"].question)))
    rows = [(Status.FAILED, made), (Status.FAILED, made), (Status.PASSED, "")]
    results = [
        Result(f"s{n}", E04, "", (Mark(FIRST, 0.0, 2.0, status, mistake, "", ""),))
        for n, (status, mistake) in enumerate(rows)
    ]
    report.write(results, tmp_path, "bubblewrap")
    solutions.write(tmp_path / "out", tmp_path)
    text = (tmp_path / "out" / f"{E04}.ipynb").read_text()
    assert "Of 3 students, 1 were right." in text
    assert "(made by 2)" in text


def test_folder_without_a_gradebook_is_refused(tmp_path, capsys):
    assert command.main(["solutions", str(tmp_path / "out"), "--graded", str(tmp_path)]) == 2
    assert "holds no gradebook" in capsys.readouterr().err
