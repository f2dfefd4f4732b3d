"""What holds for every stored notebook, and that nbval notices when a stored output is wrong.

nbval itself runs the notebooks: it is switched on in pyproject.toml and collects every notebook in
notebooks/ and exercises/.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
# JupyterLab's own copies, in .ipynb_checkpoints, are not the course's.
LESSONS, EXERCISES = (
    sorted(path for path in ROOT.glob(f"{room}/**/*.ipynb") if "checkpoint" not in str(path))
    for room in ("notebooks", "exercises")
)
LARGEST = 500_000  # bytes

lessons = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
stored = pytest.mark.parametrize(
    "path", LESSONS + EXERCISES, ids=lambda path: str(path.relative_to(ROOT).with_suffix(""))
)


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(path):
    """The code cells of the notebook at `path` that have code in them."""
    return [cell for cell in read(path).cells if cell.cell_type == "code" and cell.source.strip()]


def outputs(path):
    return [output for cell in code_cells(path) for output in cell.outputs]


def tags(cell):
    return cell.metadata.get("tags", [])


def prose(path):
    return [cell.source for cell in read(path).cells if cell.cell_type == "markdown"]


def texts(value):
    """All strings inside `value`, without the data of images."""
    if isinstance(value, str):
        yield re.sub(r"base64,[A-Za-z0-9+/=\s]+", "", value)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not key.startswith("image/"):
                yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def run_nbval(*notebooks, **environment):
    """Run the notebooks as `make test` does, and return what pytest printed and its exit status."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", "--color=no"]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", *notebooks],
        cwd=ROOT,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    return done.stdout + done.stderr, done.returncode


# The stored notebooks


def test_there_are_notebooks():
    assert LESSONS
    assert all(re.fullmatch(r"\d\d_\w+\.ipynb", path.name) for path in LESSONS)
    assert all(path.parent.name == "notebooks" for path in LESSONS)


def test_nbval_collects_every_cell_of_every_notebook():
    printed, _ = run_nbval("--collect-only", "-qq", "--ignore=tests")
    for path in LESSONS + EXERCISES:
        name = path.relative_to(ROOT).as_posix()
        cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
        counted = re.findall(rf"^{re.escape(name)}: (\d+)$", printed, flags=re.MULTILINE)
        assert counted == [str(len(cells))], f"{name} among:\n{printed}"


@stored
def test_it_is_a_valid_notebook_of_the_python3_kernel(path):
    notebook = read(path)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"


@stored
def test_no_state_of_a_widget_is_stored(path):
    assert "widgets" not in read(path).metadata
    assert not any(
        "widget-view" in kind for output in outputs(path) for kind in output.get("data", {})
    )


@stored
def test_no_progress_bar_is_stored(path):
    bar = re.compile(r"\d+%\|.*\d+/\d+ \[")
    assert not [text for text in texts(outputs(path)) if bar.search(text)]


@stored
def test_no_path_of_a_machine_is_stored(path):
    machine = re.compile(
        r"(?<![\w.:/])/(work|root|home|tmp|Users|opt|srv)/|\b[A-Z]:\\(Users|Windows)\b"
    )
    found = [text for text in texts(dict(read(path))) if machine.search(text)]
    assert not found


@stored
def test_it_is_small(path):
    assert path.stat().st_size < LARGEST


@lessons
def test_it_was_run_from_top_to_bottom(path):
    counts = [cell.execution_count for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1))
    assert outputs(path), "outputs must be stored: nbval compares with them"


@lessons
def test_no_cell_failed_or_complained(path):
    assert not [output for output in outputs(path) if output.output_type == "error"]
    assert not [output.text for output in outputs(path) if output.get("name") == "stderr"]


@lessons
def test_no_cell_is_kept_from_being_tested(path):
    for cell in code_cells(path):
        assert not {"nbval-skip", "raises-exception", "nbval-raises-exception"} & set(tags(cell))
        assert "NBVAL" not in cell.source, "say it with a tag, which a reader does not see"


@lessons
def test_an_output_that_is_not_compared_is_backed_by_an_assert(path):
    cells = code_cells(path)
    for number, cell in enumerate(cells):
        if "nbval-ignore-output" in tags(cell):
            assert any("assert " in later.source for later in cells[number:]), cell.source


