"""The grader in other systems' containers, run in folders as those systems lay them out."""

import json
import os
import shutil
import subprocess
import sys
import zipfile

import pytest

from exercises.__main__ import main

from .tools import E04, data, solutions, solved, written

TWO = [grade_id for grade_id in ("mean_gradient", "epoch_loss") if grade_id in solutions()]


def hand_in(path, notebook):
    """Write a submission."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data(notebook))


def program(path, text):
    """Write a script that can be run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def run(script, root, variable, path=None):
    """Run a script as the system does, without this test's environment; return its results."""
    environment = {"PATH": path or os.environ["PATH"], variable: str(root)}
    done = subprocess.run(
        [script], cwd=root, env=environment, capture_output=True, text=True, timeout=300
    )
    results = root / "results" / "results.json"
    assert results.exists(), done.stdout + done.stderr
    return json.loads(results.read_text())


@pytest.fixture
def autograder(tmp_path):
    """The folder /autograder as Gradescope makes it from the zip."""
    assert main(["export", str(tmp_path), "--gradescope", "e04"]) == 0
    root = tmp_path / "autograder"
    with zipfile.ZipFile(tmp_path / "export" / f"gradescope_{E04}.zip") as archive:
        archive.extractall(root / "source")
        modes = {entry.filename: entry.external_attr >> 16 for entry in archive.infolist()}
    assert modes["setup.sh"] & modes["run_autograder"] & 0o111
    (root / "results").mkdir()
    (root / "submission").mkdir()
    shutil.copy(root / "source" / "run_autograder", root / "run_autograder")
    (root / "run_autograder").chmod(0o755)
    program(root / "source/.venv/bin/python", f'exec "{sys.executable}" "$@"')
    return root


def autograde(root, path=None):
    return run(root / "run_autograder", root, "AUTOGRADER_ROOT", path)


def test_gradescope_gets_its_results(autograder):
    hand_in(autograder / "submission" / "my work.ipynb", solved())
    results = autograde(autograder)
    assert results["score"] == 9, results  # and a person reads the explanation
    assert sum(test["max_score"] for test in results["tests"]) == 10
    assert {test["status"] for test in results["tests"] if test["score"]} == {"passed"}
    assert "9 of 10 points" in results["output"] and "<section" not in results["output"]
    assert results["stdout_visibility"] == "hidden"


@pytest.mark.parametrize("names", [(), ("a.ipynb", "b.ipynb"), ("notes.txt",)])
def test_gradescope_asks_for_the_notebook(autograder, names):
    for name in names:
        hand_in(autograder / "submission" / name, solved())
    results = autograde(autograder)
    assert results["score"] == 0
    assert f"Hand in one notebook, {E04}.ipynb" in results["output"]


def test_in_a_container_without_a_sandbox_it_says_so(autograder):
    hand_in(autograder / "submission" / f"{E04}.ipynb", written({g: solutions()[g] for g in TWO}))
    bare = autograder / "bare"  # all that this container has on its path; bubblewrap is not there
    bare.mkdir()
    for name in ("bash", "sh", "env"):
        (bare / name).symlink_to(shutil.which(name))
    results = autograde(autograder, path=str(bare))
    assert {test["name"] for test in results["tests"] if test["score"]} == set(TWO), results
    assert results["output"].startswith("Graded without a sandbox")


def test_setup_installs_what_the_zip_brings(autograder):
    source = autograder / "source"
    shutil.rmtree(source / ".venv")
    commands = autograder / "bin"
    program(commands / "apt-get", 'echo "apt-get $*"')
    python = """test "$1" = -c && exit 0
mkdir -p "$3/bin"
printf '#!/bin/sh\\necho "$*"\\n' > "$3/bin/python"
chmod +x "$3/bin/python\""""
    program(commands / "python3", python)  # makes an environment whose Python repeats what it hears
    done = subprocess.run(
        ["bash", source / "setup.sh"],
        env={"PATH": f"{commands}:/usr/bin:/bin", "AUTOGRADER_ROOT": str(autograder)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "-m pip install --quiet -r requirements.txt"
    assert "bubblewrap" in done.stdout
    assert (source / "requirements.txt").is_file() and (source / "pyproject.toml").is_file()


def test_the_zip_holds_no_other_solution(autograder):
    sources = autograder / "source" / "exercises" / "source"
    assert [path.stem for path in sources.iterdir()] == [E04]


@pytest.fixture
def grade(tmp_path):
    """The folder /grade as PrairieLearn lays it out, and a path on which the image's Python is."""
    assert main(["export", str(tmp_path), "--prairielearn", "e04"]) == 0
    question = tmp_path / "export" / f"prairielearn_{E04}"
    options = json.loads((question / "info.json").read_text())["externalGradingOptions"]
    assert options["enabled"] and options["timeout"] <= 600
    root = tmp_path / "grade"
    shutil.copytree(question / "tests", root / "tests")
    (root / "student").mkdir()
    program(root / "bin/python3", f'exec "{sys.executable}" "$@"')
    entrypoint = root.joinpath(*options["entrypoint"].split("/")[2:])
    return root, entrypoint, f"{root}/bin:{os.environ['PATH']}"


def test_prairielearn_gets_its_results(grade):
    root, entrypoint, path = grade
    hand_in(root / "student" / f"{E04}.ipynb", written({g: solutions()[g] for g in TWO}))
    results = run(entrypoint, root, "GRADE_ROOT", path)
    assert {test["name"] for test in results["tests"] if test["points"]} == set(TWO), results
    points = sum(test["points"] for test in results["tests"])
    assert results["gradable"] and results["score"] == pytest.approx(points / 10)


def test_prairielearn_does_not_count_a_wrong_file(grade):
    root, entrypoint, path = grade
    (root / "student" / "notes.txt").write_text("")
    results = run(entrypoint, root, "GRADE_ROOT", path)
    assert results["gradable"] is False and "score" not in results
    assert f"{E04}.ipynb" in results["format_errors"][0]


def test_packing_again_keeps_what_the_teacher_changed(tmp_path):
    assert main(["export", str(tmp_path), "--prairielearn", "e04"]) == 0
    question = tmp_path / "export" / f"prairielearn_{E04}"
    (question / "info.json").write_text("mine")
    (question / "tests" / "run.sh").write_text("old")
    assert main(["export", str(tmp_path), "--prairielearn", E04]) == 0
    assert (question / "info.json").read_text() == "mine"
    assert "inside prairielearn" in (question / "tests" / "run.sh").read_text()


def test_options_of_rosters_are_not_passed_over(tmp_path, capsys):
    assert main(["export", str(tmp_path), "--gradescope", "e04", "--key", "ID"]) == 2
    assert "for rosters" in capsys.readouterr().err


def test_packing_an_unknown_exercise_is_refused(tmp_path, capsys):
    assert main(["export", str(tmp_path), "--gradescope", "e99"]) == 2
    assert "there is no exercise e99" in capsys.readouterr().err
