"""The grader of one exercise, packed for a system that runs it in a container of its own.

What is packed holds the solution and the hidden checks. Both systems keep it from students; answers
that run without a sandbox could read it.
"""

import json
import shutil
import uuid
import zipfile
from pathlib import Path

from exercises.classroom import release, source
from exercises.classroom.export.feedback import TIME

TOOLS = ("course_lib", "exercises/classroom", ".jupyter")
FILES = ("requirements.txt", "pyproject.toml", "exercises/__main__.py", "exercises/seals.json")
FILES += tuple(f"exercises/{name}" for name in release.FEEDBACK)
# Ubuntu 22.04, Gradescope's default, has Python 3.10, and 3.11 beside it.
SETUP = """\
#!/usr/bin/env bash
# Runs once, as root, when Gradescope builds the image.
set -e
root=${AUTOGRADER_ROOT:-/autograder}
apt-get update
apt-get install -y bubblewrap python3-venv
python=python3
if ! $python -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    apt-get install -y python3.11 python3.11-venv
    python=python3.11
fi
cd "$root/source"
$python -m venv .venv
.venv/bin/python -m pip install --quiet -r requirements.txt
"""
RUN_AUTOGRADER = """\
#!/usr/bin/env bash
cd "${{AUTOGRADER_ROOT:-/autograder}}/source"
exec .venv/bin/python -m exercises.classroom.export.inside gradescope {exercise}
"""
RUN = """\
#!/usr/bin/env bash
# What PrairieLearn starts in the container; the image has Python with the course's requirements.
cd "${{GRADE_ROOT:-/grade}}/tests"
exec python3 -m exercises.classroom.export.inside prairielearn {exercise}
"""
# The requirements end by installing the course itself, which PrairieLearn mounts with the tests.
IMAGE_FILE = """\
# The image that info.json names. Build it in this folder and push it where PrairieLearn looks.
FROM python:3.12-slim
RUN apt-get update && apt-get install -y --no-install-recommends bubblewrap
COPY tests/requirements.txt /tmp/requirements.txt
RUN sed -i '/^-e/d' /tmp/requirements.txt && pip install --no-cache-dir -r /tmp/requirements.txt
"""
QUESTION = """\
<pl-question-panel>
  <p>Hand in your notebook of exercise {exercise}.</p>
  <pl-file-upload file-names="{exercise}.ipynb"></pl-file-upload>
</pl-question-panel>
<pl-submission-panel>
  <pl-external-grader-results></pl-external-grader-results>
  <pl-file-preview></pl-file-preview>
</pl-submission-panel>
"""


def course_files(exercise):
    """Yield (path, name) of what grading this exercise takes, and of no other source notebook."""
    notebook = source.SOURCES / f"{exercise}.ipynb"
    paths = [path for tool in TOOLS for path in release.tracked(tool)]
    for path in [*paths, *(release.ROOT / name for name in FILES), notebook]:
        if path.is_file():
            yield path, path.relative_to(release.ROOT).as_posix()


def one_exercise(name):
    """Return the full name of an exercise such as ``e04``.

    Raises
    ------
    ValueError
        If there is no such exercise.
    """
    known = [path.stem for path in source.paths()]
    fits = [stem for stem in known if stem == name or stem.startswith(f"{name}_")]
    if len(fits) != 1:
        raise ValueError(f"there is no exercise {name}, only: {', '.join(known)}")
    return fits[0]


def gradescope(folder, exercise):
    """Write Gradescope's autograder zip of an exercise; returns its path.

    ``setup.sh`` and ``run_autograder`` stand at its root ("Autograder Specifications").
    """
    exercise = one_exercise(exercise)
    path = Path(folder) / "export" / f"gradescope_{exercise}.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        scripts = {"setup.sh": SETUP, "run_autograder": RUN_AUTOGRADER.format(exercise=exercise)}
        for name, text in scripts.items():
            entry = zipfile.ZipInfo(name, TIME)
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, text)
        for file, name in course_files(exercise):
            archive.writestr(zipfile.ZipInfo(name, TIME), file.read_bytes())
    return path


def prairielearn(folder, exercise):
    """Write PrairieLearn's question folder of an exercise; returns its path.

    The files of ``tests/`` are mounted at ``/grade/tests``, where ``run.sh`` is the entrypoint
    ("External Grading"). They are written anew; what a teacher may have changed beside them, such
    as the image's name in ``info.json``, is kept.
    """
    exercise = one_exercise(exercise)
    path = Path(folder) / "export" / f"prairielearn_{exercise}"
    if (path / "tests").exists():
        shutil.rmtree(path / "tests")
    for file, name in course_files(exercise):
        target = path / "tests" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
    info = {
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, exercise)),
        "title": exercise.partition("_")[2].replace("_", " ").capitalize(),
        "topic": "Batch size",
        "type": "v3",
        "gradingMethod": "External",
        "externalGradingOptions": {
            "enabled": True,
            "image": "YOUR_ACCOUNT/batch-size-grader",
            "entrypoint": "/grade/tests/run.sh",
            "timeout": 300,
        },
    }
    run = path / "tests" / "run.sh"
    run.write_text(RUN.format(exercise=exercise))
    run.chmod(0o755)
    texts = {
        "info.json": json.dumps(info, indent=2) + "\n",
        "question.html": QUESTION.format(exercise=exercise),
        "Containerfile": IMAGE_FILE,
    }
    for name, text in texts.items():
        if not (path / name).exists():
            (path / name).write_text(text)
    return path