@lessons
def test_its_claims_are_asserted(path):
    assert any(re.search(r"^\s*assert ", cell.source, re.MULTILINE) for cell in code_cells(path))


@lessons
def test_cells_are_short(path):
    for cell in code_cells(path):
        assert len(cell.source.splitlines()) <= 12, cell.source
        widest = max(map(len, cell.source.splitlines()), default=0)
        assert widest <= 100, f"wider than a page of 1024 pixels shows: {cell.source}"
        assert not re.search(r";\s*$", cell.source, re.MULTILINE), cell.source


@lessons
def test_prose_stands_between_code_cells(path):
    kinds = [cell.cell_type for cell in read(path).cells]
    assert "code code" not in " ".join(kinds)
    assert kinds[0] == kinds[-1] == "markdown"


@lessons
def test_every_picture_has_words(path):
    for output in outputs(path):
        html = output.get("data", {}).get("text/html", "")
        words = re.sub(r"<[^>]*>", "", html)
        pictures = re.findall(r"<img\b[^>]*>", html)
        for picture in pictures:
            # An empty alt says that the picture adds nothing to the words beside it.
            alt = re.search(r'\balt="([^"]*)"', picture)
            assert alt and len(alt[1] or words) >= 10, picture[:200]
        if any(kind.startswith("image/") for kind in output.get("data", {})):
            assert pictures, "an image by itself has no words: end the cell with describe(fig, …)"
    for text in prose(path):
        assert "![](" not in text
        assert all("alt=" in picture for picture in re.findall(r"<img\b[^>]*>", text))


@lessons
def test_it_says_what_it_is_about_and_sums_it_up(path):
    cells = read(path).cells
    first_code = next(
        number
        for number, cell in enumerate(cells)
        if cell.cell_type == "code" and not cell.source.endswith("Explorer()")  # it may come first
    )
    opening = "\n".join(cell.source for cell in cells[:first_code])
    assert opening.startswith("# ")
    for heading in ("The question", "What you need", "What you will be able to do"):
        assert heading.lower() in opening.lower(), f"{heading} is missing before the first code"
    ending = "\n".join(cell.source for cell in cells[-3:] if cell.cell_type == "markdown")
    assert re.search(r"^#+ .*summary", ending, re.IGNORECASE | re.MULTILINE)


@lessons
def test_its_links_lead_somewhere(path):
    for text in prose(path):
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
            if "://" not in target and not target.startswith(("mailto:", "attachment:")):
                assert (path.parent / target).exists(), target


# The check can fail. Each test below spoils one thing in a copy of notebook 00.


@pytest.fixture
def copy(tmp_path):
    """A copy of notebook 00 in a folder of its own."""
    assert LESSONS[0].name.startswith("00_")
    (tmp_path / "notebooks").mkdir()
    return Path(shutil.copy(LESSONS[0], tmp_path / "notebooks"))


def test_a_changed_number_is_noticed(copy):
    notebook = read(copy)
    compared = [cell for cell in notebook.cells if "nbval-ignore-output" not in tags(cell)]
    printed = [
        output for cell in compared for output in cell.get("outputs", []) if "text" in output
    ]
    output, number = next(
        (output, found) for output in printed if (found := re.search(r"\d\.\d+", output.text))
    )
    changed = number[0][:-1] + str((int(number[0][-1]) + 1) % 10)
    output.text = output.text.replace(number[0], changed, 1)
    nbformat.write(notebook, copy)

    report, status = run_nbval(copy)
    assert status == 1, report
    assert "1 failed" in report
    assert "Cell outputs differ" in report
    assert number[0] in report and changed in report


def test_a_broken_line_of_the_library_is_noticed(copy, tmp_path):
    shutil.copytree(ROOT / "course_lib", tmp_path / "library" / "course_lib")
    file = tmp_path / "library" / "course_lib" / "optimizers.py"
    right, wrong = "(w - lr * grad, None)", "(w - 1.01 * lr * grad, None)"
    source = file.read_text(encoding="utf-8")
    assert source.count(right) == 1
    file.write_text(source.replace(right, wrong), encoding="utf-8")

    report, status = run_nbval(copy, PYTHONPATH=str(tmp_path / "library"))
    assert status == 1, report
    assert "Cell outputs differ" in report
